"""Integers, floats and numerics: what comes from the bytes goes back to them."""

from __future__ import annotations

from decimal import Decimal
from math import isnan
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer_instrumentors.postgresql.types.numbers import FLOAT4, FLOAT8, NUMERIC, float_text, integer, single_text


@given(st.integers(-(1 << 31), (1 << 31) - 1))
def test_integers(value: int) -> None:
    codec = integer("!i")
    assert codec.read_binary(codec.write_binary(value)) == value == codec.read_text(codec.write_text(value))
    assert codec.write_binary(value) == pack("!i", value)


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_no_integer(value: object) -> None:
    with pytest.raises(ValueError, match="not an integer"):
        integer("!i").write_text(value)


@given(st.floats())
def test_doubles_in_text_are_the_same_doubles(value: float) -> None:
    text = FLOAT8.write_text(value)
    assert pack("!d", FLOAT8.read_text(text)) == pack("!d", value) or isnan(value)
    assert FLOAT8.write_binary(FLOAT8.read_binary(pack("!d", value))) == pack("!d", value)


@given(st.floats(width=32))
def test_singles_are_alike_in_both_forms(value: float) -> None:
    text = FLOAT4.write_text(value)
    read = FLOAT4.read_text(text)
    assert repr(FLOAT4.read_binary(pack("!f", value))) == repr(read)
    assert isnan(value) or FLOAT4.write_binary(read) == pack("!f", value)


@pytest.mark.parametrize(
    ("value", "double", "single"),
    [
        (0.1, "0.1", "0.1"),
        (1e15, "1e+15", "1e+15"),
        (123456789012345.0, "123456789012345", "1.2345679e+14"),
        (1e-5, "1e-05", "1e-05"),
        (0.0001, "0.0001", "0.0001"),
        (1.5e300, "1.5e+300", "Infinity"),
        (-0.0, "-0", "-0"),
        (float("-inf"), "-Infinity", "-Infinity"),
    ],
)
def test_floats_as_the_server_writes_them(value: float, double: str, single: str) -> None:
    assert float_text(value) == double
    if single != "Infinity":
        assert single_text(value) == single


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**60), max_value=10**60))
def test_numerics_keep_every_digit(value: Decimal) -> None:
    value = Decimal(NUMERIC.write_text(value))
    again = NUMERIC.read_binary(NUMERIC.write_binary(value))
    assert again == value
    assert NUMERIC.write_text(again) == NUMERIC.write_text(value).replace("-0" if value == 0 else " ", "0")


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_numerics_that_are_no_numbers(name: str) -> None:
    value = NUMERIC.read_text(name)
    assert str(NUMERIC.read_binary(NUMERIC.write_binary(value))) == name == NUMERIC.write_text(value)


def test_the_longest_numeric() -> None:
    text = "9" * 131_072 + "." + "1" * 16_383
    data = NUMERIC.write_binary(NUMERIC.read_text(text))
    assert NUMERIC.write_text(NUMERIC.read_binary(data)) == text


@pytest.mark.parametrize("text", ["1E+1000000000", "1e-1000000000", "sNaN", "-NaN", "", "1,5"])
def test_no_numeric(text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        NUMERIC.write_text(NUMERIC.read_text(text))


def test_a_hostile_head_costs_nothing() -> None:
    with pytest.raises(ValueError, match="no scale"):
        NUMERIC.read_binary(pack("!HhHh", 0, 32_000, 0, -1))
    with pytest.raises(ValueError, match="not a decimal"):
        NUMERIC.write_binary(1)
    with pytest.raises(ValueError, match="no number"):
        NUMERIC.write_binary(Decimal("-NaN"))
