"""asyncpg: its connections, tapped above TLS, or to a backend in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from timetracer.seams.declaration import WireSeam
from timetracer.seams.mounts.transport import MountedTransport, TappedTransport
from timetracer.seams.wire import MountedLine, Wire
from timetracer_instrumentors.postgresql import POSTGRESQL, sqlalchemy
from timetracer_instrumentors.postgresql.asking import cancelling
from timetracer_instrumentors.postgresql.cancelling import cancel


def tapped_protocol(wire: Wire, original: Any) -> type[Any]:
    """``asyncpg.protocol.Protocol``, told of what passes by."""

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original.__init__(self, *args, **kwargs)
        self.line = wire.tap() if wire.taps() else None

    def connection_made(self: Any, transport: Any) -> None:
        original.connection_made(self, transport if self.line is None else TappedTransport(transport, self.line))

    def data_received(self: Any, data: bytes) -> None:
        if self.line is not None:
            self.line.received(data)
        original.data_received(self, data)

    def eof_received(self: Any) -> Any:
        if self.line is not None:
            self.line.received(b"")
        return original.eof_received(self)

    def connection_lost(self: Any, error: Exception | None) -> None:
        if self.line is not None:
            if error is not None:  # nobody here has ended it
                self.line.received(b"")
            self.line.closed()
        original.connection_lost(self, error)

    methods = (connection_made, data_received, eof_received, connection_lost)
    return type(original.__name__, (original,), {"__init__": init, **{each.__name__: each for each in methods}})


async def tapped_connect(wire: Wire, original: Callable[..., Awaitable[Any]], **asked: Any) -> Any:
    """``_connect_addr``: what fails before the protocol begins is an exchange, too."""
    with wire.attempt(*_opening(**asked)):
        return await original(**asked)


async def mounted_connect(wire: Wire, original: Callable[..., Awaitable[Any]], **asked: Any) -> Any:
    """The same, to a backend: asyncpg's own code, on a loop that opens the connection in memory."""
    loop, addr = asked["loop"], asked["addr"]
    line = wire.mount()
    line.opened(*_opening(**asked))
    connection = await original(**{**asked, "addr": "", "loop": _Loop(loop, line)})
    connection._loop, connection._addr = loop, addr
    return connection


def _opening(**asked: Any) -> tuple[str, ...]:
    params, addr = asked["params"], asked["addr"]
    address = addr if isinstance(addr, str) else ":".join(map(str, addr))
    return "connect", params.database, params.user, address


class _Loop:
    """The event loop, but for opening a unix socket."""

    def __init__(self, loop: Any, line: MountedLine) -> None:
        self._loop = loop
        self._line = line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    async def create_unix_connection(self, factory: Callable[[], Any], path: str) -> tuple[MountedTransport, Any]:
        protocol = factory()
        transport = MountedTransport(self._loop, protocol, self._line)
        protocol.connection_made(transport)
        return transport, protocol


async def tapped_cancel(wire: Wire, original: Callable[..., Awaitable[Any]], **asked: Any) -> Any:
    """``_cancel``: what fails now does so because the client wants it."""
    cancelling(asked["backend_pid"], _number(asked["backend_secret"]))
    return await original(**asked)


async def mounted_cancel(wire: Wire, original: Callable[..., Awaitable[Any]], **asked: Any) -> None:
    """The same, to the backend."""
    cancel(asked["backend_pid"], _number(asked["backend_secret"]))


def _number(secret: Any) -> int:
    """Four bytes, which asyncpg has as they are, or as a signed integer, by its version."""
    return int.from_bytes(secret, "big") if isinstance(secret, bytes) else int(secret) & 0xFFFFFFFF


INSTRUMENTOR = replace(
    POSTGRESQL,
    library="asyncpg",
    scopes=("opentelemetry.instrumentation.asyncpg", sqlalchemy.SCOPE),
    seams=(
        WireSeam("asyncpg.protocol:Protocol", tapped=tapped_protocol),
        WireSeam("asyncpg.connect_utils:_connect_addr", tapped=tapped_connect, mounted=mounted_connect),
        WireSeam("asyncpg.connect_utils:_cancel", tapped=tapped_cancel, mounted=mounted_cancel),
        *sqlalchemy.SEAMS,
    ),
)
