"""PostgreSQL's protocol in the hands of a test: what a client says, what a server answers, and both recorded.

`conversation` plays a transcript past the tap, within a real recording; `Client` asks the backend of a real replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from struct import pack
from typing import TypeAlias

import timetracer
from timetracer.block import Block
from timetracer.cassette import files
from timetracer.cassette.model import Exchange
from timetracer.seams.wire import MountedLine, Wire
from timetracer_instrumentors.postgresql import POSTGRESQL
from timetracer_instrumentors.postgresql import messages as m
from timetracer_instrumentors.postgresql.messages import Row

Turn: TypeAlias = tuple[bytes, bytes]
"""What the client says, and what the server answers."""

# --- a client's messages ---------------------------------------------------------------------------------------------


def startup(database: str = "shop", user: str = "bob", version: int = 0x30000, **more: str) -> bytes:
    pairs = {"user": user, "database": database, **more}
    body = pack("!I", version) + b"".join(m.string(text) for pair in pairs.items() for text in pair) + b"\0"
    return pack("!I", len(body) + 4) + body


def special(code: int, rest: bytes = b"") -> bytes:
    return pack("!II", 8 + len(rest), code) + rest


def parse(query: str, name: str = "", oids: Sequence[int] = ()) -> bytes:
    return m.message(b"P", m.string(name) + m.string(query) + pack(f"!h{len(oids)}I", len(oids), *oids))


def bind(
    *values: bytes | None,
    portal: str = "",
    name: str = "",
    formats: Sequence[int] = (),
    results: Sequence[int] = (),
) -> bytes:
    return m.message(
        b"B",
        m.string(portal)
        + m.string(name)
        + pack(f"!h{len(formats)}h", len(formats), *formats)
        + pack("!h", len(values))
        + b"".join(map(m.value, values))
        + pack(f"!h{len(results)}h", len(results), *results),
    )


def describe(kind: bytes = b"P", name: str = "") -> bytes:
    return m.message(b"D", kind + m.string(name))


def execute(portal: str = "", limit: int = 0) -> bytes:
    return m.message(b"E", m.string(portal) + pack("!i", limit))


def close(kind: bytes = b"S", name: str = "") -> bytes:
    return m.message(b"C", kind + m.string(name))


def query(text: str) -> bytes:
    return m.message(b"Q", m.string(text))


def call(oid: int, *values: bytes | None, formats: Sequence[int] = (1,)) -> bytes:
    given = pack("!h", len(values)) + b"".join(map(m.value, values))
    return m.message(b"F", pack(f"!Ih{len(formats)}h", oid, len(formats), *formats) + given + pack("!h", 1))


def copy_data(data: bytes) -> bytes:
    return m.message(b"d", data)


def copy_fail(why: str) -> bytes:
    return m.message(b"f", m.string(why))


SYNC, FLUSH, COPY_DONE, TERMINATE = (m.message(kind) for kind in (b"S", b"H", b"c", b"X"))


def run(text: str, *values: bytes | None, oids: Sequence[int] = (), results: Sequence[int] = ()) -> bytes:
    """A statement from its Parse to its Execute, as libpq sends it."""
    return parse(text, oids=oids) + bind(*values, results=results) + describe() + execute()


# --- a server's messages ---------------------------------------------------------------------------------------------


PARSED, BOUND, CLOSED, NO_DATA = (m.message(kind) for kind in (b"1", b"2", b"3", b"n"))
EMPTY, SUSPENDED = m.message(b"I"), m.message(b"s")
IDLE, OPEN, FAILED = (m.ready(status) for status in "ITE")
ID, NAME = Row("id", 16400, 1, 23, 4, -1, 0), Row("name", 16400, 2, 25, -1, -1, 0)


def columns(*rows: Row, form: int = 0) -> bytes:
    return m.row_description(row._replace(format=form) for row in rows)


def row(*values: bytes | None) -> bytes:
    return m.data_row(values)


def complete(tag: str) -> bytes:
    return m.message(b"C", m.string(tag))


def error(code: str = "22012", text: str = "division by zero", severity: str = "ERROR", **more: str) -> bytes:
    said = {"severity": severity, "severity_nonlocalized": severity, "sqlstate": code, "message": text, **more}
    return m.report(b"E", said)


def notice(text: str) -> bytes:
    return m.report(b"N", {"severity": "NOTICE", "sqlstate": "00000", "message": text})


def told(*rows: bytes, tag: str = "", shape: Iterable[Row] = (ID, NAME)) -> bytes:
    """What answers `run` if all goes well, without ReadyForQuery."""
    return PARSED + BOUND + m.row_description(shape) + b"".join(rows) + complete(tag or f"SELECT {len(rows)}")


AUTHENTICATED = m.message(b"R", pack("!I", 0))
KEY = m.message(b"K", pack("!II", 77, 99))
OPENING: Turn = (
    startup(),
    AUTHENTICATED + m.parameter_status("server_version", "15.4") + m.parameter_status("TimeZone", "UTC") + KEY + IDLE,
)


# --- both recorded ---------------------------------------------------------------------------------------------------


def conversation(
    path: Path, *turns: Turn, opening: Turn | None = OPENING, chunk: int = 0, closed: bool = True, **settings: object
) -> list[Exchange]:
    """Record what a client and a server say to each other, in this order; the exchanges that the cassette has then.

    Args:
        path: the cassette.
        turns: bytes of the client, bytes of the server.
        opening: what comes before; None: nothing.
        chunk: bytes that arrive at once; 0: each turn in one piece.
        closed: the connection ends.
        settings: of the recording.
    """
    with timetracer.record(path, **settings):
        line = Wire(POSTGRESQL).tap()
        for client, server in (opening, *turns) if opening else turns:
            for piece in _pieces(client, chunk):
                line.sent(piece)
            for piece in _pieces(server, chunk):
                line.received(piece)
        if closed:
            line.closed()
    return [exchange for cassette in files.read(path) for exchange in cassette.exchanges]


def _pieces(data: bytes, chunk: int) -> list[bytes]:
    if not chunk:
        return [data] if data else []
    return [data[at : at + chunk] for at in range(0, len(data), chunk)]


def operations(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """All but the opening of the connection."""
    return [exchange for exchange in exchanges if "connect" not in exchange.request]


class Client:
    """A client in a replay: what it says is answered by the backend."""

    def __init__(self, opening: bytes | None = OPENING[0]) -> None:
        self.line: MountedLine = Wire(POSTGRESQL).mount()
        self.unasked = b""
        self.line.deliver = self._delivered
        self.greeting = self.line.receive(opening) if opening else b""

    def _delivered(self, data: bytes) -> None:
        self.unasked += data

    def says(self, data: bytes, chunk: int = 0) -> bytes:
        return b"".join(self.line.receive(piece) for piece in _pieces(data, chunk))

    @property
    def identity(self) -> tuple[int, int]:
        """The process of its server, and the secret, as it was told."""
        process, secret = (int.from_bytes(self.greeting[at : at + 4], "big") for at in (-14, -10))
        return process, secret


def replayed(path: Path, *said: bytes, chunk: int = 0, strict: bool = False) -> list[bytes]:
    """What the backend answers to each of these, on one connection of one replay."""
    block: Block = timetracer.replay(path, strict=strict)
    with block:
        client = Client()
        return [client.says(each, chunk) for each in said]
