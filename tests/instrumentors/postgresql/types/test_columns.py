"""Whole columns: the very bytes that come of their values one by one."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from timetracer_instrumentors.postgresql import messages, types
from timetracer_instrumentors.postgresql.types import BINARY, CODECS, TEXT
from timetracer_instrumentors.postgresql.types.columns import COLUMNS, cells

OFFSETS = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(
    lambda away: timezone(timedelta(seconds=away // timedelta(seconds=1)))
)
UTC = st.just(timezone.utc)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
KINDS: dict[type[Any], st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    bytes: st.binary(max_size=20) | st.just(b"x" * 5000),
    float: st.floats() | st.integers(-(10**9), 10**9).map(float),
    int: st.integers(-(2**15), 2**15 - 1) | st.integers(-(2**64), 2**64),
    date: st.dates(),
    datetime: st.datetimes() | st.datetimes(timezones=OFFSETS | UTC),
    Decimal: st.decimals()
    | st.decimals(-(10**6), 10**6, places=3)
    | st.decimals(0, 10**9, places=2)
    | st.decimals(0, 1, places=20),
    UUID: st.uuids(),
    str: TEXTS | st.sampled_from(["", "infinity", "-infinity", "NaN", "4713-01-01 BC", "\0", "\ud800", "1" * 5000]),
}
COLUMN = st.sampled_from(list(KINDS)).flatmap(lambda kind: st.lists(KINDS[kind], max_size=5))
WITH_NULLS = COLUMN.flatmap(lambda values: st.permutations([*values, None]))
MIXED = st.lists(st.one_of(*KINDS.values()) | st.none() | st.just({"raw": "x"}) | st.just([1]), max_size=4)
EVERY = [(oid, form) for oid in [*CODECS, 0, 16_500] for form in (TEXT, BINARY)]


def one_by_one(oid: int, form: int, values: list[Any]) -> list[bytes]:
    write = types.writer(oid, form)
    return [messages.value(None if value is None else write(value)) for value in values]


def check(oid: int, form: int, values: list[Any]) -> None:
    found = cells(oid, form, values)
    if found is not None:
        assert found == one_by_one(oid, form, values)


@given(COLUMN | WITH_NULLS | MIXED)
@example([Decimal("-0.00"), Decimal("0E-20"), Decimal("1E+3"), Decimal("10000.00010000"), Decimal("Infinity")])
@example(
    [Decimal(text) for text in ("10000", "10001.0", "99990000.0001", "1.0000", "9999.12345600", "100000000", "20000.0")]
)
@example([datetime(1, 1, 1, tzinfo=timezone.utc), datetime(9999, 12, 31, 23, 59, 59, 999999, timezone.utc)])
@example([datetime(2026, 1, 1, 1, 2, 3, 500, timezone(timedelta(hours=5, minutes=30)))])
def test_a_column_is_its_values(values: list[Any]) -> None:
    for oid, form in EVERY:
        check(oid, form, values)


SAMPLES: dict[type[Any], list[Any]] = {
    bool: [True, False],
    bytes: [b"", b"\0\xff", b"x" * 2000],
    float: [0.0, -0.1, float("inf"), float("-inf"), 1e300],
    int: [0, 1, 32767],
    date: [date(1, 1, 1), date(1999, 12, 31), date(9999, 12, 31)],
    datetime: [datetime(2026, 11, 24), datetime(1999, 12, 31, 23, 59, 59, 100_000), datetime(1, 1, 1, 0, 0, 0, 1)],
    Decimal: [Decimal(0), Decimal("-0.5"), Decimal("12345678.90"), Decimal("0.25000000000000000000"), Decimal("NaN")],
    UUID: [UUID(int=0), UUID(int=1 << 127)],
    str: ["", "x", "ä☃\U0001f600", "1" * 2000],
}


@pytest.mark.parametrize(("oid", "form"), COLUMNS)
def test_plain_values_are_encoded_together(oid: int, form: int) -> None:
    values = SAMPLES[COLUMNS[oid, form].kind]
    if oid == 1184:
        zones = (timezone.utc, timezone(timedelta(hours=-8)), timezone(timedelta(hours=5, minutes=45)))
        values = [value.replace(tzinfo=zone) for value in values[:2] for zone in zones]
    found = cells(oid, form, values)
    assert found == one_by_one(oid, form, values)
    assert cells(oid, form, [None, *values, None]) == [messages.NULL, *(found or ()), messages.NULL]
    assert cells(oid, form, []) == []
    assert cells(oid, form, [None, None]) == [messages.NULL] * 2


@pytest.mark.parametrize(("oid", "form"), COLUMNS)
def test_what_is_no_plain_value_of_the_type_is_left_alone(oid: int, form: int) -> None:
    values = SAMPLES[COLUMNS[oid, form].kind]
    for odd in ({"raw": b"x"}, [1], "a text" if COLUMNS[oid, form].kind is not str else 7):
        assert cells(oid, form, [*values, odd]) is None


def test_what_does_not_fit_the_type_is_left_alone() -> None:
    assert cells(23, BINARY, [1, 1 << 31]) is None
    assert cells(25, TEXT, ["a\0b"]) is None
    assert cells(25, TEXT, ["\ud800"]) is None
    assert cells(1114, BINARY, [datetime(2026, 1, 1, tzinfo=timezone.utc)]) is None
    assert cells(1114, TEXT, [datetime(2026, 1, 1, tzinfo=timezone.utc)]) is None
    assert cells(1184, BINARY, [datetime(2026, 1, 1)]) is None
    assert cells(1184, TEXT, [datetime(2026, 1, 1)]) is None
    assert cells(1700, TEXT, [Decimal("1E+3")]) is None
    assert cells(1700, TEXT, [Decimal("9" * 150_001)]) is None
    assert cells(23, TEXT, [True]) is None
