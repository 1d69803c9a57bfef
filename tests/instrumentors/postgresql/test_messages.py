"""Cutting bytes into messages: wherever they are split, and whatever they are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from struct import pack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.postgresql_flows import FLOWS
from services.postgresql_transcripts import ID, NAME, OPENING, bind, call, execute, parse, special, startup
from timetracer_instrumentors.postgresql import messages as m
from timetracer_instrumentors.postgresql.messages import Frames, ProtocolError

KINDS = st.sampled_from([bytes([code]) for code in b"RSKZTDC12nEdXQ"])
MESSAGES = st.lists(st.tuples(KINDS, st.binary(max_size=30)), max_size=8)
READERS: list[Callable[[bytes], Any]] = [
    m.text,
    m.number,
    lambda payload: m.integers(payload, 0, "h"),
    lambda payload: m.integers(payload, 0, "I"),
    lambda payload: m.values(payload, 0),
    m.columns,
    m.fields,
    m.parsed,
    m.bound,
    m.executed,
    m.called,
]


def cut(frames: Frames, data: bytes, points: list[int]) -> list[tuple[int, bytes]]:
    edges = [0, *sorted({point % (len(data) + 1) for point in points}), len(data)]
    return [found for begin, end in pairwise(edges) for found in frames.cut(data[begin:end])]


@given(MESSAGES, st.lists(st.integers(0, 500), max_size=10))
def test_messages_are_found_wherever_the_bytes_were_split(sent: list[tuple[bytes, bytes]], points: list[int]) -> None:
    data = b"".join(m.message(*each) for each in sent)
    assert cut(Frames(), data, points) == [(kind[0], payload) for kind, payload in sent]


@given(st.lists(st.integers(0, 200), max_size=5))
def test_what_a_client_says_first_has_no_type(points: list[int]) -> None:
    data = special(m.SSL_REQUEST) + startup()
    found = cut(Frames(startup=True), data, points)
    assert [kind for kind, _ in found] == [0, 0]
    assert m.settings(found[1][1]) == {"user": "bob", "database": "shop"}


@given(st.binary(max_size=100), st.lists(st.integers(0, 100), max_size=5), st.booleans())
def test_any_bytes_are_messages_or_a_protocol_error(data: bytes, points: list[int], first: bool) -> None:
    try:
        found = cut(Frames(startup=first), data, points)
    except ProtocolError:
        return
    assert sum(len(payload) for _, payload in found) <= len(data)


@pytest.mark.parametrize("length", [-1, 0, 3, m.MAX_LENGTH + 1])
def test_lengths_that_no_message_has(length: int) -> None:
    with pytest.raises(ProtocolError, match="a message of"):
        list(Frames().cut(b"Q" + pack("!i", length)))
    with pytest.raises(ProtocolError, match="a message of"):
        list(Frames(startup=True).cut(pack("!i", m.MAX_STARTUP + 1)))


def test_many_pieces_are_put_together_once() -> None:
    data = m.message(b"D", bytes(1 << 20))
    frames = Frames()
    assert [found for at in range(0, len(data), 64) for found in frames.cut(data[at : at + 64])] == [
        (68, bytes(1 << 20))
    ]
    assert list(frames.cut(m.ready("I"))) == [(ord("Z"), b"I")]


@given(st.sampled_from(READERS), st.binary(max_size=40) | st.binary(max_size=20).map(lambda data: b"\0\0" + data))
def test_any_payload_is_read_or_a_protocol_error(read: Callable[[bytes], Any], payload: bytes) -> None:
    with suppress(ProtocolError):
        read(payload)


@pytest.mark.parametrize(
    ("read", "payload"),
    [
        (m.text, b"no end"),
        (m.number, b"\0\0\0"),
        (lambda payload: m.values(payload, 0), pack("!hi", 1, 9) + b"short"),
        (lambda payload: m.values(payload, 0), pack("!h", 3)),
        (m.columns, pack("!h", 1) + b"id\0" + bytes(17)),
        (m.fields, b"Mno end"),
        (m.parsed, b"s\0select 1\0" + pack("!h", 2) + bytes(4)),
        (m.executed, b"c\0\0"),
    ],
)
def test_payloads_that_end_too_soon(read: Callable[[bytes], Any], payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        read(payload)


def payload_of(message: bytes) -> bytes:
    return message[5:]


def test_what_a_client_says_is_read() -> None:
    assert m.parsed(payload_of(parse("select $1", "s", [23]))) == (b"s", b"select $1", (23,))
    bound = bind(b"1", None, portal="p", name="s", formats=[0, 1], results=[1])
    assert m.bound(payload_of(bound)) == (b"p", b"s", (0, 1), (b"1", None), (1,))
    assert m.executed(payload_of(execute("p", 50))) == (b"p", 50)
    assert m.called(payload_of(call(4_000_000_000, b"x", None))) == (4_000_000_000, (1,), (b"x", None))


def test_what_a_server_says_is_made_and_read() -> None:
    assert m.columns(payload_of(m.row_description([ID, NAME]))) == [ID, NAME]
    assert m.values(payload_of(m.data_row([b"x", None, b""])), 0)[0] == (b"x", None, b"")
    said = {"severity": "ERROR", "sqlstate": "22012", "message": "ä", "position": "3", "Y": "unknown"}
    assert m.fields(payload_of(m.report(b"E", said))) == said
    assert m.ready("T") == b"Z\0\0\0\5T"
    assert m.parameter_status("a", "b") == b"S\0\0\0\x08a\0b\0"
    assert m.parameter_description([23, 25])[5:] == pack("!hII", 2, 23, 25)
    assert m.copy_response(b"H", 1, [1, 1])[5:] == pack("!bhhh", 1, 2, 1, 1)


@pytest.mark.parametrize("flow", FLOWS)
def test_transcripts_are_whole_messages(flow: str) -> None:
    client, server = Frames(startup=True), Frames()
    assert list(client.cut(OPENING[0]))
    client.startup = False
    for said, answered in (OPENING, *FLOWS[flow]):
        if said is not OPENING[0]:
            assert list(client.cut(said))
        list(server.cut(answered))
    assert list(client.cut(m.message(b"X"))) == [(ord("X"), b"")]
    assert list(server.cut(m.ready("I"))) == [(ord("Z"), b"I")]
