"""The network guard: while a replay goes on, no socket is opened to the outside, nor to an address that was recorded.

It hears Python's audit events (https://docs.python.org/3/library/audit_events.html), so it sees every socket that
Python opens, and is asked about uvloop's (`loops`); libpq, gRPC's core and child processes it cannot see. Loopback is
open for test servers, unix sockets are open, and what OpenTelemetry's exporters send (under
``suppress_instrumentation``) passes.
"""

from __future__ import annotations

import inspect
import ipaddress
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from timetracer import sessions
from timetracer.errors import BlockedCall
from timetracer.replaying import loops
from timetracer.replaying.session import Replay

_SENDING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_INTERNET = (socket.AF_INET, socket.AF_INET6)
_PLUMBING = frozenset(
    {"asyncio", "concurrent", "socket", "ssl", "threading", "selectors", "http", "urllib", "uvloop", "timetracer"}
)
_lock = threading.Lock()
_installed = False


def install() -> None:
    """Stand guard from now on. An audit hook cannot be taken out again: without a replay it lets everything pass."""
    global _installed  # noqa: PLW0603 - one hook for the process
    with _lock:
        if not _installed:
            _installed = True
            sys.addaudithook(_hook())
            loops.watch(_ask)


def _hook() -> Callable[[str, tuple[Any, ...]], None]:
    """It holds what it needs to let an event pass: a dying interpreter has events too, and its modules are empty."""
    sending, lookups, hear = _SENDING, _LOOKUPS, _hear

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in sending or event in lookups:
            hear(event, args)

    return hook


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if event in _SENDING:
        if args[0].family not in _INTERNET or args[1] is None:  # None: over a connection that there is already
            return
        try:
            _ask(*args[1][:2])
        except BlockedCall:
            if event == "socket.connect":
                args[0].close()  # most callers do that themselves, but only if they see an OSError
            raise
    elif args[0] is not None:
        _ask(args[0], args[1] if len(args) > 1 else 0, lookup=True)


def _ask(host: Any, port: Any, *, lookup: bool = False) -> None:
    """Raises BlockedCall where a replay goes on that does not let this through, and lets the replay remember it."""
    session = sessions.current()
    replay = session.outside if session is not None else None
    if not isinstance(replay, Replay) or sessions.inside.get():
        return
    host, port = _text(host), int(port) if isinstance(port, int) or str(port).isdigit() else 0
    # Nobody has to be asked what an address means, nor who this host is; whoever then connects is known by name.
    harmless = lookup and (_ip(host) is not None or _is_loopback(host))
    if harmless or (_is_loopback(host) and port not in replay.ports) or sessions.suppressed():
        return
    caller = _caller()
    if caller is None and lookup and replay.live:
        # An event loop's thread looks a name up, perhaps for a live call: its context is not known before it connects.
        return
    where = f"{host}:{port}" if port else host
    problem = BlockedCall(
        f"{caller or 'A background thread'} wanted to reach {where} while a replay goes on, and no instrumentor answers"
        f" for it; to let a library through, name it in `live`"
    )
    replay.missed(f"connection to {where}", str(problem))
    raise problem


def _text(host: str | bytes | bytearray) -> str:
    return host.decode("latin-1") if isinstance(host, bytes | bytearray) else host


def _is_loopback(host: str) -> bool:
    ip = _ip(host)
    return ip.is_loopback if ip is not None else host in ("", "localhost") or host.endswith(".localhost")


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _caller() -> str | None:
    """The function, outside Python's own plumbing, that opened the socket; None if there is nothing else."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] not in _PLUMBING:
            return f"{module}.{frame.f_code.co_name}"
        frame = frame.f_back
    return None
