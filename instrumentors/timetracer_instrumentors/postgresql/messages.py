"""PostgreSQL's messages: cutting a stream of bytes into them, and making those that a server sends.

Source: "Frontend/Backend Protocol", https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from struct import Struct, pack, unpack_from
from typing import NamedTuple

SSL_REQUEST = 80877103
GSSENC_REQUEST = 80877104
CANCEL_REQUEST = 80877102
MAX_LENGTH = 1 << 30
"""Bytes of one message: PostgreSQL's own limit (``PQ_LARGE_MESSAGE_LIMIT``)."""

MAX_STARTUP = 10_000
"""Bytes of what comes before the first message with a type (``MAX_STARTUP_PACKET_LENGTH``)."""

_HEAD = Struct("!BI")
_INT = Struct("!i")
_ROW = Struct("!cih")

FIELDS = {
    "S": "severity",
    "V": "severity_nonlocalized",
    "C": "sqlstate",
    "M": "message",
    "D": "detail",
    "H": "hint",
    "P": "position",
    "p": "internal_position",
    "q": "internal_query",
    "W": "context",
    "s": "schema",
    "t": "table",
    "c": "column",
    "d": "data_type",
    "n": "constraint",
    "F": "file",
    "L": "line",
    "R": "routine",
}
"""The fields of ErrorResponse and NoticeResponse (protocol-error-fields)."""
_LETTERS = {name: letter for letter, name in FIELDS.items()}

TRANSACTION = {"I": "idle", "T": "open", "E": "failed"}
"""What ReadyForQuery says of the transaction."""


class ProtocolError(ValueError):
    """These bytes are not PostgreSQL's protocol."""


