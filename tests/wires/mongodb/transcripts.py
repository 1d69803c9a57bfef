"""Both ends of a connection as bytes, without any driver or server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from struct import pack
from typing import Any

from bson import decode, encode

from timetracer.cassette import files
from timetracer.cassette.model import Exchange
from timetracer.seams.wire import Wire
from timetracer_instrumentors.mongodb import messages
from timetracer_instrumentors.mongodb.messages import Frames
from timetracer_instrumentors.mongodb.protocol import MONGODB

WIRE = Wire(MONGODB)
PYMONGO_WIRE = Wire(replace(MONGODB, library="pymongo", scopes=("opentelemetry.instrumentation.pymongo",)))
PEER = ("db.example", 27017)


def op_msg(
    document: dict[str, Any],
    number: int = 1,
    to: int = 0,
    *,
    flags: int = 0,
    sequences: Iterable[tuple[str, list[dict[str, Any]]]] = (),
) -> bytes:
    body = pack("<i", flags) + b"\0" + encode(document)
    for name, documents in sequences:
        section = name.encode() + b"\0" + b"".join(map(encode, documents))
        body += b"\1" + pack("<i", len(section) + 4) + section
    return pack("<iiii", 16 + len(body), number, to, messages.OP_MSG) + body


def op_query(document: dict[str, Any], number: int = 1) -> bytes:
    body = pack("<i", 0) + b"admin.$cmd\0" + pack("<ii", 0, -1) + encode(document)
    return pack("<iiii", 16 + len(body), number, 0, messages.OP_QUERY) + body


def op_reply(document: dict[str, Any], to: int = 1) -> bytes:
    body = pack("<iqii", 8, 0, 0, 1) + encode(document)
    return pack("<iiii", 16 + len(body), 9, to, messages.OP_REPLY) + body


def find(number: int = 1, flags: int = 0, **fields: Any) -> bytes:
    return op_msg({"find": "items", "filter": {"_id": number}, **fields, "$db": "shop"}, number, flags=flags)


def found(to: int = 1, *, number: int = 100, flags: int = 0, **document: Any) -> bytes:
    return op_msg(
        {"cursor": {"id": 0, "ns": "shop.items", "firstBatch": [document]}, "ok": 1.0}, number, to, flags=flags
    )


def answers(data: bytes) -> list[tuple[int, int, dict[str, Any]]]:
    """(the request that is answered, flags, document) of each message."""
    read: list[tuple[int, int, dict[str, Any]]] = []
    for message in Frames().feed(data):
        said = messages.command(message)
        read.append((message.response_to, said.flags, decode(said.document)))
    return read


def exchanges(path: Path) -> list[Exchange]:
    return [exchange for cassette in files.read(path) for exchange in cassette.exchanges]
