"""Which session a call belongs to: the one of its context, else the one of the process."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, TypeAlias

from opentelemetry.context import get_current
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled, is_instrumentation_enabled

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from timetracer.recording.session import Recording
    from timetracer.replaying.service import ServiceReplay
    from timetracer.replaying.session import Replay

    Session: TypeAlias = "Recording | Replay | ServiceReplay"

own: ContextVar[Session | None] = ContextVar("timetracer_session", default=None)
"""The session of a context that has one of its own."""
_process: list[Session] = []
_lock = threading.Lock()

inside: ContextVar[bool] = ContextVar("timetracer_inside", default=False)
"""Within an exchange: the outermost seam has it, whatever seams lie beneath let it pass."""


def come_out(token: Token[bool]) -> None:
    """Leave the exchange that `token`, what setting `inside` gave, stands for."""
    # A coroutine that nobody awaits any more is closed by the garbage collector, in a context that is not its own.
    try:  # noqa: SIM105 - `suppress` takes longer than all the rest of it, at every call
        inside.reset(token)
    except ValueError:
        pass


def current() -> Session | None:
    """The session of the current context; else the one that was opened last in this process; else None."""
    return own.get() or (_process[-1] if _process else None)


@contextmanager
def in_context(session: Session) -> Generator[None, None, None]:
    """The session of the current context, and of the tasks and threads that inherit it.

    It may end in another context than it began in: the two halves of a fixture can be two tasks.
    """
    before = own.get()
    own.set(session)
    try:
        yield
    finally:
        if own.get() is session:
            own.set(before)


def leave() -> None:
    """Let the current context have no session of its own any more."""
    own.set(None)


def open_in_process(session: Session) -> None:
    """The session of everything in this process that has none of its own."""
    with _lock:
        _process.append(session)


def close_in_process(session: Session) -> None:
    """End it; the one before it, if any, takes over. Closing twice is no error."""
    with _lock:
        if session in _process:
            _process.remove(session)


def suppressed(context: Context | None = None, *, http: bool = False) -> bool:
    """Whether OpenTelemetry's instrumentation is switched off in this context: then we look away as well.

    Args:
        context: OpenTelemetry's current one, for who has looked it up already.
        http: that of HTTP libraries alone is enough. Its botocore instrumentor switches that off beneath itself.
    """
    # Nearly always the context holds the current span and nothing else: quicker than three look-ups.
    for name in get_current() if context is None else context:
        if name.startswith("suppress"):
            return not (is_http_instrumentation_enabled() if http else is_instrumentation_enabled())
    return False