class Frames:
    """Cuts one direction of a connection into messages, wherever the bytes were split.

    Args:
        startup: the client's direction, which begins with messages that have no type (their type is given as 0).
        runs: types of messages of which there are many: those that follow one another come in one piece, heads and all.
    """

    __slots__ = ("_missing", "_pieces", "_runs", "startup")

    def __init__(self, *, startup: bool = False, runs: bytes = b"") -> None:
        self.startup = startup
        self._runs = runs
        self._pieces: list[bytes] = []
        self._missing = 0
        """Bytes without which there is no use in looking again."""

    @property
    def whole(self) -> bool:
        """Whether no message has come in part."""
        return not self._pieces

    def cut(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The messages that are complete with these bytes: type, payload.

        Raises:
            ProtocolError: a length that no message has.
        """
        if self._pieces:
            self._pieces.append(data)
            self._missing -= len(data)
            if self._missing > 0:
                return
            data = b"".join(self._pieces)
            self._pieces = []
        at, size = 0, len(data)
        while True:
            head = 4 if self.startup else 5
            if size - at < head:
                self._missing = head - (size - at)
                break
            kind, length = (0, _INT.unpack_from(data, at)[0]) if self.startup else _HEAD.unpack_from(data, at)
            if not 4 <= length <= (MAX_STARTUP if self.startup else MAX_LENGTH):
                raise ProtocolError(f"a message of {length} bytes")
            end = at + head - 4 + length
            if end > size:
                self._missing = end - size
                break
            if kind in self._runs:
                end = run(data, kind, end)
                payload = data[at:end]
            else:
                payload = data[at + head : end]
            at = end
            yield kind, payload
        if at < size:
            self._pieces.append(data[at:] if at else data)


def run(data: bytes, kind: int, at: int) -> int:
    """Where messages of this type, which follow one another from there on, end."""
    unpack, size = _HEAD.unpack_from, len(data)
    try:
        found, length = unpack(data, at)
        while found == kind and length > 3 and at + length < size:
            at += length + 1
            found, length = unpack(data, at)
    except struct.error:  # less than a head is left
        pass
    return at


def payloads(messages: bytes) -> Iterator[bytes]:
    """What is in such a run."""
    at = 0
    while at < len(messages):
        end = at + 1 + int.from_bytes(messages[at + 1 : at + 5], "big")
        yield messages[at + 5 : end]
        at = end


class Row(NamedTuple):
    """One column of a RowDescription."""

    name: str
    table: int
    number: int
    type: int
    """OID."""
    size: int
    modifier: int
    format: int


def text(payload: bytes, at: int = 0) -> tuple[bytes, int]:
    """A string that ends with NUL, and where the next thing begins."""
    end = payload.find(b"\0", at)
    if end < 0:
        raise ProtocolError("a string without an end")
    return payload[at:end], end + 1


def number(payload: bytes, at: int = 0) -> int:
    """An integer of four bytes."""
    try:
        found: int = _INT.unpack_from(payload, at)[0]
    except struct.error as cause:
        raise ProtocolError(str(cause)) from None
    return found


def integers(payload: bytes, at: int, size: str) -> tuple[tuple[int, ...], int]:
    """A count (two bytes), then so many integers (``h`` or ``I``)."""
    try:
        (count,) = unpack_from("!h", payload, at)
        form = f"!{max(count, 0)}{size}"
        return unpack_from(form, payload, at + 2), at + 2 + Struct(form).size
    except struct.error as cause:
        raise ProtocolError(str(cause)) from None


def values(payload: bytes, at: int) -> tuple[tuple[bytes | None, ...], int]:
    """A count (two bytes), then so many values: their length (four bytes, -1 for NULL) and their bytes."""
    try:
        (count,) = unpack_from("!h", payload, at)
        at += 2
        found: list[bytes | None] = []
        for _ in range(count):
            (length,) = _INT.unpack_from(payload, at)
            at += 4
            if length < 0:
                found.append(None)
            else:
                if at + length > len(payload):
                    raise ProtocolError("a value that is longer than its message")
                found.append(payload[at : at + length])
                at += length
        return tuple(found), at
    except struct.error as cause:
        raise ProtocolError(str(cause)) from None


def columns(payload: bytes) -> list[Row]:
    """The columns of a RowDescription."""
    try:
        (count,) = unpack_from("!h", payload, 0)
        at = 2
        found: list[Row] = []
        for _ in range(count):
            name, at = text(payload, at)
            found.append(Row(name.decode("utf-8", "surrogateescape"), *unpack_from("!IhIhih", payload, at)))
            at += 18
        return found
    except struct.error as cause:
        raise ProtocolError(str(cause)) from None


def fields(payload: bytes) -> dict[str, str]:
    """The fields of an ErrorResponse or a NoticeResponse, by name; unknown ones by their letter."""
    found: dict[str, str] = {}
    at = 0
    while at < len(payload) and payload[at]:
        letter = chr(payload[at])
        value, at = text(payload, at + 1)
        found[FIELDS.get(letter, letter)] = value.decode("utf-8", "replace")
    return found


def settings(payload: bytes) -> dict[str, str]:
    """The parameters of a StartupMessage (after its version)."""
    pairs = payload[4:].split(b"\0")
    return {
        name.decode("latin-1"): value.decode("utf-8", "replace")
        for name, value in zip(pairs[::2], pairs[1::2], strict=False)
        if name
    }


# --- what a client says ----------------------------------------------------------------------------------------------


class Parsed(NamedTuple):
    """A Parse."""

    name: bytes
    query: bytes
    oids: tuple[int, ...]


class Bound(NamedTuple):
    """A Bind."""

    portal: bytes
    statement: bytes
    formats: tuple[int, ...]
    values: tuple[bytes | None, ...]
    results: tuple[int, ...]


def parsed(payload: bytes) -> Parsed:
    """What a Parse says."""
    name, at = text(payload)
    query, at = text(payload, at)
    return Parsed(name, query, integers(payload, at, "I")[0])


def bound(payload: bytes) -> Bound:
    """What a Bind says."""
    portal, at = text(payload)
    statement, at = text(payload, at)
    formats, at = integers(payload, at, "h")
    given, at = values(payload, at)
    return Bound(portal, statement, formats, given, integers(payload, at, "h")[0])


def executed(payload: bytes) -> tuple[bytes, int]:
    """What an Execute says: the portal, and how many rows at most (0: all)."""
    name, at = text(payload)
    return name, number(payload, at)


def called(payload: bytes) -> tuple[int, tuple[int, ...], tuple[bytes | None, ...]]:
    """What a FunctionCall says: the function's OID, the formats of its arguments, and these."""
    formats, at = integers(payload, 4, "h")
    return number(payload) & 0xFFFFFFFF, formats, values(payload, at)[0]


# --- what a server says ----------------------------------------------------------------------------------------------


def message(kind: bytes, payload: bytes = b"") -> bytes:
    """A whole message."""
    return kind + _INT.pack(len(payload) + 4) + payload


def string(value: str) -> bytes:
    """A string with its NUL."""
    return value.encode("utf-8", "surrogateescape") + b"\0"


def row_description(rows: Iterable[Row]) -> bytes:
    """RowDescription."""
    parts = [string(row.name) + pack("!IhIhih", *row[1:]) for row in rows]
    return message(b"T", pack("!h", len(parts)) + b"".join(parts))


def parameter_description(oids: Sequence[int]) -> bytes:
    """ParameterDescription."""
    return message(b"t", pack(f"!h{len(oids)}I", len(oids), *oids))


def data_row(found: Sequence[bytes | None]) -> bytes:
    """DataRow."""
    return message(b"D", pack("!h", len(found)) + b"".join(map(value, found)))


def data_rows(count: int, rows: Iterable[bytes]) -> bytes:
    """DataRows of so many values each: these are in them, each with its length."""
    return b"".join([_ROW.pack(b"D", len(row) + 6, count) + row for row in rows])


NULL = b"\xff\xff\xff\xff"
"""The length of what is not there."""


length = _INT.pack
"""Of a value."""


def value(data: bytes | None) -> bytes:
    """One value with its length; None: NULL."""
    return NULL if data is None else _INT.pack(len(data)) + data


def report(kind: bytes, said: dict[str, str]) -> bytes:
    """ErrorResponse (``E``) or NoticeResponse (``N``)."""
    parts = [_LETTERS.get(name, name).encode() + string(value) for name, value in said.items()]
    return message(kind, b"".join(parts) + b"\0")


def parameter_status(name: str, value: str) -> bytes:
    """ParameterStatus."""
    return message(b"S", string(name) + string(value))


def ready(status: str) -> bytes:
    """ReadyForQuery: ``I`` idle, ``T`` in a transaction, ``E`` in a failed one."""
    return message(b"Z", status.encode())


def copy_response(kind: bytes, overall: int, formats: Sequence[int]) -> bytes:
    """CopyInResponse (``G``) or CopyOutResponse (``H``)."""
    return message(kind, pack(f"!bh{len(formats)}h", overall, len(formats), *formats))
