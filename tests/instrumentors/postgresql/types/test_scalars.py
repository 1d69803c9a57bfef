"""Truth, bytes, bits, UUIDs, and the server's own identifiers."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer_instrumentors.postgresql.types.codec import TROUBLE, Codec
from timetracer_instrumentors.postgresql.types.scalars import BITS, BOOL, BYTEA, CHAR, LSN, TID, UUIDS, versioned


@given(st.text(alphabet="01", max_size=40))
def test_bits(bits: str) -> None:
    assert BITS.read_binary(BITS.write_binary(bits)) == bits == BITS.read_text(bits)


@given(st.binary())
def test_bytes(data: bytes) -> None:
    assert BYTEA.read_text(BYTEA.write_text(data)) == data == BYTEA.read_binary(BYTEA.write_binary(data))


@given(st.uuids())
def test_uuids(value: UUID) -> None:
    assert UUIDS.read_text(UUIDS.write_text(value)) == value == UUIDS.read_binary(UUIDS.write_binary(value))


@pytest.mark.parametrize("code", range(256))
def test_single_bytes(code: int) -> None:
    text = CHAR.read_binary(bytes([code]))
    assert CHAR.read_text(text) == text
    assert CHAR.write_binary(text) == bytes([code])


def test_single_bytes_as_the_server_writes_them() -> None:
    assert [CHAR.read_binary(data) for data in (b"\0", b"a", b"\xe4")] == ["", "a", "\\344"]


@given(st.integers(0, (1 << 32) - 1), st.integers(0, (1 << 32) - 1))
def test_places_in_the_log(high: int, low: int) -> None:
    text = f"{high:X}/{low:X}"
    assert LSN.read_binary(LSN.write_binary(text)) == text == LSN.read_text(text)
    assert TID.read_binary(TID.write_binary(f"({high},{low % 65536})")) == f"({high},{low % 65536})"


def test_a_version_goes_before_the_text() -> None:
    codec = versioned(1)
    assert codec.write_binary("{}") == b"\1{}"
    assert codec.read_binary(b"\1{}") == "{}"
    with pytest.raises(ValueError, match="version"):
        codec.read_binary(b"\2{}")


@pytest.mark.parametrize(
    ("codec", "data"),
    [(BITS, b"\0\0\0\x09\xff"), (BITS, b"\0"), (CHAR, b"ab"), (CHAR, b""), (BOOL, b"\2"), (UUIDS, b"x"), (LSN, b"x")],
)
def test_bytes_that_are_none_of_them(codec: Codec, data: bytes) -> None:
    with pytest.raises(TROUBLE):
        codec.write_binary(codec.read_binary(data))


@pytest.mark.parametrize(
    ("codec", "value"), [(BOOL, 1), (BOOL, "t"), (BYTEA, "x"), (BYTEA, [1]), (UUIDS, "x"), (CHAR, "ab"), (BITS, "2")]
)
def test_values_that_are_none_of_them(codec: Codec, value: object) -> None:
    for write in (codec.write_text, codec.write_binary):
        with pytest.raises(TROUBLE):
            write(value)
