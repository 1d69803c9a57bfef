"""An exchange as plain values.

Requests: ``{"connect": database, "user": …}`` (of one that failed, what it was ``refused by``), ``{"prepare": sql}``,
``{"cursor": sql}`` (what a cursor that was declared gives), ``{"sql": …, "parameters": …}``, ``{"script": sql}`` (the
simple protocol; ``"literals"`` holds those that seem to be secrets), ``{"bind": sql, "parameters": …}`` (which failed
before anything was executed), ``{"notification": channel, "payload": …}`` (and whose ``"connection"`` it came from),
``{"loss": "idle"}`` (the server ended this ``"connection"``, on which nobody asked anything, ``"after"`` something
incidental) and
``{"function": oid, "arguments": […]}``, each but the first with its ``"database"``.
Parameters are a list, or an object where the SQL tells which columns they belong to. Responses hold what
`describe_response` says; rows are readable, by the names of their columns where these are unique.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from timetracer.cassette import values as plain
from timetracer.cassette.model import Plain
from timetracer.cassette.places import is_list, is_object
from timetracer.seams.declaration import Described
from timetracer_instrumentors.postgresql import copied, messages, parameters, sql, types, using
from timetracer_instrumentors.postgresql.operations import Portal

if TYPE_CHECKING:
    from timetracer_instrumentors.postgresql.operations import Outcome, Result, Statement, Upload

SERVER = "the server"
"""What a connection was refused by that reached PostgreSQL; else it is the address."""

_WORKER = re.compile(r"_gw\d+$")
"""What pytest-django and pytest-xdist put after a database's name."""


def describe_request(fields: tuple[Any, ...], body: bytes) -> Described:
    """What a tap or a backend gave to ``begin`` or ``ask``."""
    kind, *rest = fields
    match kind:
        case "connect":
            database, user, refused = rest
            opening: dict[str, Plain] = {"connect": database, "user": user}
            return Described({**opening, "refused by": refused} if refused else opening, None)
        case "prepare":
            statement, database = rest
            return Described({"prepare": sql.text(statement.sql), "database": database}, None)
        case "cursor":
            query, database = rest
            return Described({"cursor": sql.text(query), "database": database}, None)
        case "query":
            query, database, upload = rest
            script, literals = parameters.without_secrets(sql.text(query))
            said: dict[str, Plain] = {"script": script, **({"literals": dict(literals)} if literals else {})}
            return Described({**said, **_uploaded(upload), "database": database}, _data(upload, body))
        case "notification":
            channel, payload, process, database = rest
            notification: dict[str, Plain] = {"notification": sql.text(channel), "payload": sql.text(payload)}
            notification |= {"database": database, "connection": {"process": process}}
            return Described(notification, None)
        case "loss":
            process, query, database = rest
            loss: dict[str, Plain] = {"loss": "idle", "database": database, "connection": {"process": process}}
            after = sql.text(query)
            return Described({**loss, "after": sql.normal(after)} if sql.is_incidental(after) else loss, None)
        case "call":
            oid, formats, given, database = rest
            arguments = _parameters((), formats, given)
            return Described({"function": oid, "arguments": arguments, "database": database}, None)
        case "bind":
            portal, database = rest
            return Described({"bind": sql.text(portal.statement.sql), **_bound(portal), "database": database}, None)
        case _:
            portal, limit, times, database, upload = rest
            request: dict[str, Plain] = {"sql": sql.text(portal.statement.sql), **_bound(portal)}
            if limit:
                request["limit"] = limit
            if times > 1:
                request["execution"] = times
            return Described({**request, **_uploaded(upload), "database": database}, _data(upload, body))


def _uploaded(upload: Upload | None) -> dict[str, Plain]:
    return {"copy": upload.end} if upload is not None and upload.end else {}


def _data(upload: Upload | None, body: bytes) -> bytes | None:
    """The data of COPY … FROM STDIN, if it came to that."""
    return body if upload is not None and (upload.end or body) else None


def _bound(portal: Portal) -> dict[str, Plain]:
    """Parameters by the names of the columns that they go to, or are compared with, where the SQL tells; in order."""
    statement = portal.statement
    try:
        said = portal.bound
    except messages.ProtocolError:
        return {"parameters": [{"raw": portal.bind}]}
    found = _parameters(statement.oids, said.formats, said.values)
    names = parameters.parameter_names(sql.text(statement.sql), len(found))
    bound: dict[str, Plain] = {"parameters": dict(zip(names, found, strict=True)) if names else found}
    if any(statement.oids):
        bound["types"] = list(statement.oids)
    return bound


