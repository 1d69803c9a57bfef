"""psycopg 3, sync and async: connections that pass through a relay, or lead to a backend.

All that a connection does goes through its ``wait``, which runs a generator: there the caller's context is told, and
what the driver has written is taken up at once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from ssl import SSLContext
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from timetracer.recording.faults import harmless, warn
from timetracer.seams.declaration import WireSeam
from timetracer.seams.mounts.listener import Mounted
from timetracer.seams.mounts.reactor import WRITE
from timetracer.seams.mounts.relay import Relay, put, relay, taken
from timetracer.seams.wire import Wire
from timetracer_instrumentors.postgresql import POSTGRESQL, libpq, sqlalchemy, tls
from timetracer_instrumentors.postgresql.calls import Calls

_CALLS = "_timetracer_calls"
Opening: TypeAlias = Generator[Any, Any, Any]
_NOWHERE = "/timetracer"
"""A host for which no name is resolved."""
_hosts: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
"""What the app calls the server of each connection of libpq's that leads to a backend."""


def _errors() -> tuple[type[BaseException], ...]:
    from psycopg import OperationalError, errors

    return (*POSTGRESQL.errors(), OperationalError, errors.ConnectionTimeout)


# --- opening ---------------------------------------------------------------------------------------------------------


def asked(wire: Wire, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``connect``: raises what was raised here."""
    wire.mount().find(*_opening(*args, **kwargs))
    return original(*args, **kwargs)


async def aasked(wire: Wire, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``AsyncConnection.connect``."""
    wire.mount().find(*_opening(*args, **kwargs))
    return await original(*args, **kwargs)


def attempted(wire: Wire, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``Connection.connect``: that it failed is an exchange, too."""
    with wire.attempt(*_opening(*args, **kwargs)):
        return original(*args, **kwargs)


async def aattempted(wire: Wire, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``AsyncConnection.connect``."""
    with wire.attempt(*_opening(*args, **kwargs)):
        return await original(*args, **kwargs)


def _opening(*args: Any, **kwargs: Any) -> tuple[str, ...]:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    conninfo = next((arg for arg in args if isinstance(arg, str)), kwargs.get("conninfo", ""))
    try:
        return libpq.opening({**conninfo_to_dict(conninfo), **kwargs})
    except ProgrammingError:  # the driver will say so
        return libpq.opening(kwargs)


def nowhere(wire: Wire, original: Callable[..., Any], params: Any) -> Any:
    """``conninfo_attempts``: one, whichever hosts there were, without any look-up of names."""
    host = str(params.get("host") or _NOWHERE).split(",", maxsplit=1)[0]
    return original(libpq.redirected(params, host) | {"hostaddr": "127.0.0.1"})  # so that nobody looks the name up


def tapped(
    wire: Wire, original: Callable[..., Opening], cls: Any, conninfo: str = "", **asked: Any
) -> Generator[Any, Any, Any]:
    """``_connect_gen``: the connection that it made, with a relay in between."""
    connection: Any = yield from original(cls, conninfo, **asked)
    if connection.pgconn.ssl_in_use:
        return (yield from _over_tls(wire, original, cls, conninfo, connection, **asked))
    with harmless("tapping a connection of psycopg"):
        _tap(wire, connection)
    return connection


def _tap(wire: Wire, connection: Any) -> None:
    pgconn = connection.pgconn

    def parameter(name: str) -> str | None:
        value = pgconn.parameter_status(name.encode())
        return value.decode() if value is not None else None

    line = wire.tap()
    libpq.join(line, pgconn.user.decode(), pgconn.db.decode(), pgconn.backend_pid, parameter)
    setattr(connection, _CALLS, Calls(line, relay(line, pgconn.socket)))


def _over_tls(
    wire: Wire, original: Callable[..., Opening], cls: Any, conninfo: str, connection: Any, **asked: Any
) -> Generator[Any, Any, Any]:
    """The same connection once more, with TLS between the relay and the server; or, if that cannot be, as it was."""
    from psycopg import Error
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    pgconn = connection.pgconn
    params = conninfo_to_dict(conninfo)
    inner = {**params, "hostaddr": pgconn.hostaddr.decode(), "port": pgconn.port.decode(), **libpq.UNENCRYPTED}
    if pgconn.password:
        inner["password"] = pgconn.password.decode()
    again = original(cls, make_conninfo("", **inner), **asked)
    secure = tls.Session(tls.peer(pgconn.socket), pgconn.host.decode())
    try:
        found = yield from _intercepted(wire, again, secure, tls.trust(params))
    except (OSError, Error, tls.NotOurs) as error:
        warn("psycopg: TLS", f"psycopg's connection over TLS is not recorded: {error}")
        return connection
    connection.pgconn.finish()
    return found


def _intercepted(
    wire: Wire, steps: Generator[Any, Any, Any], secure: tls.Session, context: SSLContext
) -> Generator[Any, Any, Any]:
    """Run the opening of a connection: between its TCP handshake and its first byte, put the relay there."""
    from psycopg import OperationalError

    secure.context = context
    descriptor, wanted = next(steps)
    while not (yield descriptor, wanted):
        pass
    server = taken(descriptor)
    yield server.fileno(), WRITE  # from now on nobody waits for the descriptor itself
    line = wire.tap()
    driver = put(descriptor)
    channel = Relay(line, driver, (yield from tls.secured(server, context, secure.host)), secure.unbound)
    calls = Calls(line, channel, secure)
    connection = yield from calls.around(steps, OperationalError, WRITE)
    setattr(connection, _CALLS, calls)
    return connection


def mounted(
    wire: Wire, original: Callable[..., Opening], cls: Any, conninfo: str = "", **asked: Any
) -> Generator[Any, Any, Any]:
    """``_connect_gen``: the same, to a backend."""
    from psycopg import OperationalError
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    params = conninfo_to_dict(conninfo)
    line = wire.mount()
    mount = Mounted(line, libpq.socket_name(params))
    calls = Calls(line, mount)
    here = make_conninfo("", **libpq.redirected(params, mount.directory))
    try:
        connection = yield from calls.around(original(cls, here, **asked), OperationalError)
    except BaseException:
        mount.close()
        raise
    setattr(connection, _CALLS, calls)
    if params.get("host", _NOWHERE) != _NOWHERE:
        _hosts[connection.pgconn] = str(params["host"])
    return connection


def said(wire: Wire, original: Callable[..., Any], info: Any, name: str) -> Any:
    """``ConnectionInfo``: of the server that the app asked for, not of the socket that answers in its place."""
    host = _hosts.get(info.pgconn) if name == "host" else None
    return original(info, name) if host is None else host


# --- using -----------------------------------------------------------------------------------------------------------


def waited(wire: Wire, original: Callable[..., Any], connection: Any, gen: Any, *args: Any, **kwargs: Any) -> Any:
    """``wait`` of a connection, sync or async."""
    from psycopg import OperationalError

    calls: Calls | None = getattr(connection, _CALLS, None)
    if calls is not None:
        gen = calls.around(gen, OperationalError)
    return original(connection, gen, *args, **kwargs)


def cancelled(wire: Wire, original: Callable[..., Any], connection: Any) -> Any:
    """``cancel``, which blocks, and keeps everybody from running meanwhile."""
    calls: Calls | None = getattr(connection, _CALLS, None)
    if calls is None or not connection._should_cancel():
        return original(connection)
    return calls.cancel(connection.pgconn.backend_pid, lambda: original(connection))


def cancelled_gen(wire: Wire, original: Callable[..., Any], connection: Any) -> Generator[Any, Any, None]:
    """``_cancel_gen``, which does not."""
    calls: Calls | None = getattr(connection, _CALLS, None)
    if calls is None:
        yield from original(connection)
    else:
        yield from calls.cancelling(connection.pgconn.backend_pid, lambda: original(connection))


_BASE = "psycopg._connection_base:BaseConnection"

INSTRUMENTOR = replace(
    POSTGRESQL,
    library="psycopg",
    scopes=("opentelemetry.instrumentation.psycopg", sqlalchemy.SCOPE),
    errors=_errors,
    seams=(
        WireSeam("psycopg:connect", tapped=attempted, mounted=asked),
        WireSeam("psycopg:Connection.connect", tapped=attempted, mounted=asked),
        WireSeam("psycopg:AsyncConnection.connect", tapped=aattempted, mounted=aasked),
        WireSeam("psycopg.connection:conninfo_attempts", mounted=nowhere),
        WireSeam("psycopg.connection_async:conninfo_attempts_async", mounted=nowhere),
        WireSeam(f"{_BASE}._connect_gen", tapped=tapped, mounted=mounted),
        WireSeam("psycopg:ConnectionInfo._get_pgconn_attr", mounted=said),
        WireSeam("psycopg:Connection.wait", tapped=waited, mounted=waited),
        WireSeam("psycopg:AsyncConnection.wait", tapped=waited, mounted=waited),
        WireSeam(f"{_BASE}.cancel", tapped=cancelled, mounted=cancelled),
        WireSeam(f"{_BASE}._cancel_gen", tapped=cancelled_gen, mounted=cancelled_gen),
        *sqlalchemy.SEAMS,
    ),
)
