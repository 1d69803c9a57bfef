"""Ranges and multiranges: bounds in quotes where the server puts them, and both forms."""

from __future__ import annotations

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer_instrumentors.postgresql.types.codec import STRING, TROUBLE
from timetracer_instrumentors.postgresql.types.numbers import integer
from timetracer_instrumentors.postgresql.types.ranges import multirange_of, quoted, range_of
from timetracer_instrumentors.postgresql.types.times import TIMESTAMPTZ

TEXTS, NUMBERS, MANY = range_of(STRING), range_of(integer("!i")), multirange_of(STRING)
SPECIAL = frozenset('"\\()[], \t\n\r\v\f')
BOUNDS = st.none() | st.text(max_size=5) | st.text(alphabet='"\\()[],{} x', max_size=5)


@st.composite
def ranges(draw: st.DrawFn) -> str:
    lower, upper = draw(BOUNDS), draw(BOUNDS)
    start = "(" if lower is None else draw(st.sampled_from("[("))
    end = ")" if upper is None else draw(st.sampled_from("])"))
    written = ["" if bound is None else quoted(bound, SPECIAL) for bound in (lower, upper)]
    return draw(st.sampled_from(["empty", f"{start}{written[0]},{written[1]}{end}"]))


@given(ranges())
def test_both_forms(text: str) -> None:
    assert TEXTS.read_text(text) == text
    assert TEXTS.read_binary(TEXTS.write_binary(text)) == text


@given(st.lists(ranges(), max_size=3))
def test_both_forms_of_several(found: list[str]) -> None:
    text = "{" + ",".join(found) + "}"
    assert MANY.read_text(text) == text
    assert MANY.read_binary(MANY.write_binary(text)) == text


@pytest.mark.parametrize(
    ("loose", "text"),
    [("EMPTY", "empty"), ('["1","5")', "[1,5)"), (" [1,5) ", "[1,5)"), ("(,)", "(,)"), ("[01,]", "[1,)")],
)
def test_what_is_spelled_in_another_way(loose: str, text: str) -> None:
    assert NUMBERS.read_text(loose) == text


def test_zones_do_not_stand_in_the_binary_form() -> None:
    codec = range_of(TIMESTAMPTZ)
    text = '["2024-01-01 10:00:00+02",)'
    assert codec.read_text(text) == text
    assert codec.read_binary(codec.write_binary(text)) == '["2024-01-01 08:00:00+00",)'


@pytest.mark.parametrize(
    "text", ["", "[1,2", "1,2", "[1;2)", "[1,2,3)", "[a,b)", "{[1,2)", "{[1,2),}", "{,}", "{[1,2)[3,4)}"]
)
def test_no_ranges(text: str) -> None:
    for codec in (NUMBERS, multirange_of(integer("!i"))):
        with pytest.raises(TROUBLE):
            codec.write_text(text)


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\x18x", b"\x08" + pack("!i", 9) + b"12345678", b"\x08" + pack("!i", -5)]
)
def test_hostile_bytes(data: bytes) -> None:
    for codec in (NUMBERS, multirange_of(integer("!i"))):
        with pytest.raises(TROUBLE):
            codec.read_binary(data)
    with pytest.raises(TROUBLE):
        MANY.read_binary(pack("!i", 1 << 30))
