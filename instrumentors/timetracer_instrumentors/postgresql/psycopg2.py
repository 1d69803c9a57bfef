"""psycopg2: connections that pass through a relay, or lead to a backend.

All that it does is written in C, and blocks. So a connection gets our class *beneath* the one that the app asks for,
and its cursors too, beneath what OpenTelemetry puts there. Their methods tell in whose context the bytes that follow
were written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import psycopg2
from psycopg2 import extensions

from timetracer.recording.faults import harmless, warn
from timetracer.seams.declaration import WireSeam
from timetracer.seams.mounts.listener import Mounted
from timetracer.seams.mounts.relay import Relay, relay
from timetracer.seams.wire import Wire
from timetracer_instrumentors.postgresql import POSTGRESQL, libpq, sqlalchemy, tls
from timetracer_instrumentors.postgresql.calls import Calls
from timetracer_instrumentors.postgresql.sql import is_copy_in

Class = TypeVar("Class")


def _telling(*names: str) -> Callable[[type[Class]], type[Class]]:
    """A subclass of one written in C, whose methods tell that they are called."""

    def method(original: Callable[..., Any], name: str) -> Callable[..., Any]:
        def told(self: Any, *args: Any, **kwargs: Any) -> Any:
            calls: Calls | None = getattr(getattr(self, "connection", self), "timetracer_calls", None)
            if calls is None:
                return original(self, *args, **kwargs)
            with calls.during(psycopg2.Error):
                return original(self, *args, **kwargs)

        told.__name__, told.__doc__ = name, original.__doc__
        return told

    def tell(cls: type[Class]) -> type[Class]:
        for name in names:
            setattr(cls, name, method(getattr(cls, name), name))
        return cls

    return tell


def _like(asked: type[Any]) -> Callable[[type[Class]], type[Class]]:
    """A class that goes by the name of another."""

    def named(cls: type[Class]) -> type[Class]:
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(cls, name, getattr(asked, name))
        return cls

    return named


@_telling("execute", "executemany", "callproc", "copy_from", "copy_to", "copy_expert")
class _ToldCursor(extensions.cursor):
    pass


class _Drained:
    """A file for COPY … FROM STDIN. Its end is told when all before it has been taken up: libpq says so to the server
    while it keeps everybody from running, and must not find its socket full."""

    def __init__(self, file: Any, calls: Calls) -> None:
        self._file = file
        self._calls = calls

    def read(self, size: int = -1) -> Any:
        data = None
        try:
            data = self._file.read(size)
        finally:
            if not data:
                self._calls.channel.drain()
        return data


@_like(extensions.cursor)
class _Cursor(_ToldCursor):
    def copy_from(self, file: Any, *args: Any, **kwargs: Any) -> Any:
        return super().copy_from(self._drained(file), *args, **kwargs)

    def copy_expert(self, sql: Any, file: Any, *args: Any, **kwargs: Any) -> Any:
        query = sql if isinstance(sql, (str, bytes)) else sql.as_string(self)
        text = query.decode("utf-8", "replace") if isinstance(query, bytes) else query
        return super().copy_expert(sql, self._drained(file) if is_copy_in(text) else file, *args, **kwargs)

    def _drained(self, file: Any) -> Any:
        calls: Calls | None = getattr(self.connection, "timetracer_calls", None)
        return file if calls is None or not hasattr(file, "read") else _Drained(file, calls)


@_like(extensions.cursor)
@_telling("fetchone", "fetchmany", "fetchall", "scroll", "close", "__next__")
class _NamedCursor(_Cursor):
    """A cursor that lives in the server: fetching is asking."""


def _beneath(asked: type[Any], ours: type[Any]) -> type[Any]:
    """The class that was asked for, with ours between it and the one written in C."""
    if issubclass(ours, asked):
        return ours
    return _like(asked)(type(asked.__name__, (asked, ours), {}))


@_telling("commit", "rollback", "reset", "close", "set_session", "set_isolation_level", "set_client_encoding")
@_telling("poll", "tpc_begin", "tpc_prepare", "tpc_commit", "tpc_rollback", "tpc_recover")
class _ToldConnection(extensions.connection):
    pass


@_like(extensions.connection)
class Connection(_ToldConnection):
    """A connection whose calls are told."""

    timetracer_calls: Calls | None = None
    timetracer_said: dict[str, Any] | None = None

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        if self.timetracer_calls is None:
            return super().cursor(*args, **kwargs)
        asked = dict(zip(("name", "cursor_factory", "withhold", "scrollable"), args, strict=False)) | kwargs
        own: Any = self.cursor_factory
        factory: Any = asked.get("cursor_factory") or own or extensions.cursor
        if isinstance(factory, type) and issubclass(factory, extensions.cursor):
            asked["cursor_factory"] = self._beneath(factory, _NamedCursor if asked.get("name") else _Cursor)
        return super().cursor(**asked)

    def lobject(self, *args: Any, **kwargs: Any) -> Any:
        calls = self.timetracer_calls
        if calls is None:
            return super().lobject(*args, **kwargs)
        asked = dict(zip(("oid", "mode", "new_oid", "new_file", "lobject_factory"), args, strict=False)) | kwargs
        factory: Any = asked.get("lobject_factory") or extensions.lobject

        @_telling("read", "write", "seek", "tell", "truncate", "close", "export", "unlink")
        class Told(extensions.lobject):
            timetracer_calls = calls

            def __del__(self) -> None:
                self.close()  # type: ignore[no-untyped-call] # its class in C does so, too, and nobody could tell

        if isinstance(factory, type):
            asked["lobject_factory"] = _beneath(factory, Told)
        with calls.during(psycopg2.Error):
            return super().lobject(**asked)

    def _beneath(self, asked: type[Any], ours: type[Any]) -> type[Any]:
        known: dict[Any, type[Any]] = self.__dict__.setdefault("_timetracer_classes", {})
        if (asked, ours) not in known:
            known[asked, ours] = _beneath(asked, ours)
        return known[asked, ours]

    def cancel(self) -> None:
        """It blocks in libpq, and keeps everybody from running meanwhile: nobody could answer."""
        calls = self.timetracer_calls
        if calls is None or self.closed or self.status not in _CANCELLABLE:  # it says why not
            super().cancel()
        else:
            calls.cancel(self.info.backend_pid, super().cancel)

    @property
    def info(self) -> Any:
        """``connection.info``, which speaks of the server, whoever is in between."""
        return _Info(super().info, self.timetracer_said) if self.timetracer_said else super().info


_CANCELLABLE = (extensions.STATUS_READY, extensions.STATUS_BEGIN)


class _Info:
    """A ``ConnectionInfo``, but for some values."""

    __slots__ = ("_info", "_said")

    def __init__(self, info: Any, said: dict[str, Any]) -> None:
        self._info = info
        self._said = said

    def __getattr__(self, name: str) -> Any:
        return self._said[name] if name in self._said else getattr(self._info, name)


# --- opening ---------------------------------------------------------------------------------------------------------


def _class(factory: Any) -> Any:
    if factory is None:
        return Connection
    asked: Any = factory
    if isinstance(factory, type) and issubclass(asked, extensions.connection):
        return _beneath(asked, Connection)
    return asked  # a function: its connection is relayed, and nobody knows who calls it


def tapped(wire: Wire, original: Callable[..., Any], dsn: str, connection_factory: Any = None, **asked: Any) -> Any:
    """``_connect``: the connection that it made, with a relay in between."""
    connect = partial(original, connection_factory=_class(connection_factory), **asked)
    if any(asked.values()):
        return _asynchronous(wire, original, connect, dsn)
    with wire.attempt(*libpq.opening(extensions.parse_dsn(dsn))):
        connection = connect(dsn)
    if connection.info.ssl_in_use:
        try:
            found = _relayed(wire, connect, dsn, connection)
        except _NOT_RELAYED as error:
            warn("psycopg2: TLS", f"psycopg2's connection over TLS is not recorded: {error}")
            return connection
        connection.close()
        return found
    with harmless("tapping a connection of psycopg2"):
        _tap(wire, connection)
    return connection


def _tap(wire: Wire, connection: Any) -> None:
    info = connection.info
    line = wire.tap()
    libpq.join(line, info.user, info.dbname, info.backend_pid, info.parameter_status)
    channel = relay(line, connection.fileno())
    if isinstance(connection, Connection):
        connection.timetracer_calls = Calls(line, channel)


def _asynchronous(wire: Wire, original: Callable[..., Any], connect: Callable[[str], Any], dsn: str) -> Any:
    """One that its caller polls, perhaps with an epoll, which would go on waiting for the socket that it knows: so it
    leads to us from its start. Another one, which blocks, is opened before and tells where the server is."""
    try:
        with wire.attempt(*libpq.opening(extensions.parse_dsn(dsn))):
            first = original(dsn)
    except psycopg2.Error:
        return connect(dsn)  # fails as it would
    try:
        return _relayed(wire, connect, dsn, first)
    except _NOT_RELAYED as error:
        warn("psycopg2: asynchronous", f"psycopg2's asynchronous connection is not recorded: {error}")
        return connect(dsn)
    finally:
        first.close()


def _relayed(wire: Wire, connect: Callable[[str], Any], dsn: str, first: Any) -> Any:
    """A connection to where the first one leads, by a relay that does the TLS, if the first one has it."""
    info, params = first.info, extensions.parse_dsn(dsn)
    server = tls.Session(tls.peer(first.fileno()), info.host)
    if info.ssl_in_use:
        server.context = tls.trust(params)
    line = wire.tap()
    channel = Relay(line, libpq.socket_name(params), tls.run(server.opening()), server.unbound)
    here = libpq.redirected({**params, "password": info.password}, channel.directory)
    try:
        found = connect(extensions.make_dsn(**here))
    except BaseException:
        channel.close()
        raise
    if isinstance(found, Connection):
        found.timetracer_calls = Calls(line, channel, server)
        found.timetracer_said = {name: getattr(info, name) for name in _ABOUT_SERVER}
    return found


_NOT_RELAYED = (OSError, psycopg2.Error, tls.NotOurs)
_ABOUT_SERVER = ("host", "port", "ssl_in_use", "password")


def mounted(wire: Wire, original: Callable[..., Any], dsn: str, connection_factory: Any = None, **asked: Any) -> Any:
    """``_connect``: the same, to a backend."""
    params = extensions.parse_dsn(dsn)
    line = wire.mount()
    line.find(*libpq.opening(params))  # raises what was raised here
    mount = Mounted(line, libpq.socket_name(params))
    calls = Calls(line, mount)
    here = extensions.make_dsn(**libpq.redirected(params, mount.directory))
    try:
        with calls.during(psycopg2.Error):
            connection = original(here, connection_factory=_class(connection_factory), **asked)
    except BaseException:
        mount.close()
        raise
    if isinstance(connection, Connection):
        connection.timetracer_calls = calls
        if "host" in params and connection.info.host is not None:
            connection.timetracer_said = {"host": params["host"]}
    return connection


def encrypted(
    wire: Wire, original: Callable[..., Any], password: Any, user: Any, scope: Any = None, algorithm: Any = None
) -> Any:
    """``encrypt_password``: libpq asks the server for the algorithm while it keeps everybody from running: we ask."""
    if algorithm is None and isinstance(scope, Connection) and scope.timetracer_calls is not None:
        idle = scope.info.transaction_status == extensions.TRANSACTION_STATUS_IDLE
        with scope.cursor() as cursor:
            cursor.execute("show password_encryption")
            algorithm = cursor.fetchone()[0]
        if idle:
            scope.rollback()
    return original(password, user, scope, algorithm)


def _errors() -> tuple[type[BaseException], ...]:
    return (*POSTGRESQL.errors(), psycopg2.OperationalError)


INSTRUMENTOR = replace(
    POSTGRESQL,
    library="psycopg2",
    scopes=("opentelemetry.instrumentation.psycopg2", sqlalchemy.SCOPE),
    errors=_errors,
    seams=(
        WireSeam("psycopg2:_connect", tapped=tapped, mounted=mounted),
        WireSeam("psycopg2.extensions:encrypt_password", tapped=encrypted, mounted=encrypted),
        *sqlalchemy.SEAMS,
    ),
)
