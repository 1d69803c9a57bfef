"""Recorded exceptions, raised again as themselves: only classes that an instrumentor lists, or that are listed here.

Nothing is imported by a name read from a cassette.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping

from timetracer.cassette.model import Plain
from timetracer.errors import ReplayError

BUILT_IN: tuple[type[BaseException], ...] = (
    ConnectionError,
    ConnectionAbortedError,
    ConnectionRefusedError,
    ConnectionResetError,
    BrokenPipeError,
    EOFError,
    OSError,
    RuntimeError,
    TimeoutError,
    ValueError,
    asyncio.TimeoutError,
    socket.gaierror,
    socket.herror,
    ssl.SSLError,
    ssl.SSLCertVerificationError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
)
_OLDER_NAMES = {"asyncio.exceptions.TimeoutError": asyncio.TimeoutError}
"""What Python before 3.11 called it."""


def name_of(kind: type[BaseException]) -> str:
    """``module.Class``, as a cassette names it."""
    return f"{kind.__module__}.{kind.__qualname__}"


def rebuild(recorded: Mapping[str, Plain], classes: Iterable[type[BaseException]], key: str) -> BaseException:
    """The recorded exception, as a new one of the same class with the same arguments.

    Args:
        recorded: ``{"type": "httpx.ReadTimeout", "args": […], "kwargs": {…}}``; an argument may be such an exception.
        classes: what the instrumentor lists.
        key: the call, for the message if the class cannot be rebuilt: then a `ReplayError` is returned instead.
    """
    named = _OLDER_NAMES | {name_of(kind): kind for kind in (*BUILT_IN, *classes)}
    kind = named.get(str(recorded.get("type")))
    args, kwargs = recorded.get("args"), recorded.get("kwargs", {})
    if kind is None or not isinstance(args, (list, tuple)) or not isinstance(kwargs, dict):
        return ReplayError(
            f"{key} was recorded with an error of {recorded.get('type')!r} ({recorded.get('message') or args!r}),"
            " which its instrumentor does not list, so it cannot be raised again"
        )
    try:
        return kind(*(_cause(arg, classes, key) for arg in args), **kwargs)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        return ReplayError(
            f"{key} was recorded with {recorded.get('type')!r} of {args or kwargs!r}, which cannot be built: {error}"
        )


def _cause(arg: Plain, classes: Iterable[type[BaseException]], key: str) -> Plain | BaseException:
    """An argument; one that is an exception itself is raised by nobody, so any will do if it cannot be rebuilt."""
    if not isinstance(arg, dict):
        return arg
    cause = rebuild(arg, classes, key)
    return cause if not isinstance(cause, ReplayError) else str(arg.get("message") or arg.get("type"))
