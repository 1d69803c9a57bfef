"""redis-py, and its twin for Valkey: each connection of theirs, blocking or asyncio, is a mount of the protocol.

The seams are the functions that open a connection's socket or streams, beneath TLS's plain side, pools and retries. A
pool lends its connections to whoever comes: one that was opened while a replay went on is opened anew when it has
ended, and the other way round; and so is one that was opened before anything of ours was in place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from timetracer import sessions
from timetracer.seams.declaration import Instrumentor, WireSeam
from timetracer.seams.mounts import streams
from timetracer.seams.mounts.socketpair import MountedSocket, TappedSocket
from timetracer.seams.mounts.transport import MountedTransport, TappedTransport
from timetracer.seams.wire import MountedLine, Wire
from timetracer_instrumentors.redis.commands import CONNECT
from timetracer_instrumentors.redis.protocol import REDIS

OPENERS: Final = ("connection:AbstractConnection", "sentinel:SentinelManagedConnection")
"""What a pool asks whether it is open; the second one looks for its server only where it is not."""

# --- blocking ------------------------------------------------------------------------------------------------------


def tapped(wire: Wire, open_socket: Callable[[Any], Any], connection: Any) -> TappedSocket:
    with wire.attempt(CONNECT, _url(connection)):
        token = sessions.inside.set(True)  # what TLS goes through is opened by the same function
        try:
            real = open_socket(connection)
        finally:
            sessions.come_out(token)
    return TappedSocket(real, wire.tap())


def mounted(wire: Wire, open_socket: Callable[[Any], Any], connection: Any) -> MountedSocket:
    return MountedSocket(_line(wire, connection), _peer(connection), connection.socket_timeout)


def without_mounted(wire: Wire, connect: Callable[[Any], None], connection: Any) -> None:
    if _is_unheard(wire, connection._sock):
        connection.disconnect()
    connect(connection)


def without_tapped(wire: Wire, connect: Callable[[Any], None], connection: Any) -> None:
    if not isinstance(connection._sock, MountedSocket | None):
        connection.disconnect()
    connect(connection)


# --- asyncio -------------------------------------------------------------------------------------------------------


async def atapped(wire: Wire, open_streams: Callable[[Any], Awaitable[None]], connection: Any) -> None:
    with wire.attempt(CONNECT, _url(connection)):
        await open_streams(connection)
    streams.tap(connection._reader, connection._writer, wire.tap())


async def amounted(wire: Wire, open_streams: Callable[[Any], Awaitable[None]], connection: Any) -> None:
    connection._reader, connection._writer = streams.mounted(_line(wire, connection), _peer(connection))


async def awithout_mounted(wire: Wire, connect: Callable[[Any], Awaitable[None]], connection: Any) -> None:
    if _is_unheard(wire, _transport(connection)):
        await connection.disconnect(nowait=True)
    await connect(connection)


async def awithout_tapped(wire: Wire, connect: Callable[[Any], Awaitable[None]], connection: Any) -> None:
    if not isinstance(_transport(connection), MountedTransport | None):
        await connection.disconnect(nowait=True)
    await connect(connection)


def _transport(connection: Any) -> Any:
    """None: it is not open."""
    return None if connection._writer is None else connection._writer.transport


# --- both ----------------------------------------------------------------------------------------------------------


def _is_unheard(wire: Wire, way: Any) -> bool:
    """Whether what a connection has open leads to a recording, or past the one that is going on."""
    if isinstance(way, TappedSocket | TappedTransport | None):
        return False
    return isinstance(way, MountedSocket | MountedTransport) or wire.recording() is not None


def _line(wire: Wire, connection: Any) -> MountedLine:
    line = wire.mount()
    line.opened(CONNECT, _url(connection))
    return line


def _url(connection: Any) -> str:
    path = getattr(connection, "path", None)
    return f"unix://{path}" if path is not None else f"redis://{connection.host}:{connection.port}"


def _peer(connection: Any) -> tuple[str, int]:
    return getattr(connection, "host", "127.0.0.1"), getattr(connection, "port", 0)


def _driver(package: str, *scopes: str) -> Instrumentor:
    blocking, asynchronous = f"{package}.connection", f"{package}.asyncio.connection"
    return replace(
        REDIS,
        library=package,
        scopes=scopes,
        seams=(
            *(
                WireSeam(f"{blocking}:{kind}._connect", tapped, mounted)
                for kind in ("Connection", "SSLConnection", "UnixDomainSocketConnection")
            ),
            *(WireSeam(f"{package}.{opener}.connect", without_mounted, without_tapped) for opener in OPENERS),
            *(
                WireSeam(f"{asynchronous}:{kind}._connect", atapped, amounted)
                for kind in ("Connection", "UnixDomainSocketConnection")
            ),
            *(WireSeam(f"{package}.asyncio.{opener}.connect", awithout_mounted, awithout_tapped) for opener in OPENERS),
        ),
    )


REDIS_PY = _driver("redis", *REDIS.scopes)
VALKEY_PY = _driver("valkey")
