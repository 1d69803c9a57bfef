"""The use of a prepared statement, seen at a glance: nearly all that asyncpg says, and what it is answered.

A client's Bind, Execute and Sync of the unnamed portal that come in one piece; a server's BindComplete, rows, their end
and ReadyForQuery that do. Whatever else is said goes message by message through the tap.
"""

from __future__ import annotations

from typing import NamedTuple

from timetracer_instrumentors.postgresql.messages import run
from timetracer_instrumentors.postgresql.operations import Outcome, Portal, Result

_ROW = ord("D")
_COMPLETE = b"C"
_EXECUTE = b"E\0\0\0\x09\0"
_SYNC = b"S\0\0\0\4"
_TAIL = len(_EXECUTE) + 4 + len(_SYNC)
_BOUND = b"2\0\0\0\4"
_ROWS = len(_BOUND)
_SUSPENDED = b"s\0\0\0\4"
_READY = b"Z\0\0\0\5"


class Use(NamedTuple):
    """What the client says."""

    statement: bytes
    """Its name."""
    bind: bytes
    """The payload of the Bind."""
    limit: int


class Used(NamedTuple):
    """What the server answers."""

    tag: bytes | None
    """None: the portal is suspended."""
    size: int
    """Bytes of them."""
    status: str
    """Of the transaction."""


def outcome(answer: Used, portal: Portal) -> Outcome:
    """What came of the use of a portal, as of any other execution."""
    tag = answer.tag
    result = Result(portal.statement.columns, portal, answer.size, tag, suspended=tag is None)
    return Outcome([result], status=answer.status)


def rows(answer: Used, data: bytes) -> bytes:
    """The messages with its rows, of all that the server said. Nobody cuts them out before it is written."""
    return data[_ROWS : _ROWS + answer.size]


def use(data: bytes) -> Use | None:
    """These bytes, if they are one use of a prepared statement and nothing else."""
    if data[:1] != b"B" or data[-5:] != _SYNC or data[-_TAIL:-9] != _EXECUTE or data[5:6] != b"\0":
        return None
    if int.from_bytes(data[1:5], "big") != len(data) - _TAIL - 1:
        return None
    end = data.find(b"\0", 6)
    return Use(data[6:end], data[5:-_TAIL], int.from_bytes(data[-9:-5], "big"))


def used(data: bytes) -> Used | None:
    """These bytes, if they are the whole answer to one that went well."""
    ready = len(data) - 6
    if data[:_ROWS] != _BOUND or data[ready:-1] != _READY:
        return None
    end = run(data, _ROW, _ROWS)
    if data[end : end + 1] == _COMPLETE and int.from_bytes(data[end + 1 : end + 5], "big") == ready - end - 1:
        return Used(data[end + 5 : ready - 1], end - _ROWS, chr(data[-1]))
    if data[end:ready] == _SUSPENDED:
        return Used(None, end - _ROWS, chr(data[-1]))
    return None
