"""What a client asks of PostgreSQL, and what is kept in mind until the server has answered.

One exchange is one Execute, one simple Query or one FunctionCall, with the Parse, Bind and Describe that led to it. A
Parse and Describe alone (drivers prepare a statement first) is one of its own, on no span of OpenTelemetry. Passwords
pass by unread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from struct import unpack_from
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakValueDictionary

from timetracer_instrumentors.postgresql import using
from timetracer_instrumentors.postgresql.asks import Asks, asked
from timetracer_instrumentors.postgresql.messages import (
    CANCEL_REQUEST,
    GSSENC_REQUEST,
    SSL_REQUEST,
    Frames,
    called,
    executed,
    parsed,
    settings,
    text,
)
from timetracer_instrumentors.postgresql.opening import Opening
from timetracer_instrumentors.postgresql.operations import Pending, Portal, Statement, Upload
from timetracer_instrumentors.postgresql.uploads import DATA, Uploads
from timetracer_instrumentors.postgresql.using import Use

if TYPE_CHECKING:
    from timetracer.recording.tape import Tape
    from timetracer.seams.wire import TappedLine

PARSE, BIND, DESCRIBE, EXECUTE, CLOSE, SYNC, QUERY, CALL, FLUSH = b"PBDECSQFH"
STARTUP = 0


class Asking:
    """The client's half of a tap.

    Args:
        line: is told of exchanges that begin.
    """

    def __init__(self, line: TappedLine) -> None:
        self._line = line
        self._client = Frames(startup=True)
        self._server = Frames(runs=b"Dd")
        self._opening = Opening(self._client)
        self._pending: deque[Pending] = deque()
        self._uploads = Uploads(self._pending)
        self._using: tuple[Tape | None, Portal] | None = None
        """A prepared statement, and nothing else is under way."""
        self._answered: list[Pending] = []
        """Those of the current Sync whose status is still to come."""
        self._statements: dict[bytes, Statement] = {}
        self._described: dict[bytes, Statement] = {}
        """By their SQL: what the client was told of them."""
        self._portals: dict[bytes, Portal] = {}
        self._declared: dict[bytes, Statement] = {}
        """The DECLARE behind each cursor that was opened in SQL: a portal, too."""
        self._user = self._database = ""
        self._preparing: Pending | None = None
        self._binding: Pending | None = None
        self._key = (0, 0)
        """The server's process, and the secret."""
        self._said = b""
        """The statement that was carried out last."""
        self._over = False
        """The client has said good-bye, or the server has ended the connection while nothing was asked."""
        self._cancelled = False
        """The client has asked, on another connection, to cancel what this one does."""

    def sent(self, data: bytes) -> None:
        try:
            if self._using is None and not self._pending and (use := using.use(data)) is not None and self._use(use):
                return
            self._unfold()
            for kind, payload in self._client.cut(self._opening.sent(data)):
                if kind in self._CLIENT:
                    self._CLIENT[kind](self, payload)
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        """What is under way cannot be followed any more, so it is no exchange."""
        self._unfold()
        for pending in (*self._answered, *self._pending):
            if pending.tape is not None:
                pending.tape.drop()
        self._answered.clear()
        self._pending.clear()

    def _startup(self, payload: bytes) -> None:
        (version,) = unpack_from("!I", payload, 0)
        if version in (SSL_REQUEST, GSSENC_REQUEST):
            self._opening.requested()
            return  # the StartupMessage is still to come
        if version == CANCEL_REQUEST:
            cancelling(*unpack_from("!II", payload, 4))
            return
        if version >> 16 != 3:
            self._opening.opaque = True
            return
        self._client.startup = False
        said = settings(payload)
        self._user = said.get("user", "")
        self._database = said.get("database", self._user)
        tape = self._line.begin("connect", self._database, self._user, "", fact=True)
        if tape is not None:
            tape.started = self._line.opened or tape.started
        self._pending.append(Pending(STARTUP, tape))

    def _parse(self, payload: bytes) -> None:
        name, query, oids = parsed(payload)
        statement = Statement(query, oids)
        known = self._described.get(query)
        if known is not None:  # asyncpg parses its unnamed ones anew, and knows them already
            statement = Statement(query, oids or known.oids, known.columns, known.described)
        self._statements[name] = statement
        self._prepares()
        pending = Pending(PARSE, statement=statement)
        self._pending.append(pending)
        self._preparing = pending

    def _bind(self, payload: bytes) -> None:
        portal, at = text(payload)
        name, _ = text(payload, at)
        statement = self._statements.get(name)
        self._preparing = None
        self._binds()
        pending = Pending(BIND)
        self._portals.pop(portal, None)
        if statement is not None:
            self._portals[portal] = pending.portal = Portal(statement, payload)
            self._binding = pending
        self._pending.append(pending)

    def _describe(self, payload: bytes) -> None:
        name, _ = text(payload, 1)
        pending = Pending(DESCRIBE)
        if payload[:1] == b"S":
            pending.statement = self._statements.get(name)
        else:
            pending.portal = self._portals.get(name)
            if pending.portal is None and name in self._declared:
                pending.statement = self._declared[name]
                pending.tape = self._line.begin("cursor", pending.statement.sql, self._database, fact=True)
        self._pending.append(pending)

    def _execute(self, payload: bytes) -> None:
        name, limit = executed(payload)
        portal = self._portals.get(name)
        if portal is None:  # there is no such thing, and the server will say so
            self._pending.append(Pending(EXECUTE))
            return
        if self._binding is not None and self._binding.portal is portal:
            self._binding = None
        portal.times += 1
        statement = portal.statement
        self._said = statement.sql
        asks = self._asks(statement.sql)
        upload = Upload() if asks.uploads else None
        asked = (portal, limit, portal.times, self._database, upload)
        tape = self._line.begin("execute", *asked, fact=asks.fact, own=asks.own)
        self._uploads.asked(Pending(EXECUTE, tape, statement, portal, upload))

    def _asks(self, query: bytes) -> Asks:
        """What is to be known of a statement that is carried out now; and what is to be remembered of it."""
        asks = asked(query)
        if asks.declares is not None:
            self._declared[asks.declares] = Statement(query, ())
        if asks.listens:
            self._line.listens()
        return asks

    def _use(self, use: Use) -> bool:
        """One use of a prepared statement and nothing else; False: more than that is to be known of it."""
        statement = self._statements.get(use.statement)
        if statement is None or (asks := asked(statement.sql)).matters_later:
            return False
        self._portals[b""] = portal = Portal(statement, use.bind)
        portal.times = 1
        self._said = statement.sql
        tape = self._line.begin("execute", portal, use.limit, 1, self._database, None, fact=asks.fact, own=asks.own)
        self._using = (tape, portal)
        return True

    def _unfold(self) -> None:
        """What was seen at a glance goes on message by message."""
        using, self._using = self._using, None
        if using is not None:
            tape, portal = using
            self._pending.append(Pending(BIND, portal=portal))
            self._pending.append(Pending(EXECUTE, tape, portal.statement, portal))
            self._pending.append(Pending(SYNC))

    def _query(self, payload: bytes) -> None:
        query, _ = text(payload)
        self._said = query
        asks = self._asks(query)
        upload = Upload() if asks.uploads else None
        tape = self._line.begin("query", query, self._database, upload, fact=asks.fact, own=asks.own)
        self._uploads.asked(Pending(QUERY, tape, upload=upload))

    def _call(self, payload: bytes) -> None:
        self._pending.append(Pending(CALL, self._line.begin("call", *called(payload), self._database)))

    def _close(self, payload: bytes) -> None:
        name, _ = text(payload, 1)
        (self._statements if payload[:1] == b"S" else self._portals).pop(name, None)
        self._pending.append(Pending(CLOSE))

    def _flush(self, _: bytes) -> None:
        self._prepares()
        self._binds()

    def _prepares(self) -> None:
        """A statement is prepared, and not used at once."""
        if (prepared := self._preparing) is not None:
            prepared.tape = self._line.begin("prepare", prepared.statement, self._database, own=True)
            self._preparing = None

    def _binds(self) -> None:
        """A portal is bound, and not executed at once: an exchange of its own if that fails."""
        bound, self._binding = self._binding, None
        if bound is not None:
            bound.context = copy_context()

    def _sync(self, payload: bytes) -> None:
        self._flush(payload)
        self._pending.append(Pending(SYNC))

    def _copied(self, payload: bytes) -> None:
        self._uploads.data(payload)

    def _copy_done(self, _: bytes) -> None:
        self._uploads.ends("done")

    def _copy_failed(self, payload: bytes) -> None:
        self._uploads.ends("failed: " + text(payload)[0].decode("utf-8", "replace"))

    def _terminate(self, _: bytes) -> None:
        self._over = True

    def cancelled(self) -> None:
        """The client asks, on another connection, to cancel what this one does: what fails now fails by that."""
        self._unfold()
        self._cancelled = bool(self._pending)

    _CLIENT: ClassVar[dict[int, Callable[[Asking, bytes], None]]] = {
        STARTUP: _startup,
        PARSE: _parse,
        BIND: _bind,
        DESCRIBE: _describe,
        EXECUTE: _execute,
        CLOSE: _close,
        SYNC: _sync,
        FLUSH: _flush,
        QUERY: _query,
        CALL: _call,
        DATA: _copied,
        ord("c"): _copy_done,
        ord("f"): _copy_failed,
        ord("X"): _terminate,
    }


clients: WeakValueDictionary[tuple[int, int], Asking] = WeakValueDictionary()
"""By the process and the secret that their server gave them."""


def cancelling(pid: int, secret: int) -> None:
    """A client is about to send a CancelRequest: what fails then was cancelled by it, not by the server."""
    tap = clients.get((pid, secret))
    if tap is not None:
        tap.cancelled()
