"""The end of the process, however it comes: what is complete is written first.

``atexit`` covers an ordinary end. SIGTERM kills without it unless the app has a handler of its own; uvicorn has one,
puts back what was there before, and raises the signal again; its gunicorn worker puts back the system's default, so
that is what we stand in for. ``os._exit`` runs nothing: children of ``multiprocessing`` and of ``os.fork`` end with it.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

PATIENCE = 30.0
"""Seconds that a process which is told to end may go on writing."""

_callback: Callable[[], None] | None = None
_real_exit = os._exit
_real_signal = signal.signal


def at_end(callback: Callable[[], None]) -> None:
    """Call this before the process ends, perhaps twice; it must be quick and not raise. Replaces an earlier one."""
    global _callback  # noqa: PLW0603 - a process has one end
    if _callback is None:
        atexit.register(_run)
        os._exit = _exit
        signal.signal = _signal  # type: ignore[assignment]
        if _in_main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            _real_signal(signal.SIGTERM, _terminated)
    _callback = callback


def forget() -> None:
    """Leave the process's end as it was."""
    global _callback  # noqa: PLW0603
    _callback = None
    atexit.unregister(_run)
    if os._exit is _exit:
        os._exit = _real_exit
    if signal.signal is _signal:
        signal.signal = _real_signal
    if _in_main_thread() and signal.getsignal(signal.SIGTERM) is _terminated:
        _real_signal(signal.SIGTERM, signal.SIG_DFL)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _run() -> None:
    callback = _callback
    if callback is not None:
        callback()


def _exit(status: int) -> NoReturn:
    try:
        _run()
    finally:
        _real_exit(status)


def _signal(number: int, handler: Any) -> Any:
    """`signal.signal`, with the default of SIGTERM replaced by ours."""
    default = number == signal.SIGTERM and handler == signal.SIG_DFL
    before = _real_signal(number, _terminated if default else handler)
    return signal.SIG_DFL if before is _terminated else before


def _terminated(number: int, _frame: FrameType | None) -> None:
    # The app has not taken SIGTERM: the process dies of it, as it would have. The code that was interrupted may hold a
    # lock that the writing needs, so the writing has a thread of its own, and the process does not wait for ever.
    last = threading.Thread(target=_run, name="timetracer-ending", daemon=True)
    last.start()
    last.join(PATIENCE)
    _real_signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
