"""Geometry: as many numbers as there must be, in both forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer_instrumentors.postgresql.types.codec import TROUBLE, Codec
from timetracer_instrumentors.postgresql.types.geometry import BOX, CIRCLE, LINE, LSEG, PATH, POINT, POLYGON

FLOATS = st.floats(allow_nan=False).map(lambda value: "0" if value == 0 else repr(value))


@pytest.mark.parametrize(
    ("codec", "count", "form"),
    [
        (POINT, 2, "({},{})"),
        (LSEG, 4, "[({},{}),({},{})]"),
        (BOX, 4, "({},{}),({},{})"),
        (LINE, 3, "{{{},{},{}}}"),
        (CIRCLE, 3, "<({},{}),{}>"),
        (POLYGON, 4, "(({},{}),({},{}))"),
        (PATH, 4, "[({},{}),({},{})]"),
        (PATH, 4, "(({},{}),({},{}))"),
    ],
)
def test_both_forms(codec: Codec, count: int, form: str) -> None:
    @given(st.lists(FLOATS, min_size=count, max_size=count))
    def check(numbers: list[str]) -> None:
        text = codec.read_text(form.format(*numbers))
        assert codec.read_binary(codec.write_binary(text)) == text == codec.read_text(text)

    check()
    plain = form.format(*range(1, count + 1))
    assert codec.read_text(plain) == plain


@pytest.mark.parametrize("codec", [POINT, LSEG, BOX, LINE, CIRCLE, POLYGON, PATH])
@pytest.mark.parametrize("data", [b"", b"\0" * 7, b"\0\0\0\7", b"\2\0\0\0\0", b"\0\0\0\2" + b"\0" * 16])
def test_other_bytes(codec: Codec, data: bytes) -> None:
    with pytest.raises(TROUBLE):
        codec.read_binary(data)
