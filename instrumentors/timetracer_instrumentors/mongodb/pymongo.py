"""pymongo 4, synchronous and asynchronous, and all that is built on it: motor, mongoengine, beanie.

The seams are the functions that open sockets, so name resolution, TLS and proof of who one is have no part in a replay.
Connections that watch servers (heartbeats, round-trip times) are answered by the backend and never recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from inspect import iscoroutinefunction
from types import SimpleNamespace
from typing import Any, Final

from timetracer.seams.declaration import WireSeam
from timetracer.seams.mounts.socketpair import MountedSocket, TappedSocket
from timetracer.seams.mounts.transport import HeardProtocol, MountedTransport, TappedTransport
from timetracer.seams.wire import Wire
from timetracer_instrumentors.mongodb.protocol import MONGODB

_NO_GENERATION: Final = -1
"""What no pool has: a connection of it is closed, and another one opened in its place."""


def spans(address: Any, options: Any) -> Callable[[int], Any]:
    """Finds the span of a request, which OpenTelemetry's listener opens and never makes current.

    Listeners are a client's own, and so are their spans; a client that was made before OpenTelemetry's has none.
    """
    listeners = options._event_listeners.event_listeners() if options._event_listeners is not None else ()
    known = [listener._span_dict for listener in listeners if isinstance(getattr(listener, "_span_dict", None), dict)]

    def span_of(request_id: int) -> Any:
        for opened in known:
            span = opened.get((request_id, address)) or opened.get(request_id)
            if span is not None:
                return span
        return None

    return span_of


def watches(options: Any) -> bool:
    """Whether a pool with these options belongs to what watches a server."""
    return not options.pause_enabled


# --- blocking connections ---------------------------------------------------------------------------------------------


def tapped(wire: Wire, original: Callable[..., Any], address: Any, options: Any, *rest: Any) -> Any:
    made = original(address, options, *rest)
    if watches(options):
        return made
    line = wire.tap(spans(address, options))
    if not hasattr(made, "get_conn"):  # before pymongo 4.13 it is the socket itself
        return TappedSocket(made, line)
    made.conn = TappedSocket(made.conn, line)
    return made


def mounted(wire: Wire, original: Callable[..., Any], address: Any, options: Any, *_: Any) -> Any:
    way = MountedSocket(wire.mount(address), timeout=options.socket_timeout)
    return _given(original, import_module(_LAYER).NetworkingInterface(way) if _IS_LAYERED else way)


# --- asynchronous connections -----------------------------------------------------------------------------------------


async def atapped(wire: Wire, original: Callable[..., Any], address: Any, options: Any, *rest: Any) -> Any:
    made = await original(address, options, *rest)
    if watches(options):
        return made
    transport, protocol = made.conn
    line = wire.tap(spans(address, options))
    transport.set_protocol(HeardProtocol(protocol, line))
    protocol.transport = TappedTransport(transport, line)
    made.conn = protocol.transport, protocol
    return made


async def amounted(wire: Wire, _: Callable[..., Any], address: Any, options: Any, *__: Any) -> Any:
    layer: Any = import_module(_LAYER)
    protocol = layer.PyMongoProtocol(timeout=options.socket_timeout)
    transport = MountedTransport(asyncio.get_running_loop(), protocol, wire.mount(address))
    protocol.connection_made(transport)
    return layer.AsyncNetworkingInterface((transport, protocol))


# --- pools ------------------------------------------------------------------------------------------------------------


def _way(connection: Any) -> Any:
    """The socket or the transport of a connection."""
    inner: Any = getattr(connection.conn, "conn", connection.conn)
    return inner[0] if type(inner).__name__ == "tuple" else inner


def kept_live(wire: Wire, original: Callable[..., Any], pool: Any, connection: Any) -> Any:
    """Whether a pool's idle connection has perished: it has if it leads to a recording, or past a recording."""
    way = _way(connection)
    unheard = (
        not (watches(pool.opts) or isinstance(way, TappedSocket | TappedTransport)) and wire.recording() is not None
    )
    if unheard or isinstance(way, MountedSocket | MountedTransport):
        connection.generation = _NO_GENERATION
    return original(pool, connection)


def kept_mounted(_: Wire, original: Callable[..., Any], pool: Any, connection: Any) -> Any:
    """The same in a replay: it has if it leads to a server."""
    if not isinstance(_way(connection), MountedSocket | MountedTransport):
        connection.generation = _NO_GENERATION
    return original(pool, connection)


# --- what a replay does without ---------------------------------------------------------------------------------------


def unasked(_: Wire, original: Callable[..., Any], *__: Any, **___: Any) -> Any:
    """Nobody has to prove who he is, and nobody knows more about a name."""
    return _given(original, None)


def one_server(_: Wire, original: Callable[..., Any], resolver: Any, *__: Any, **___: Any) -> Any:
    """The name of a ``mongodb+srv`` URI stands for one server next to it, for an hour."""
    domain = ".".join(resolver._SrvResolver__plist)
    return _given(original, (SimpleNamespace(rrset=SimpleNamespace(ttl=3600)), [(f"recorded.{domain}", 27017)]))


def _given(original: Callable[..., Any], value: Any) -> Any:
    """A value, as the original function gives it: at once, or to be awaited."""
    return _soon(value) if iscoroutinefunction(original) else value


async def _soon(value: Any) -> Any:
    return value


# --- where all that is, which moved twice -----------------------------------------------------------------------------


def _around(package: str, *opening: WireSeam, tapped: bool = True) -> tuple[WireSeam, ...]:
    resolver = f"{package}.srv_resolver" if find_spec(f"{package}.srv_resolver") else "pymongo.srv_resolver"
    return (
        *opening,
        WireSeam(f"{package}.pool:Pool._perished", kept_live if tapped else None, kept_mounted),
        WireSeam(f"{package}.auth:authenticate", mounted=unasked),
        WireSeam(f"{resolver}:_SrvResolver.get_options", mounted=unasked),
        WireSeam(f"{resolver}:_SrvResolver._get_srv_response_and_hosts", mounted=one_server),
    )


def _seams() -> tuple[WireSeam, ...]:
    sync, other = "pymongo.synchronous", "pymongo.asynchronous"
    if find_spec(sync) is None:  # before 4.9
        return _around("pymongo", WireSeam("pymongo.pool:_configured_socket", tapped, mounted))
    if not _IS_LAYERED:  # before 4.13, whose asynchronous half is a trial and awaits plain sockets: replayed only
        return (
            *_around(sync, WireSeam(f"{sync}.pool:_configured_socket", tapped, mounted)),
            *_around(other, WireSeam(f"{other}.pool:_configured_socket", None, mounted), tapped=False),
        )
    return (
        *_around(sync, WireSeam(f"{sync}.pool:_configured_socket_interface", tapped, mounted)),
        *_around(other, WireSeam(f"{other}.pool:_configured_protocol_interface", atapped, amounted)),
    )


_LAYER: Final = "pymongo.network_layer"
_IS_LAYERED: Final = find_spec(_LAYER) is not None and hasattr(import_module(_LAYER), "NetworkingInterface")
PYMONGO: Final = replace(MONGODB, library="pymongo", seams=_seams(), scopes=("opentelemetry.instrumentation.pymongo",))
