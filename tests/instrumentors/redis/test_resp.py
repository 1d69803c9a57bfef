"""RESP: cut anywhere, read, written again byte for byte; what is no RESP is one clear error and never a hang."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer_instrumentors.redis.resp import (
    DEEPEST,
    LONGEST_LINE,
    Frames,
    RespError,
    command,
    commands,
    parsed,
    text,
    written,
)

WORDS = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"))
SCALARS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.binary().map(text)
    | st.text(st.characters(codec="utf-8"))
    | WORDS.map(lambda word: {"simple": word})
    | WORDS.map(lambda word: {"error": word})
    | st.floats().map(lambda number: {"double": repr(number)})
    | st.integers().map(lambda number: {"big": str(number)})
    | st.binary().map(lambda raw: {"blob error": text(raw)})
    | st.text(st.characters(codec="utf-8")).map(lambda word: {"verbatim": word, "format": "txt"})
    | st.just({"null": "array"})
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(lambda items: {"set": items})
        | st.lists(inner).map(lambda items: {"push": items})
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner).map(lambda pairs: {"map": pairs})
        | st.dictionaries(WORDS, inner).map(lambda pairs: {"attributes": pairs, "of": "it"})
    ),
    max_leaves=12,
)

EVERY_TYPE = {
    b"+OK\r\n": {"simple": "OK"},
    b"-ERR no\r\n": {"error": "ERR no"},
    b":-12\r\n": -12,
    b"$2\r\nhi\r\n": "hi",
    b"$4\r\n\r\n\xff\x00\r\n": b"\r\n\xff\x00",
    b"$0\r\n\r\n": "",
    b"_\r\n": None,
    b"*-1\r\n": {"null": "array"},
    b"*0\r\n": [],
    b"*2\r\n:1\r\n*1\r\n$1\r\na\r\n": [1, ["a"]],
    b"#t\r\n": True,
    b"#f\r\n": False,
    b",1.50\r\n": {"double": "1.50"},
    b",inf\r\n": {"double": "inf"},
    b"(123456789012345678901234567890\r\n": {"big": "123456789012345678901234567890"},
    b"!5\r\nERR x\r\n": {"blob error": "ERR x"},
    b"=6\r\ntxt:hi\r\n": {"verbatim": "hi", "format": "txt"},
    b"~1\r\n:1\r\n": {"set": [1]},
    b">2\r\n$1\r\na\r\n:1\r\n": {"push": ["a", 1]},
    b"%1\r\n$1\r\na\r\n:1\r\n": {"map": {"a": 1}},
    b"%0\r\n": {"map": {}},
    b"%1\r\n:1\r\n:2\r\n": {"map": [[1, 2]]},
    b"%2\r\n$1\r\na\r\n:1\r\n$1\r\na\r\n:2\r\n": {"map": [["a", 1], ["a", 2]]},
    b"|1\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n": {"attributes": {"a": 1}, "of": "b"},
}


@pytest.mark.parametrize(("frame", "value"), EVERY_TYPE.items(), ids=str)
def test_every_type_is_read_and_written_again(frame: bytes, value: Any) -> None:
    assert Frames().feed(frame) == [frame]
    assert parsed(frame) == value
    assert written(value, 3) == frame


def test_nothing_is_written_in_the_way_of_its_version() -> None:
    assert written([None], 2) == b"*1\r\n$-1\r\n"
    assert parsed(b"$-1\r\n") is None


@given(VALUES)
def test_a_value_stays_what_it_is(value: Any) -> None:
    assert parsed(written(value, 3)) == value


@given(st.lists(VALUES), st.lists(st.integers(0, 400)))
def test_split_anywhere_it_is_cut_at_its_frames(values: list[Any], cuts: list[int]) -> None:
    frames = [written(value, 3) for value in values]
    stream, reader, found = b"".join(frames), Frames(), list[bytes]()
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for start, end in itertools.pairwise(edges):
        found += reader.feed(stream[start:end])
    assert found == frames


@given(VALUES)
def test_byte_by_byte(value: Any) -> None:
    frame, reader = written(value, 3), Frames()
    assert [found for at in range(len(frame)) for found in reader.feed(frame[at : at + 1])] == [frame]


@given(st.binary())
def test_hostile_bytes_are_frames_or_one_error(data: bytes) -> None:
    reader = Frames()
    try:
        frames = [frame for at in range(0, len(data), 3) for frame in reader.feed(data[at : at + 3])]
    except RespError:
        return
    assert data.startswith(b"".join(frames))
    for frame in frames:
        with contextlib.suppress(RespError):
            parsed(frame)


@given(VALUES, st.data())
def test_what_breaks_off_is_waited_for_and_is_no_value(value: Any, data: st.DataObject) -> None:
    frame = written(value, 3)
    cut = frame[: data.draw(st.integers(1, len(frame) - 1))]
    assert Frames().feed(cut) == []
    with pytest.raises(RespError):
        parsed(cut)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"GET a\r\n", "no value of RESP begins with b'G'"),
        (b"$x\r\n", "b'x' is no length"),
        (b"$-2\r\n", "is no length"),
        (b"*99999999999\r\n", "is no length"),
        (b"$1\r\nabc\r\n", "a text of 1 bytes that does not end there"),
        (b"+" + b"x" * (LONGEST_LINE + 1), "a line of more than"),
    ],
    ids=lambda each: str(each)[:20],
)
def test_what_is_no_resp_says_why(data: bytes, problem: str) -> None:
    with pytest.raises(RespError, match=problem):
        Frames().feed(data)


@pytest.mark.parametrize(
    "frame", [b":x\r\n", b":1_0\r\n", b"*1\r\n" * (DEEPEST + 2) + b":1\r\n", b":1\r\n:2\r\n", b"+x"]
)
def test_what_is_no_value_is_an_error(frame: bytes) -> None:
    with pytest.raises(RespError):
        parsed(frame)


def test_a_large_text_in_small_pieces_is_not_looked_through_again_and_again() -> None:
    reader, piece = Frames(), b"x" * 64
    assert reader.feed(b"$6400000\r\n") == []
    for _ in range(100_000):
        assert reader.feed(piece) == []
    (frame,) = reader.feed(b"\r\n")
    assert len(frame) == 6_400_012


def test_a_command_is_its_words() -> None:
    frame = b"*3\r\n$3\r\nSET\r\n$2\r\n\r\n\r\n$0\r\n\r\n"
    assert command(frame) == [b"SET", b"\r\n", b""]
    assert commands(frame * 2) == [[b"SET", b"\r\n", b""]] * 2
    for wrong in (b"+PING\r\n", b"*0\r\n", b"*1\r\n:1\r\n", b"*1\r\n$-1\r\n"):
        with pytest.raises(RespError, match="command"):
            command(wrong)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (1.5, "reply: 1.5"),
        ([1, {"what": 1}], r"reply\[1\]: "),
        ({"map": {"a": [b"", 1.5]}}, r"reply.map\[0\]\[1\]\[1\]: 1.5"),
        ({"map": [[1]]}, r"reply.map: "),
        ({"map": "x"}, r"reply.map: "),
        ({"set": [1.5]}, r"reply.set\[0\]: "),
        ({"simple": "two\r\nlines"}, "reply: "),
        ({"simple": 1}, "reply: "),
        ({"simple": "a", "error": "b"}, "reply: "),
        ({"verbatim": "a"}, "reply: "),
        ({"attributes": {}, "of": 1.5}, "reply.of: "),
        ({}, "reply: "),
    ],
)
def test_a_value_that_is_none_of_its_says_where(value: Any, place: str) -> None:
    with pytest.raises(RespError, match=f"^{place}"):
        written(value, 3)
