"""Composites, arrays of unknown types and hstore: understood from their binary form alone."""

from __future__ import annotations

from struct import pack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer_instrumentors.postgresql.types.catalog import COMPOSITES
from timetracer_instrumentors.postgresql.types.codec import BINARY, TEXT, TROUBLE
from timetracer_instrumentors.postgresql.types.composites import heart

ENUM, PAIR = 16_501, 16_502
FIELDS = st.lists(
    st.sampled_from([[23, 7], [25, 'a "b" \\'], [25, ""], [1700, None], [ENUM, "happy"], [1007, [1, None]]]), max_size=4
)


def piece(data: bytes | None) -> bytes:
    return pack("!i", -1) if data is None else pack("!i", len(data)) + data


@given(FIELDS, FIELDS)
def test_composites_within_composites(outer: list[Any], inner: list[Any]) -> None:
    value = {"fields": [*outer, [PAIR, {"fields": [[23, 1], *inner]}]]}
    data = COMPOSITES.write_binary(value)
    assert COMPOSITES.read(BINARY, data) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"fields": []}, "()"),
        ({"fields": [[23, 1], [25, None], [25, ""]]}, '(1,,"")'),
        ({"fields": [[25, 'a"b\\c'], [25, "(x)"], [25, "a,b"], [25, "a b"]]}, '("a""b\\\\c","(x)","a,b","a b")'),
        ({"fields": [[PAIR, {"fields": [[25, "x y"]]}]]}, '("(""x y"")")'),
        ({"of": ENUM, "items": ["sad", None, "so so"]}, '{sad,NULL,"so so"}'),
        ({"of": ENUM, "lower": [0], "items": ["sad"]}, "[0:0]={sad}"),
        ({"hstore": {"a": "1", 'b"': None}}, '"a"=>"1", "b\\""=>NULL'),
    ],
)
def test_their_text(value: Any, text: str) -> None:
    assert COMPOSITES.write_text(value) == text
    if value != {"fields": []}:
        assert COMPOSITES.read(BINARY, COMPOSITES.write_binary(value)) == value
    assert COMPOSITES.read(TEXT, text.encode()) == text


def test_hstore_is_told_from_a_composite() -> None:
    data = pack("!i", 2) + piece(b"a") + piece(b"1") + piece(b"b") + piece(None)
    assert COMPOSITES.read(BINARY, data) == {"hstore": {"a": "1", "b": None}}


@given(st.text())
def test_what_is_text_at_heart(text: str) -> None:
    printable = not any(ord(character) < 32 and character not in "\t\n\r" for character in text)
    if printable:
        assert heart(text.encode()) == text == COMPOSITES.read(BINARY, text.encode())
    else:
        with pytest.raises(ValueError, match="no text"):
            heart(text.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        pack("!i", 1),
        pack("!iIi", 1, 23, 9) + b"1234",
        pack("!iIi", 1, 23, 4) + b"12345",
        pack("!iIi", 1, 9, 4) + b"1234",
        pack("!iiI", 1, 0, 9),
        pack("!i", 1) + piece(b"\0") + piece(b"1") + b"x",
    ],
)
def test_other_bytes(data: bytes) -> None:
    with pytest.raises(ValueError, match="unknown binary form"):
        COMPOSITES.read(BINARY, data)


@pytest.mark.parametrize("value", [1, None, [], {}, {"fields": 1}, {"fields": [[23]]}, {"of": 23}, {"hstore": [1]}])
def test_values_of_another_kind(value: Any) -> None:
    for write in (COMPOSITES.write_binary, COMPOSITES.write_text):
        with pytest.raises(TROUBLE):
            write(value)
