"""Messages, cut from streams and taken apart."""

from __future__ import annotations

import itertools
import zlib
from contextlib import suppress
from importlib import import_module
from struct import pack
from typing import Any

import pytest
import zstandard
from bson import decode, encode
from hypothesis import given
from hypothesis import strategies as st

from timetracer_instrumentors.mongodb import messages
from timetracer_instrumentors.mongodb.messages import Frames, MalformedMessage, Message, command
from wires.mongodb.transcripts import find, found, op_msg, op_query, op_reply

STREAM = b"".join([find(1), op_msg({"insert": "i"}, 2, sequences=[("documents", [{"a": 1}, {}])]), found(2), find(3)])


def compressed(whole: bytes, compressor: int, data: bytes, size: int | None = None) -> bytes:
    body = pack("<iiB", messages.OP_MSG, len(whole) - 16 if size is None else size, compressor) + data
    return pack("<iiii", 16 + len(body), 7, 3, messages.OP_COMPRESSED) + body


@given(st.lists(st.integers(0, len(STREAM))))
def test_messages_come_out_wherever_the_stream_is_split(cuts: list[int]) -> None:
    frames, read, places = Frames(), list[Message](), [0, *sorted(cuts), len(STREAM)]
    for start, end in itertools.pairwise(places):
        read += frames.feed(STREAM[start:end])
    assert [each.request_id for each in read] == [1, 2, 100, 3]
    assert command(read[1]).sequences == (("documents", encode({"a": 1}) + encode({})),)
    assert read == list(Frames().feed(STREAM))


@given(st.binary(max_size=200), st.integers(0, len(STREAM)), st.integers(0, 60))
def test_hostile_bytes_give_one_error_or_nothing(noise: bytes, at: int, gone: int) -> None:
    for data in (noise, STREAM[:at] + noise + STREAM[at + gone :]):
        with suppress(MalformedMessage):
            for message in Frames().feed(data):
                messages.name(command(message).document)


@given(st.binary(max_size=80))
def test_a_payload_of_anything_is_a_command_or_an_error(payload: bytes) -> None:
    for opcode in (messages.OP_MSG, messages.OP_QUERY, messages.OP_COMPRESSED):
        whole = pack("<iiii", 16 + len(payload), 1, 0, opcode) + payload
        with suppress(MalformedMessage):
            assert command(Frames().feed(whole)[0]).document


def test_a_query_of_old_holds_a_command() -> None:
    (message,) = Frames().feed(op_query({"ismaster": 1}))
    assert decode(command(message).document) == {"ismaster": 1}


def test_a_checksum_is_no_section() -> None:
    plain = find(1, flags=messages.CHECKSUM_PRESENT)
    (message,) = Frames().feed(pack("<i", len(plain) + 4) + plain[4:] + b"\x12\x34\x56\x78")
    assert command(message).document == command(Frames().feed(find(1))[0]).document


@pytest.mark.parametrize(
    ("compressor", "pack_it"),
    [
        (0, bytes),
        (1, lambda data: import_module("snappy").compress(data)),
        (2, zlib.compress),
        (3, lambda data: zstandard.ZstdCompressor().compress(data)),
    ],
)
def test_what_is_compressed_comes_unpacked(compressor: int, pack_it: Any) -> None:
    plain = find(1)
    (message,) = Frames().feed(compressed(plain, compressor, pack_it(plain[16:])))
    assert message == Message(7, 3, messages.OP_MSG, plain[16:])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (pack("<iiii", 15, 1, 0, messages.OP_MSG), "15 bytes"),
        (pack("<iiii", 2**31 - 1, 1, 0, messages.OP_MSG), "2147483647 bytes"),
        (compressed(find(1), 2, b"nonsense"), "does not unpack"),
        (compressed(find(1), 3, b"nonsense"), "does not unpack"),
        (compressed(find(1), 9, b"nonsense"), "compression 9"),
        (compressed(find(1), 2, zlib.compress(b"x" * 10_000_000), 20), "21 bytes that says 20"),
        (compressed(find(1), 2, b"", 2**31 - 1), "2147483647 bytes"),
        (pack("<iiii", 20, 1, 0, messages.OP_COMPRESSED) + b"abcd", "without its header"),
    ],
)
def test_what_is_no_message_is_told(data: bytes, problem: str) -> None:
    with pytest.raises(MalformedMessage, match=problem):
        list(Frames().feed(data))


def test_opcodes_that_went_long_ago_are_told() -> None:
    with pytest.raises(MalformedMessage, match="kind 2006"):
        command(Message(1, 0, 2006, b""))


def test_answers_are_read_again() -> None:
    document = encode({"ok": 1.0})
    (message,) = Frames().feed(messages.answering(document, 5, 4, messages.MORE_TO_COME))
    assert (message.request_id, message.response_to) == (5, 4)
    assert command(message) == (messages.MORE_TO_COME, document, ())
    assert messages.op_reply(document, 9, 1) == op_reply({"ok": 1.0})
