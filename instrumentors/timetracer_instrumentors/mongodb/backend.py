"""The backend: stands for a server, greets drivers by itself, and answers commands from recorded exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from bson import encode

from timetracer.cassette.model import Exchange
from timetracer.errors import ReplayError
from timetracer_instrumentors.mongodb import documents
from timetracer_instrumentors.mongodb.greeting import greet
from timetracer_instrumentors.mongodb.messages import (
    MORE_TO_COME,
    OP_MSG,
    Command,
    Frames,
    MalformedMessage,
    Message,
    answering,
    command,
    name,
    op_reply,
)
from timetracer_instrumentors.mongodb.protocol import HOUSEKEEPING
from timetracer_instrumentors.mongodb.tap import COORDINATION, is_hello

if TYPE_CHECKING:
    from timetracer.seams.wire import MountedLine


EXISTING: Final[dict[str, Any]] = {
    "numIndexesBefore": 1,
    "numIndexesAfter": 1,
    "note": "all indexes already exist",
    "ok": 1.0,
}
"""What a server says that has the indexes already."""


_CURSOR: Final = (b"\x03cursor\0",)
_COUNT: Final = tuple(kind + b"n\0" for kind in (b"\x01", b"\x10", b"\x12"))
ALWAYS: Final = {
    "aggregate": _CURSOR,
    "delete": _COUNT,
    "distinct": (b"\x04values\0",),
    "find": _CURSOR,
    "getMore": _CURSOR,
    "insert": _COUNT,
    "listCollections": _CURSOR,
    "listIndexes": _CURSOR,
    "update": _COUNT,
}
"""The field, in any of these kinds of BSON, that drivers rely on in the answer to a command that went well."""
_WELL: Final = b"\x01ok\0\0\0\0\0\0\0\xf0\x3f"


class Backend:
    """One connection.

    Args:
        line: knows what was recorded; its `peer` is the (host, port) at which the driver takes it for a server.
    """

    def __init__(self, line: MountedLine) -> None:
        self._line = line
        self._frames = Frames()
        self._numbers = count(1)
        self._closing = False

    @property
    def closing(self) -> bool:
        return self._closing

    def receive(self, data: bytes) -> bytes:
        if self._line.over:  # a pool may outlive a replay: it finds the connection closed, and opens another one
            self._closing = True
            return b""
        try:
            return b"".join([self._answer(message) for message in self._frames.feed(data)])
        except MalformedMessage as cause:
            raise ReplayError(f"a driver of MongoDB sent {cause}") from None

    def _answer(self, message: Message) -> bytes:
        asked = command(message)
        if is_hello(asked.document):
            greeting = encode(greet(self._line.catalogue, self._line.peer))
            if message.opcode == OP_MSG:
                return answering(greeting, next(self._numbers), message.request_id)
            return op_reply(greeting, next(self._numbers), message.request_id)
        what = name(asked.document)
        if what in COORDINATION:
            return self._done(message, asked)
        if what in HOUSEKEEPING:
            known = self._line.find(asked.document, body=message.payload)
            return self._recorded(message, known) if known is not None else self._replied(message, EXISTING)
        return self._recorded(message, self._line.ask(asked.document, body=message.payload))

    def _done(self, message: Message, asked: Command) -> bytes:
        if name(asked.document).startswith(("sasl", "auth", "getnonce")):
            raise ReplayError(
                "a driver of MongoDB wants to prove who it is, which no recording can answer: Timetracer does not know"
                " this version of it"
            )
        done: dict[str, Any] = {
            "ok": 1.0,
            "cursorsKilled": [],
            "cursorsNotFound": [],
            "cursorsAlive": [],
            "cursorsUnknown": [],
        }
        return b"" if asked.flags & MORE_TO_COME else self._replied(message, done)

    def _replied(self, message: Message, document: dict[str, Any]) -> bytes:
        return answering(encode(document), next(self._numbers), message.request_id)

    def _recorded(self, message: Message, exchange: Exchange) -> bytes:
        response, body = exchange.response or {}, exchange.response_body or b""
        end = response.get("end")
        try:
            replies = documents.encoded(body) if body else []
        except documents.Unreadable as cause:
            raise ReplayError(f"{exchange.key}: timetracer.response.body is {cause}") from None
        if end is None and len(replies) != 1:
            raise ReplayError(f"{exchange.key}: timetracer.response.body is not one document; record it again")
        if end is None:
            _refuse_unfit(exchange, replies[0])
        self._closing = end == "lost"
        return b"".join(self._chained(message.request_id, replies, endless=end in ("lost", "silent")))

    def _chained(self, request: int, replies: list[bytes], *, endless: bool) -> Iterator[bytes]:
        """Each one answers the one before it, and says whether another one follows."""
        for place, reply in enumerate(replies):
            number = next(self._numbers)
            more = endless or place + 1 < len(replies)
            yield answering(reply, number, request, MORE_TO_COME if more else 0)
            request = number


def _refuse_unfit(exchange: Exchange, reply: bytes) -> None:
    command = str(exchange.request.get("command"))
    wanted = ALWAYS.get(command)
    if wanted is None or _WELL not in reply or any(field in reply for field in wanted):
        return
    if b"explain" not in (exchange.request_body or b""):  # an aggregation, which is answered with what would be done
        field = wanted[0][1:-1].decode()
        problem = f"timetracer.response.body has no {field!r} as every answer to a {command} has; record it again"
        raise ReplayError(f"{exchange.key}: {problem}")