def _parameters(oids: Sequence[int], formats: Sequence[int], given: Sequence[bytes | None]) -> list[Plain]:
    found: list[Plain] = []
    for number, data in enumerate(given):
        oid = oids[number] if number < len(oids) else 0
        found.append(None if data is None else types.read(oid, format_of(formats, number), data))
    return found


def format_of(formats: Sequence[int], number: int) -> int:
    """The format of one parameter or column: none given means text, one given holds for all."""
    if not formats:
        return types.TEXT
    return formats[number] if len(formats) > 1 else formats[0]


# --- responses -------------------------------------------------------------------------------------------------------


def describe_response(fields: tuple[Any, ...], body: bytes) -> Described:
    """What an outcome came to.

    Returns:
        A statement's ``columns`` (name, type, size, modifier, table, number in it), ``rows``, ``tag``,
        ``suspended`` and ``copy``; of a script with several results, ``results`` of these. ``error``, ``notices``,
        ``parameters`` (settings that changed), the state of the ``transaction``, ``lost`` if the server then ended the
        connection, and of a connect the server's process, as what is true of this ``connection`` alone. The body: the
        data of COPY … TO. Of what is not the protocol: why it is ``unreadable``.
    """
    try:
        outcome, of = fields
        if isinstance(of, Portal):
            body = using.rows(outcome, body)
            outcome, of = using.outcome(outcome, of), of.statement
        return _read(outcome, of, body)
    except (ValueError, IndexError, struct.error) as cause:  # a value too many in a row, a string without an end
        return Described({"unreadable": str(cause)}, None)


def _read(outcome: Outcome, statement: Statement | None, body: bytes) -> Described:
    response: dict[str, Plain] = {}
    copied: list[bytes] = []
    results: list[dict[str, Plain]] = []
    at = 0
    for result in outcome.results:
        results.append(_result(result, list(messages.payloads(body[at : at + result.size])), copied))
        at += result.size
    if len(results) == 1:
        response.update(results[0])
    elif results:
        response["results"] = list(results)
    elif statement is not None and statement.described:
        response["types"] = list(statement.oids)
        response["columns"] = _columns(statement.columns or b"")
    if outcome.answer is not None:
        response["value"] = messages.values(b"\0\1" + outcome.answer, 0)[0][0]
    if outcome.error is not None:
        response["error"] = dict(messages.fields(outcome.error))
        if outcome.cancelled:
            response["cancelled"] = True
    if outcome.notices:
        response["notices"] = [dict(messages.fields(notice)) for notice in outcome.notices]
    if outcome.parameters:
        settings = dict(_setting(parameter) for parameter in outcome.parameters)
        settings.pop("session_authorization", None)  # the user's name: whoever replays has one, too
        response["parameters"] = dict(settings)
    if outcome.process:
        response["connection"] = {"process": outcome.process}
    if outcome.lost:
        response["lost"] = True
    if outcome.status:
        response["transaction"] = messages.TRANSACTION.get(outcome.status, outcome.status)
    return Described(response, b"".join(copied) if copied else None)


def _setting(payload: bytes) -> tuple[str, str]:
    name, at = messages.text(payload)
    value, _ = messages.text(payload, at)
    return name.decode("latin-1"), value.decode("utf-8", "replace")


def _columns(payload: bytes) -> list[Plain]:
    rows = messages.columns(payload) if payload else []
    return [[row.name, row.type, row.size, row.modifier, row.table, row.number] for row in rows]


def _result(result: Result, data: list[bytes], copied: list[bytes]) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    if result.copy:
        overall, formats = result.copy[1], messages.integers(result.copy, 2, "h")[0]
        found["copy"] = ["in" if result.copy[:1] == b"G" else "out", overall, list(formats)]
        copied += data
        if len(data) > 1:
            found["pieces"] = [len(piece) for piece in data]
    elif result.columns:
        columns = messages.columns(result.columns)
        found["columns"] = _columns(result.columns)
        wanted = result.portal.bound.results if result.portal is not None else ()
        forms = [format_of(wanted, at) if wanted else row.format for at, row in enumerate(columns)]
        rows = [_row(columns, forms, messages.values(row, 0)[0]) for row in data]
        names = [row.name for row in columns]
        unique = len(set(names)) == len(names)
        found["rows"] = [dict(zip(names, row, strict=True)) if unique else list(row) for row in rows]
        kinds = [row.type for row in columns]
        if any(types.is_bound_to_form(*each) for row in rows for each in zip(kinds, row, strict=True)):
            found["formats"] = list(forms)
    if result.tag is not None:
        found["tag"] = result.tag.decode("utf-8", "replace") if result.tag != b"\0"[:-1] else ""
    if result.suspended:
        found["suspended"] = True
    return found


