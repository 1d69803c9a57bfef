"""The one boundary between Timetracer's own faults and the app it watches.

While recording, a fault of ours must never reach the app: it is logged once a kind, counted, and the app goes on.
Under Timetracer's own tests faults are raised (``raising`` is set), so that none hides.
"""

from __future__ import annotations

import logging
import os
import threading
from types import TracebackType

log = logging.getLogger("timetracer")

raising = False
"""Let faults through to the caller."""

_lock = threading.Lock()
_counts: dict[str, int] = {}


class harmless:  # noqa: N801 - reads as a statement: `with harmless("…"):`
    """``with harmless("capturing a response"):`` keeps an internal fault from the app.

    Only ``Exception`` is kept: cancellation, interrupts and exits pass. One may be entered any number of times.
    """

    __slots__ = ("_doing",)

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        note(self._doing, error)
        return not raising


def note(doing: str, error: Exception) -> None:
    """Count one fault; log the first of its kind with its traceback."""
    kind = f"{doing}: {type(error).__name__}"
    with _lock:
        _counts[kind] = _counts.get(kind, 0) + 1
        first = _counts[kind] == 1
    if first:
        log.warning(
            "timetracer: %s failed; the app is not affected, this recording may be incomplete (%s)",
            doing,
            error,
            exc_info=error,
        )


def warn(kind: str, text: str) -> None:
    """Count something that was lost for a reason outside (a full disk); say it once."""
    with _lock:
        _counts[kind] = _counts.get(kind, 0) + 1
        first = _counts[kind] == 1
    if first:
        log.warning("timetracer: %s", text)


def counts() -> dict[str, int]:
    """How often each kind of fault happened in this process."""
    with _lock:
        return dict(_counts)


def _forked() -> None:
    """A thread of the parent's may hold the lock, and never gives it back here."""
    global _lock  # noqa: PLW0603 - one for the process
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def forget() -> None:
    """Start counting anew (after a fork, between tests)."""
    with _lock:
        _counts.clear()
