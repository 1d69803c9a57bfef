"""Arrays of any shape, in both forms."""

from __future__ import annotations

from struct import pack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer_instrumentors.postgresql.types.arrays import array, vector
from timetracer_instrumentors.postgresql.types.codec import STRING, TROUBLE
from timetracer_instrumentors.postgresql.types.numbers import integer

TEXTS, NUMBERS = array(25, STRING), array(23, integer("!i"))
ITEMS = st.none() | st.text(max_size=5) | st.text(alphabet='{},;"\\ NULnul\t', max_size=6)


@st.composite
def shaped(draw: st.DrawFn) -> Any:
    """An array of any shape, with lower bounds or without."""
    shape = draw(st.lists(st.integers(1, 3), max_size=4))
    items: Any = draw(ITEMS) if shape else []
    for length in shape:
        items = [draw(ITEMS) if items is None or isinstance(items, str) else items for _ in range(length)]
    if not shape or not draw(st.booleans()):
        return items
    lower = draw(st.lists(st.integers(-9, 9), min_size=len(shape), max_size=len(shape)))
    return {"lower": lower, "items": items} if any(low != 1 for low in lower) else items


@given(shaped())
def test_both_forms(value: Any) -> None:
    assert TEXTS.read_text(TEXTS.write_text(value)) == value
    assert TEXTS.read_binary(TEXTS.write_binary(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", []),
        ("{1,NULL,3}", [1, None, 3]),
        ("{ 1 , null }", [1, None]),
        ("{{1,2},{3,4}}", [[1, 2], [3, 4]]),
        ("[0:1]={1,2}", {"lower": [0], "items": [1, 2]}),
        ("[1:2]={1,2}", [1, 2]),
        ("[-1:0][1:1]={{1},{2}}", {"lower": [-1, 1], "items": [[1], [2]]}),
    ],
)
def test_text(text: str, value: Any) -> None:
    assert NUMBERS.read_text(text) == value


def test_text_as_the_server_writes_it() -> None:
    value = ["a", "", None, "NULL", "b c", 'q"', "b\\", "{", "a,b", "a;b", "ä", "\x85"]
    assert TEXTS.write_text(value) == '{a,"",NULL,"NULL","b c","q\\"","b\\\\","{","a,b",a;b,ä,\x85}'
    assert array(603, STRING, ";").write_text(["a,b", "a;b"]) == '{a,b;"a;b"}'


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "}", "{}{}", "{1}}", "{{1},{2,3}}", "{{1},2}", "{,}", "{1,}", "{{}}", "[0:1]={}", "{1 2}", '{"1}'),
        *("{" * 7 + "1" + "}" * 7, "{" * 100_000, "[1:1][1:1]={1}"),
    ],
)
def test_no_array(text: str) -> None:
    with pytest.raises(TROUBLE):
        NUMBERS.write_text(NUMBERS.read_text(text))


@pytest.mark.parametrize(
    "value", [1, "x", None, [[1], 2], [[1], [2, 3]], [[]], {"items": [1]}, {"lower": [1, 2], "items": [1]}, [True]]
)
def test_values_that_are_no_arrays(value: Any) -> None:
    for write in (NUMBERS.write_text, NUMBERS.write_binary):
        with pytest.raises(TROUBLE):
            write(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        pack("!iiI", 7, 0, 23),
        pack("!iiI", -1, 0, 23),
        pack("!iiI", 0, 0, 25),
        pack("!iiIii", 1, 0, 23, 1 << 30, 1),
        pack("!iiIii", 1, 0, 23, -1, 1),
        pack("!iiIiiii", 2, 0, 23, 1 << 30, 1, 1 << 30, 1),
        pack("!iiIiii", 1, 0, 23, 1, 1, 100),
    ],
)
def test_hostile_bytes(data: bytes) -> None:
    with pytest.raises(TROUBLE):
        NUMBERS.read_binary(data)


def test_vectors_are_their_text() -> None:
    codec = vector(21, integer("!h"))
    for text in ("", "1 -2 3"):
        assert codec.read_binary(codec.write_binary(text)) == text == codec.read_text(text)