def _row(columns: Sequence[messages.Row], forms: Sequence[int], given: Sequence[bytes | None]) -> list[Plain]:
    return [
        None if data is None else types.decode(column.type, form, data)
        for column, form, data in zip(columns, forms, given, strict=True)
    ]


# --- matching --------------------------------------------------------------------------------------------------------


def key(request: dict[str, Plain]) -> str:
    """One line for people."""
    if "connect" in request:
        return "connect " + str(request["connect"])
    if "prepare" in request:
        return f"prepare {_line(request['prepare'])}"
    if "notification" in request:
        return "notification of " + str(request["notification"])
    if "loss" in request:
        return "loss of a connection"
    if "cursor" in request:
        return f"describe {_line(request['cursor'])}"
    if "function" in request:
        return "function " + str(request["function"])
    if "bind" in request:
        return f"bind {_line(request['bind'])}"
    return _line(request.get("sql", request.get("script")))


def _line(query: Plain) -> str:
    return " ".join(sql.bare(str(query)).split())


def identity(request: dict[str, Plain], body: bytes | None) -> dict[str, str | bytes]:
    """The parts by which a request is recognised. A value counts as it would be written, whatever form it came in."""
    database = _WORKER.sub("", str(request.get("database", request.get("connect", ""))))
    if "connect" in request:
        # One that succeeded stands for all, whoever opens them; one that failed, for that user's at that place.
        failed = {name: str(request[name]) for name in ("user", "refused by") if "refused by" in request}
        return {"what": "connect", "database": database, **failed}
    if "prepare" in request:
        return {"what": "prepare", "sql": sql.normal(str(request["prepare"])), "database": database}
    if "notification" in request:
        return {"what": "notification of " + str(request["notification"]), "payload": str(request.get("payload"))}
    if "loss" in request:
        return {"what": "loss", "database": database}
    if "cursor" in request:
        return {"what": "cursor", "sql": sql.normal(str(request["cursor"])), "database": database}
    if "function" in request:
        arguments = plain.dumps(_canonical(request.get("arguments"), (), ""))
        return {"what": "function " + str(request["function"]), "parameters": arguments, "database": database}
    query = str(request.get("sql", request.get("script", request.get("bind"))))
    parts: dict[str, str | bytes] = {
        "sql": sql.normal(query),
        "parameters": plain.dumps(_canonical(request.get("parameters"), request.get("types"), query)),
        "limit": f"{request.get('limit', 0)!r} at {request.get('execution', 1)!r}",
        "database": database,
    }
    if "bind" in request:
        parts["what"] = "bind"
    if request.get("copy", "done") != "done":  # if the server gave up first, nobody knows how it would have ended
        parts["copy"] = "failed"  # why, each version of a driver says in its own words
    if "literals" in request:
        parts["literals"] = plain.dumps(request["literals"])
    if body is not None:
        parts["body"] = copied.comparable(body)
    return parts


def _canonical(values: Plain, oids: Plain, query: str) -> Plain:
    """Parameters as they are compared: alike, whichever form, spelling or width of an integer a driver chose, and
    whichever order where the statement has none."""
    if is_object(values):
        return dict(zip(values, _in_order(list(values.values()), oids, query), strict=True))
    return _in_order(values, oids, query) if is_list(values) else []


def _in_order(values: list[Plain], oids: Plain, query: str) -> list[Plain]:
    known = oids if is_list(oids) else []
    found: list[Plain] = []
    for at, value in enumerate(values):
        oid = known[at] if at < len(known) and type(known[at]) is int else 0
        found.append(types.canonical(oid, value))
    for places in sql.unordered_parameters(query):
        if max(places) < len(found):
            members = sorted((found[at] for at in places), key=lambda value: sql.order(plain.dumps(value)))
            for at, value in zip(places, members, strict=True):
                found[at] = value
    return found


def writes(request: dict[str, Plain]) -> bool:
    """Whether it may bring identifiers that nobody knew."""
    return sql.writes(str(request.get("sql", request.get("script", "select"))))


def incidental(request: dict[str, Plain]) -> bool:
    """Whether pools and timing brought it about."""
    if any(what in request for what in ("connect", "prepare", "cursor", "bind", "loss")):
        return True
    return sql.is_incidental(str(request.get("sql", request.get("script", "function"))))


def delivery(request: dict[str, Plain]) -> bool:
    """Whether the server said it without being asked."""
    return "notification" in request or "loss" in request
