"""The tap: pairs what a client and a PostgreSQL server say into exchanges."""

from __future__ import annotations

from collections.abc import Callable
from struct import unpack_from
from typing import ClassVar

from timetracer_instrumentors.postgresql import description
from timetracer_instrumentors.postgresql.asking import (
    BIND,
    CALL,
    CLOSE,
    DESCRIBE,
    EXECUTE,
    PARSE,
    QUERY,
    STARTUP,
    SYNC,
    Asking,
    clients,
)
from timetracer_instrumentors.postgresql.messages import fields, integers, number, text
from timetracer_instrumentors.postgresql.operations import Outcome, Pending, Result, Statement
from timetracer_instrumentors.postgresql.using import Used, used

KEPT = 1000
"""Descriptions of statements that one connection remembers."""


class Tap(Asking):
    """See `timetracer.seams.declaration.Tap`. Here is what the server answers."""

    def received(self, data: bytes) -> None:
        if not data:
            self._lost()
        try:
            if self._using is not None:
                if self._server.whole and (answer := used(data)) is not None:
                    self._used(answer, data)
                    return
                self._unfold()
            for kind, payload in self._server.cut(self._opening.received(data)):
                if kind in self._SERVER:
                    self._SERVER[kind](self, payload)
        except BaseException:
            self._give_up()
            raise

    def _used(self, answer: Used, data: bytes) -> None:
        """The whole answer to a use of a prepared statement that went well."""
        tape, portal = self._using or (None, None)
        self._using = None
        if answer.status == "I" and len(self._portals) > 1:
            self._forget_portals()
        if tape is None or portal is None:
            return
        tape.response_reel.whole(data, answer.size)
        tape.answered((answer, portal))
        tape.finish()

    def _lost(self) -> None:
        self._unfold()
        pending = next((one for one in self._pending if one.tape is not None), None)
        if pending is not None:
            pending.outcome.lost = True
        elif not self._pending:
            self._ended(Outcome(lost=True))

    def _ended(self, outcome: Outcome) -> None:
        """The server ends the connection, on which nothing was asked."""
        if self._over or self._answered or not any(self._key):
            return
        self._over = True
        tape = self._line.told("loss", self._key[0], self._said, self._database)
        if tape is not None:
            tape.answered((outcome, None))
            tape.finish()

    def _result(self, pending: Pending) -> Result:
        results = pending.outcome.results
        if not results or results[-1].tag is not None:
            portal = pending.portal
            results.append(Result(portal.columns or portal.statement.columns, portal) if portal else Result())
        return results[-1]

    def _head(self, *kinds: int) -> Pending | None:
        """What the server answers now, if it is one of these; leaves out what needs no answer."""
        self._uploads.pass_by()
        if self._pending and self._pending[0].kind in kinds:
            return self._pending[0]
        return None

    def _settled(self, pending: Pending) -> None:
        """The head is answered, but for the status that ReadyForQuery will tell."""
        self._pending.popleft()
        self._uploads.answered(pending)
        if pending.tape is not None:
            self._answered.append(pending)

    def _done(self, _: bytes) -> None:
        """ParseComplete, BindComplete or CloseComplete."""
        pending = self._head(PARSE, BIND, CLOSE)
        if pending is not None:
            self._settled(pending)

    def _types(self, payload: bytes) -> None:
        pending = self._head(DESCRIBE)
        if pending is not None and pending.statement is not None:
            pending.statement.oids, _ = integers(payload, 0, "I")

    def _columns(self, payload: bytes) -> None:
        """RowDescription, or (empty) for NoData."""
        pending = self._head(DESCRIBE)
        if pending is None:
            if (query := self._head(QUERY)) is not None:
                self._result(query).columns = payload
            return
        self._pending.popleft()
        if pending.statement is not None:
            pending.statement.columns, pending.statement.described = payload, True
            if len(self._described) >= KEPT:
                self._described.clear()
            self._described[pending.statement.sql] = pending.statement
            if (prepared := self._prepared(pending.statement)) is not None:
                self._finish(prepared)
                self._answered.remove(prepared)
            if pending.tape is not None:
                self._answered.append(pending)
        elif pending.portal is not None:
            pending.portal.columns = payload

    def _prepared(self, statement: Statement | None) -> Pending | None:
        """Whoever prepared a statement that is described now: that need not wait for a Sync, which may come with its
        first use."""
        same = (one for one in self._answered if one.kind == PARSE and one.statement is statement)
        return next(same, None) if statement is not None else None

    def _no_columns(self, _: bytes) -> None:
        self._columns(b"")

    def _complete(self, payload: bytes) -> None:
        pending = self._head(EXECUTE, QUERY)
        if pending is not None:
            self._result(pending).tag = payload[:-1]
            if pending.kind == EXECUTE:
                self._settled(pending)

    def _empty(self, _: bytes) -> None:
        self._complete(b"\0")

    def _suspended(self, _: bytes) -> None:
        pending = self._head(EXECUTE)
        if pending is not None:
            self._result(pending).suspended = True
            self._settled(pending)

    def _copying_in(self, payload: bytes) -> None:
        self._copying(b"G" + payload)

    def _copying_out(self, payload: bytes) -> None:
        self._copying(b"H" + payload)

    def _copying(self, copy: bytes) -> None:
        pending = self._head(EXECUTE, QUERY)
        if pending is not None:
            self._result(pending).copy = copy

    def _rows(self, run: bytes) -> None:
        """DataRow or CopyData."""
        pending = self._head(EXECUTE, QUERY)
        if pending is not None:
            pending.data.append(run)
            self._result(pending).size += len(run)

    def _returned(self, payload: bytes) -> None:
        pending = self._head(CALL)
        if pending is not None:
            pending.outcome.answer = payload

    def _failed(self, payload: bytes) -> None:
        """ErrorResponse: it belongs to the head, or (of a Parse, Bind or Describe) to the Execute that it led to."""
        self._head()
        if not self._pending:
            said = fields(payload)
            if said.get("severity_nonlocalized", said.get("severity")) in ("FATAL", "PANIC"):
                self._ended(Outcome(error=payload))
            return
        if self._pending[0].kind == SYNC and self._answered:  # a constraint that is looked at when the transaction ends
            self._fail(self._answered[-1], payload)
            return
        if self._pending[0].kind in (QUERY, CALL, STARTUP):
            pending = self._pending[0]
            self._fail(pending, payload)
            self._uploads.answered(pending)
            if pending.kind == STARTUP:
                self._finish(pending)
                self._pending.clear()
            return
        failed = False
        while self._pending and self._pending[0].kind != SYNC:
            pending = self._pending.popleft()
            self._uploads.answered(pending)
            if not failed and pending.context is not None and (portal := pending.portal) is not None:
                pending.tape = pending.context.run(self._line.begin, "bind", portal, self._database)
            if pending.kind == DESCRIBE and not failed and (prepared := self._prepared(pending.statement)) is not None:
                pending = prepared
                self._answered.remove(pending)
            if pending.tape is None:
                continue
            if failed:  # the server skips all that was sent before the next Sync
                pending.tape.drop()
            else:
                failed = True
                self._fail(pending, payload)
                self._answered.append(pending)

    def _fail(self, pending: Pending, payload: bytes) -> None:
        if pending.portal is not None and pending.portal.columns:
            self._result(pending)  # it was described before it failed
        pending.outcome.error = payload
        pending.outcome.cancelled, self._cancelled = self._cancelled, False
        self._uploads.failed(pending)
        if pending.tape is not None:
            pending.tape.fact = False
            if pending.kind == STARTUP:
                pending.tape.request = ("connect", self._database, self._user, description.SERVER)

    def _notice(self, payload: bytes) -> None:
        if self._pending:
            self._speaker().outcome.notices.append(payload)

    def _parameter(self, payload: bytes) -> None:
        if self._pending:
            self._speaker().outcome.parameters.append(payload)

    def _speaker(self) -> Pending:
        """The exchange during which the server says something by the way."""
        if self._pending[0].kind == SYNC and self._answered:
            return self._answered[-1]
        return next((pending for pending in self._pending if pending.tape is not None), self._pending[0])

    def _ready(self, payload: bytes) -> None:
        self._cancelled = False
        while self._pending:
            head = self._pending.popleft()
            if head.kind in (QUERY, CALL, STARTUP):
                self._answered.append(head)
            elif head.kind != SYNC:  # sent after the server had failed, and skipped by it
                if head.tape is not None:
                    head.tape.drop()
                continue
            break
        status = payload.decode("latin-1")
        for pending in self._answered:
            pending.outcome.status = status
            self._finish(pending)
        self._answered.clear()
        self._cancelled = self._cancelled and bool(self._pending)
        if status == "I":
            self._forget_portals()

    def _forget_portals(self) -> None:
        """They end with their transaction, but for the unnamed one."""
        self._portals = {name: portal for name, portal in self._portals.items() if not name}

    def _finish(self, pending: Pending) -> None:
        tape = pending.tape
        if tape is None:
            return
        # Of a COPY that its client broke off, how much was sent is a matter of timing.
        upload = pending.upload
        broken_off = upload is not None and upload.end != "done" and pending.outcome.error is not None
        tape.request_reel.complete = not (broken_off and tape.request_reel.length)
        tape.response_reel.whole(b"".join(pending.data))
        tape.answered((pending.outcome, pending.statement))
        tape.finish()

    def _notified(self, payload: bytes) -> None:
        """NotificationResponse: nobody asked for it."""
        channel, at = text(payload, 4)
        told, _ = text(payload, at)
        tape = self._line.told("notification", channel, told, number(payload), self._database)
        if tape is not None:
            tape.request_reel.complete = True
            tape.finish()

    def _cancel_key(self, payload: bytes) -> None:
        self._key = unpack_from("!II", payload, 0)
        clients[self._key] = self
        if self._pending:
            self._pending[0].outcome.process = self._key[0]

    def closed(self) -> None:
        self._unfold()
        for pending in (*self._answered, *self._pending):
            if pending.tape is not None:
                if pending in self._answered or pending.outcome.error is not None or pending.outcome.lost:
                    self._finish(pending)
                pending.tape.request_reel.complete = True
                pending.tape.finish()

    _SERVER: ClassVar[dict[int, Callable[[Tap, bytes], None]]] = {
        ord("1"): _done,
        ord("2"): _done,
        ord("3"): _done,
        ord("t"): _types,
        ord("T"): _columns,
        ord("n"): _no_columns,
        ord("C"): _complete,
        ord("I"): _empty,
        ord("s"): _suspended,
        ord("G"): _copying_in,
        ord("H"): _copying_out,
        ord("D"): _rows,
        ord("d"): _rows,
        ord("V"): _returned,
        ord("E"): _failed,
        ord("N"): _notice,
        ord("S"): _parameter,
        ord("A"): _notified,
        ord("K"): _cancel_key,
        ord("Z"): _ready,
    }
