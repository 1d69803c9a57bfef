"""MongoDB's messages as bytes: cut from a stream, taken apart, and made. No BSON is read beyond its outermost names.

Formats: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ and https://bsonspec.org/spec.html.
"""

from __future__ import annotations

import struct
import zlib
from importlib import import_module
from typing import Any, Final, NamedTuple

import zstandard

OP_REPLY: Final = 1
OP_QUERY: Final = 2004
OP_COMPRESSED: Final = 2012
OP_MSG: Final = 2013

CHECKSUM_PRESENT: Final = 1
MORE_TO_COME: Final = 1 << 1
EXHAUST_ALLOWED: Final = 1 << 16

LONGEST: Final = 48_000_000
"""Bytes of a message: ``maxMessageSizeBytes`` of every server so far."""

_HEADER: Final = struct.Struct("<iiii")
_COMPRESSED: Final = struct.Struct("<iiB")
_LENGTH: Final = struct.Struct("<i")
_REPLY: Final = struct.Struct("<iqii")
_HEAD: Final = struct.Struct("<iBi")


class MalformedMessage(ValueError):
    """Bytes that are no message of this protocol; the text says what is wrong."""


class Message(NamedTuple):
    """One message.

    Args:
        request_id: the sender's number for it.
        response_to: the request that it answers.
        opcode: what `payload` is.
        payload: everything after the header.
    """

    request_id: int
    response_to: int
    opcode: int
    payload: bytes


class Command(NamedTuple):
    """What an ``OP_MSG`` (or an ``OP_QUERY``) holds.

    Args:
        flags: of the message.
        document: its body as BSON.
        sequences: (name, documents of BSON one after the other): large fields that stand outside the body.
    """

    flags: int
    document: bytes
    sequences: tuple[tuple[str, bytes], ...] = ()


class Frames:
    """Cuts messages from a stream that is split anywhere. Compressed ones come unpacked."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._missing = 0

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete with these bytes.

        Raises:
            MalformedMessage: they are none.
        """
        if self._missing > len(data):  # a long one: its pieces are put together once
            self._pieces.append(data)
            self._missing -= len(data)
            return []
        if self._pieces:
            data = b"".join([*self._pieces, data])
            self._pieces, self._missing = [], 0
        messages: list[Message] = []
        at, end = 0, len(data)
        while end - at >= 16:
            (length,) = _LENGTH.unpack_from(data, at)
            if not 16 <= length <= LONGEST:
                raise MalformedMessage(f"a message of {length} bytes")
            if end - at < length:
                break
            messages.append(_message(data if length == end else data[at : at + length]))
            at += length
        if at < end:
            self._pieces = [data[at:] if at else data]
            self._missing = (_LENGTH.unpack_from(data, at)[0] if end - at >= 16 else 16) - (end - at)
        return messages


def _message(whole: bytes) -> Message:
    _, request_id, response_to, opcode = _HEADER.unpack_from(whole)
    if opcode == OP_COMPRESSED:
        opcode, payload = _unpacked(whole[16:])
        return Message(request_id, response_to, opcode, payload)
    return Message(request_id, response_to, opcode, whole[16:])


def _unpacked(payload: bytes) -> tuple[int, bytes]:
    if len(payload) < 9:
        raise MalformedMessage("a compressed message without its header")
    opcode, size, compressor = _COMPRESSED.unpack_from(payload)
    if not 0 <= size <= LONGEST:
        raise MalformedMessage(f"a compressed message of {size} bytes")
    try:
        unpacked = _decompress(compressor, payload[9:], size)
    except (zlib.error, zstandard.ZstdError, ImportError) as cause:
        raise MalformedMessage(f"a compressed message that does not unpack: {cause}") from None
    if len(unpacked) != size:
        raise MalformedMessage(f"a compressed message of {len(unpacked)} bytes that says {size}")
    return opcode, unpacked


def _decompress(compressor: int, data: bytes, size: int) -> bytes:
    if compressor == 0:
        return data
    if compressor == 1:
        return _unsnapped(data)
    if compressor == 2:
        return zlib.decompressobj().decompress(data, size + 1)
    if compressor == 3:
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=size, allow_extra_data=False)
    raise MalformedMessage(f"a message in compression {compressor}, which is not known")


def _unsnapped(data: bytes) -> bytes:
    snappy: Any = import_module("snappy")  # whoever speaks it has it
    try:
        unpacked: bytes = snappy.uncompress(data)
    except snappy.UncompressError as cause:
        raise MalformedMessage(f"a compressed message that does not unpack: {cause}") from None
    return unpacked


def command(message: Message) -> Command:
    """What an ``OP_MSG``, or an ``OP_QUERY`` of old, holds.

    Raises:
        MalformedMessage: it is neither, or it is cut short.
    """
    if message.opcode == OP_MSG:
        return op_msg(message.payload)
    if message.opcode == OP_QUERY:
        try:
            return Command(0, _document(message.payload, message.payload.index(b"\0", 4) + 9))
        except (struct.error, ValueError) as cause:
            raise MalformedMessage(f"a query of old: {cause}") from None
    raise MalformedMessage(f"a message of kind {message.opcode}, which no driver sends any more")


def op_msg(payload: bytes) -> Command:
    """What the payload of an ``OP_MSG`` holds.

    Raises:
        MalformedMessage: it is cut short, or is none.
    """
    try:
        return _sections(payload)
    except (struct.error, ValueError, IndexError) as cause:
        raise MalformedMessage(f"a message that is none: {cause}") from None


def _sections(payload: bytes) -> Command:
    flags, kind, size = _HEAD.unpack_from(payload)
    if kind == 0 and size == len(payload) - 5 and not flags & CHECKSUM_PRESENT and payload[-1] == 0:
        return Command(flags, payload[5:])  # nearly always: a body and nothing else
    end = len(payload) - 4 if flags & CHECKSUM_PRESENT else len(payload)
    document, sequences, at = b"", list[tuple[str, bytes]](), 4
    while at < end:
        kind, at = payload[at], at + 1
        (size,) = _LENGTH.unpack_from(payload, at)
        if not 4 < size <= end - at:
            raise MalformedMessage(f"a section of {size} bytes where {end - at} are left")
        if kind == 0:
            document = _document(payload, at)
        elif kind == 1:
            named = payload.index(b"\0", at + 4, at + size)
            sequences.append((payload[at + 4 : named].decode(), payload[named + 1 : at + size]))
        else:
            raise MalformedMessage(f"a section of kind {kind}")
        at += size
    if not document:
        raise MalformedMessage("a message without a body")
    return Command(flags, document, tuple(sequences))


def _document(payload: bytes, at: int) -> bytes:
    (size,) = _LENGTH.unpack_from(payload, at)
    if not 5 <= size <= len(payload) - at or payload[at + size - 1]:
        raise MalformedMessage(f"a document of {size} bytes that is none")
    return payload[at : at + size]


def name(document: bytes) -> str:
    """The name of a command: its first field."""
    if len(document) < 7:
        return ""
    return document[5 : document.index(b"\0", 5)].decode("utf-8", "replace")


def answering(document: bytes, request_id: int, response_to: int, flags: int = 0) -> bytes:
    """An ``OP_MSG`` that answers a request."""
    return _HEADER.pack(21 + len(document), request_id, response_to, OP_MSG) + _LENGTH.pack(flags) + b"\0" + document


def op_reply(document: bytes, request_id: int, response_to: int) -> bytes:
    """The answer to an ``OP_QUERY``."""
    head = _HEADER.pack(36 + len(document), request_id, response_to, OP_REPLY)
    return head + _REPLY.pack(8, 0, 0, 1) + document
