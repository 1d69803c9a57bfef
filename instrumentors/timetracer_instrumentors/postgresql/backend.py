"""The backend: speaks the server's side of the protocol to one client, from recorded exchanges."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from functools import partial
from struct import unpack_from
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from timetracer.cassette.model import Exchange
from timetracer.cassette.places import is_list
from timetracer.errors import ReplayError
from timetracer_instrumentors.postgresql import messages, sql
from timetracer_instrumentors.postgresql.answers import (
    SETTINGS,
    described,
    in_script,
    reported,
    results_of,
    settings_of,
    unsaid,
)
from timetracer_instrumentors.postgresql.asks import Asks, asked
from timetracer_instrumentors.postgresql.cancelling import cancel, introduced, renamed
from timetracer_instrumentors.postgresql.catalogue import (
    TEXT_OID,
    Description,
    columns_of,
    damaged,
    numbers_of,
    process_of,
)
from timetracer_instrumentors.postgresql.description import SERVER
from timetracer_instrumentors.postgresql.hearing import Hearing
from timetracer_instrumentors.postgresql.messages import Frames, ProtocolError, Row
from timetracer_instrumentors.postgresql.operations import Copying, Portal, Statement, Upload
from timetracer_instrumentors.postgresql.selected import as_asked, described_as
from timetracer_instrumentors.postgresql.tidying import tidied

if TYPE_CHECKING:
    from timetracer.seams.wire import MountedLine

Describe: TypeAlias = Callable[[list[Row]], bytes]
"""What is said of columns before their rows."""

_STATUSES = {word: letter for letter, word in messages.TRANSACTION.items()}


class Backend:
    """See `timetracer.seams.declaration.Backend`."""

    def __init__(self, line: MountedLine) -> None:
        self.closing = False
        self.identity = introduced(self)
        """The process that the client takes the server for, and its secret."""
        self.line = line
        self._frames = Frames(startup=True)
        self._statements: dict[bytes, Statement] = {}
        self._described: dict[bytes, Statement] = {}
        """By their SQL, as a tap has them: the client was told of them."""
        self._portals: dict[bytes, Portal] = {}
        self._status = "I"
        self._database = ""
        self._failed = False
        """After an error, until the next Sync."""
        self._copying: Copying | None = None
        self._undescribed: Portal | None = None
        """The client wants its columns described: what is executed next knows them best."""
        self._declared: dict[bytes, bytes] = {}
        """The DECLARE behind each cursor that was opened in SQL: a portal, too."""
        self._hearing = Hearing(self)
        self._silent = False
        """What was asked was never answered, when it was recorded: nor is it now, nor is anything after it."""
        self._held = b""
        """What comes only when the client cancels."""

    def receive(self, data: bytes) -> bytes:
        """The server's answer. Raises ReplayError: nothing recorded answers."""
        out: list[bytes] = []
        hearing = self._hearing
        hearing.asked = True
        try:
            for kind, payload in self._frames.cut(data):
                if self.closing or (self._silent and kind != _TERMINATE):
                    continue
                handler = self._HANDLERS.get(kind)
                if handler is None:
                    raise ReplayError(f"PostgreSQL's message {bytes([kind])!r} is not supported in a replay")
                if self._failed and kind not in _AFTER_FAILURE:
                    continue
                if self._undescribed is not None and kind not in _KEEPS_UNDESCRIBED:
                    out.append(self._shape_of_portal())
                out.append(handler(self, payload))
        except (ProtocolError, struct.error, UnicodeDecodeError) as cause:
            raise ReplayError(f"what this client says is not PostgreSQL's protocol, version 3: {cause}") from None
        hearing.asked = False
        if hearing.last is not None and hearing.ends:
            out.append(hearing.last)
            self.closing = True
        return b"".join(out)

    def cancel(self) -> bytes:
        """The client cancels what is under way: what it was answered then."""
        copying = self._copying
        if copying is None:
            return self._released()
        copying.cancelled = True
        recorded = self.line.find(copying.kind, *copying.asked, body=b"".join(copying.data))
        if recorded is None:
            return b""  # the client may have been quicker, and ended it itself
        self._copying = None
        return self._copy_ends(copying, recorded)

    def _released(self) -> bytes:
        held, self._held = self._held, b""
        self._failed = self._failed and not held
        return held

    # --- the start -------------------------------------------------------------------------------------------------

    def _startup(self, payload: bytes) -> bytes:
        (version,) = unpack_from("!I", payload, 0)
        if version in (messages.SSL_REQUEST, messages.GSSENC_REQUEST):
            return b"N"
        if version == messages.CANCEL_REQUEST:
            self.closing = True
            cancel(*unpack_from("!II", payload, 4))
            return b""
        if version >> 16 != 3:
            raise ProtocolError(f"version {version >> 16}.{version & 0xFFFF}")
        self._frames.startup = False
        said = messages.settings(payload)
        user = said.get("user", "")
        self._database = said.get("database", user)
        recorded = self.line.find("connect", self._database, user, SERVER, in_turn=True)
        recorded = recorded or self.line.find("connect", self._database, user, "")
        response = (recorded.response or {}) if recorded is not None else {}
        if recorded is not None and "error" in response:
            self.closing = True
            return reported(recorded, b"E", "error", response["error"])
        process = process_of(response)
        if process is not None:
            self.identity = renamed(self, process)
        self._hearing.opened()
        told = {**SETTINGS, **(settings_of(recorded) if recorded is not None else {})}
        told["session_authorization"] = user
        told |= {name: said[name] for name in ("application_name", "TimeZone") if name in said}
        if "client_encoding" in said:
            told["client_encoding"] = re.sub(r"[^0-9A-Z]", "", said["client_encoding"].upper())
        return b"".join(
            (
                messages.message(b"R", bytes(4)),
                *(messages.parameter_status(name, value) for name, value in told.items()),
                messages.message(b"K", b"".join(number.to_bytes(4, "big") for number in self.identity)),
                messages.ready("I"),
            )
        )

    # --- the extended protocol -------------------------------------------------------------------------------------

    def _parse(self, payload: bytes) -> bytes:
        name, query, oids = messages.parsed(payload)
        self._statements[name] = statement = Statement(query, oids)
        known = self._known(statement)
        if known is not None and known.fails_to_parse:
            statement.prepared = recorded = self.line.find("prepare", statement, self._database)
            if recorded is not None and "error" in (recorded.response or {}):
                return self._fail(recorded)
        return messages.message(b"1")

    def _known(self, statement: Statement) -> Description | None:
        return described_as(self.line.catalogue, text_of(statement))

    def _bind(self, payload: bytes) -> bytes:
        said = messages.bound(payload)
        name = said.statement
        statement = self._statements.get(name)
        if statement is None:
            return self._error("26000", f'prepared statement "{name.decode()}" does not exist')
        before = self._described.get(statement.sql)
        if before is not None:  # whoever parses it anew, and does not ask what it takes, knows that already
            statement.oids = statement.oids or before.oids
        known = self._known(statement)
        if known is not None and known.fails_to_bind:
            recorded = self.line.find("bind", Portal(statement, payload, said), self._database)
            if recorded is not None:
                return self._given(recorded, (), unsaid)
        self._portals[said.portal] = Portal(statement, payload, said)
        return messages.message(b"2")

    def _describe(self, payload: bytes) -> bytes:
        name, _ = messages.text(payload, 1)
        if payload[:1] == b"P":
            portal = self._portals.get(name)
            if portal is not None:
                self._undescribed = portal
                return b""
            if name not in self._declared:
                return self._error("34000", f'portal "{name.decode()}" does not exist')
            cursor = self.line.ask("cursor", self._declared[name], self._database)
            response = cursor.response or {}
            return self._fail(cursor) if "error" in response else described(columns_of(cursor, response), ())
        statement = self._statements.get(name)
        if statement is None:
            return self._error("26000", f'prepared statement "{name.decode()}" does not exist')
        recorded = statement.prepared or self.line.find("prepare", statement, self._database)
        if recorded is not None and "error" in (recorded.response or {}):
            return self._fail(recorded)
        recorded = as_asked(recorded, text_of(statement)) if recorded is not None else None
        told = self._told(statement, recorded)
        own, there = statement.oids, told.oids
        statement.oids = (*(oid or known for oid, known in zip(own, there, strict=False)), *there[len(own) :])
        self._described[statement.sql] = statement
        types = [oid or TEXT_OID for oid in statement.oids or own]
        return messages.parameter_description(types) + described(told.columns, ())

    def _told(self, statement: Statement, recorded: Exchange | None) -> Description:
        """What a statement takes and gives: as it was described, or as its executions show, or as is plain from it."""
        found = Description()
        if recorded is not None and recorded.response is not None and "types" in recorded.response:
            found.oids = numbers_of(recorded, "types", recorded.response["types"])
            found.columns = columns_of(recorded, recorded.response)
        elif (known := self._known(statement)) is not None:
            found = known
        elif sql.is_incidental(text_of(statement)):
            found.columns = [column for answer in tidied(text_of(statement)) for column in answer.columns]
        else:
            self.line.ask("prepare", statement, self._database)
        return found

    def _shape_of_portal(self) -> bytes:
        """The description that a portal still lacks, when it is not executed at once."""
        portal, self._undescribed = self._undescribed, None
        known = self._known(portal.statement) if portal is not None else None
        return described(known.columns if known is not None else [], portal.bound.results if portal is not None else ())

    def _execute(self, payload: bytes) -> bytes:
        name, limit = messages.executed(payload)
        portal = self._portals.get(name)
        if portal is None:
            return self._error("34000", f'portal "{name.decode()}" does not exist')
        describe: Describe = unsaid
        before = b""
        if self._undescribed is portal:
            self._undescribed = None
            describe = partial(described, results=portal.bound.results)
        elif self._undescribed is not None:
            before = self._shape_of_portal()
        return before + self._executed(portal, limit, describe)

    def _executed(self, portal: Portal, limit: int, describe: Describe) -> bytes:
        portal.times += 1
        asks, results = asked(portal.statement.sql), portal.bound.results
        self._hearing.said = query = asks.text
        if asks.matters_later:
            self._noted(portal.statement.sql, asks)
        upload = Upload() if asks.uploads else None
        call = (portal, limit, portal.times, self._database, upload)
        if upload is not None:
            return describe([]) + self._copy_begins(query, Copying("execute", call, upload))
        if not asks.incidental:
            return self._given(as_asked(self.line.ask("execute", *call), query), results, describe)
        recorded = self.line.find("execute", *call)
        if recorded is None:
            return self._tidied(query, results, describe)
        return self._given(recorded, results, describe)

    def _given(self, recorded: Exchange, results: tuple[int, ...], describe: Describe) -> bytes:
        """What the server said in a recorded exchange."""
        response = recorded.response
        if response is None:
            self._silent = True
            return b""
        if "unreadable" in response:
            raise damaged(recorded, "response", f"could not be read: {response['unreadable']!r}")
        out: list[bytes] = []
        if "notices" in response:
            notices = response["notices"]
            out = [reported(recorded, b"N", "notices", notice) for notice in (notices if is_list(notices) else [])]
        out += results_of(recorded, results, describe)
        if "parameters" in response:
            out += [messages.parameter_status(*pair) for pair in settings_of(recorded).items()]
        self._status = _STATUSES.get(str(response.get("transaction")), self._status)
        if "error" in response:
            out.append(self._fail(recorded))
        if "lost" in response:
            self.closing = True
        return b"".join(out)

    def _fail(self, recorded: Exchange) -> bytes:
        response: dict[str, Any] = recorded.response or {}
        said = reported(recorded, b"E", "error", response["error"])
        self._failed = True
        if self._status == "T":
            self._status = "E"
        if response["error"].get("severity_nonlocalized", response["error"].get("severity")) in ("FATAL", "PANIC"):
            self.closing = True
        if response.get("cancelled"):
            self._held, said = said + messages.ready(self._status), b""
        return said

    def _error(self, code: str, text: str) -> bytes:
        self._failed = True
        self._status = "E" if self._status == "T" else self._status
        return messages.report(
            b"E", {"severity": "ERROR", "severity_nonlocalized": "ERROR", "sqlstate": code, "message": text}
        )

    def _tidied(self, query: str, results: tuple[int, ...], describe: Describe) -> bytes:
        """What pools do when it suits them went well, recorded or not."""
        if self._status == "E" and not sql.ends_transaction(query):
            problem = "current transaction is aborted, commands ignored until end of transaction block"
            return self._error("25P02", problem)
        answers = tidied(query, failed=self._status == "E")
        self._status = sql.status_after(query, self._status)
        return b"".join(describe(answer.columns) + answer.said(results) for answer in answers)

    def _close(self, payload: bytes) -> bytes:
        name, _ = messages.text(payload, 1)
        (self._statements if payload[:1] == b"S" else self._portals).pop(name, None)
        return messages.message(b"3")

    def _sync(self, _: bytes) -> bytes:
        if self._copying is not None:
            return b""  # during COPY … FROM it is ignored
        if self.closing or (self._failed and self._held):
            return b""
        self._failed = False
        return messages.ready(self._status)

    def _nothing(self, _: bytes) -> bytes:
        return b""

    def _terminate(self, _: bytes) -> bytes:
        self.closing = True
        return b""

    def _noted(self, query: bytes, asks: Asks) -> None:
        """Cursors and channels have names that are used later."""
        if asks.declares is not None:
            self._declared[asks.declares] = query
        self._hearing.noted(asks)

    # --- the simple protocol ---------------------------------------------------------------------------------------

    def _query(self, payload: bytes) -> bytes:
        query, _ = messages.text(payload)
        asks = asked(query)
        self._hearing.said = text = asks.text
        if asks.matters_later:
            self._noted(query, asks)
        if asks.uploads:
            upload = Upload()
            return self._copy_begins(text, Copying("query", (query, self._database, upload), upload))
        if not asks.incidental:
            return self._answered(as_asked(self.line.ask("query", query, self._database, None), text))
        recorded = self.line.find("query", query, self._database, None)
        if recorded is not None:
            return self._answered(recorded)
        said = self._tidied(text, (), in_script)
        self._failed = False
        return said + messages.ready(self._status)

    def _answered(self, recorded: Exchange) -> bytes:
        said = self._given(recorded, (), in_script)
        if self._silent or self._held or self.closing:
            return said
        self._failed = False
        return said + messages.ready(self._status)

    def _call(self, payload: bytes) -> bytes:
        recorded = self.line.ask("call", *messages.called(payload), self._database)
        response = recorded.response or {}
        said = b""
        if recorded.response is not None and "error" not in response:
            value = response.get("value")
            if not isinstance(value, bytes) and value is not None:
                raise damaged(recorded, "response.value", f"is no bytes: {value!r}")
            said = messages.message(b"V", messages.value(value))
        return said + self._answered(recorded)

    # --- COPY … FROM STDIN: the data is part of the request, so what answers is known at its end -------------------

    def _copy_begins(self, query: str, copying: Copying) -> bytes:
        known = self.line.catalogue.get(sql.normal(query))
        if known is not None and known.refused:
            recorded = self.line.find(copying.kind, *copying.asked)
            if recorded is not None:
                return self._copy_ends(copying, recorded)
        self._copying = copying
        binary = int(sql.is_binary_copy(query))
        overall, formats = known.copy if known is not None and known.copy is not None else (binary, list[int]())
        return messages.copy_response(b"G", overall, formats)

    def _copy_data(self, payload: bytes) -> bytes:
        if self._copying is not None:
            self._copying.data.append(payload)
        return b""

    def _copy_done(self, _: bytes) -> bytes:
        return self._copied("done")

    def _copy_failed(self, payload: bytes) -> bytes:
        return self._copied("failed: " + messages.text(payload)[0].decode("utf-8", "replace"))

    def _copied(self, end: str) -> bytes:
        copying, self._copying = self._copying, None
        if copying is None:
            return b""
        copying.upload.end = end
        return self._copy_ends(copying, self.line.ask(copying.kind, *copying.asked, body=b"".join(copying.data)))

    def _copy_ends(self, copying: Copying, recorded: Exchange) -> bytes:
        said = self._answered(recorded) if copying.kind == "query" else self._given(recorded, (), unsaid)
        return said + self._released() if copying.cancelled else said

    _HANDLERS: ClassVar[dict[int, Callable[[Backend, bytes], bytes]]] = {
        0: _startup,
        ord("P"): _parse,
        ord("B"): _bind,
        ord("D"): _describe,
        ord("E"): _execute,
        ord("C"): _close,
        ord("S"): _sync,
        ord("H"): _nothing,
        ord("Q"): _query,
        ord("F"): _call,
        ord("X"): _terminate,
        ord("p"): _nothing,
        ord("d"): _copy_data,
        ord("c"): _copy_done,
        ord("f"): _copy_failed,
    }


def text_of(statement: Statement) -> str:
    """Its SQL."""
    return asked(statement.sql).text


_TERMINATE = ord("X")
_AFTER_FAILURE = frozenset(b"SXp")
_KEEPS_UNDESCRIBED = frozenset(b"Ep")
