"""Dates, times, timestamps, intervals: Python's values where it has them, the server's text where it has not."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer_instrumentors.postgresql.types.codec import TROUBLE, Codec
from timetracer_instrumentors.postgresql.types.times import DATE, INTERVAL, TIME, TIMESTAMP, TIMESTAMPTZ, TIMETZ

ZONES = st.integers(-57_000, 57_000).map(lambda seconds: timezone(timedelta(seconds=seconds)))


def both_ways(codec: Codec, value: object) -> None:
    text, binary = codec.write_text(value), codec.write_binary(value)
    assert codec.read_text(text) == value
    assert codec.read_binary(binary) == value
    assert codec.write_text(codec.read_text(text)) == text
    assert codec.write_binary(codec.read_text(text)) == binary


@given(st.dates())
def test_dates(value: date) -> None:
    both_ways(DATE, value)
    assert DATE.write_text(value) == value.isoformat()


@given(st.integers(-2_451_545, 2_145_031_948))
def test_every_day_that_the_server_knows(days: int) -> None:
    data = pack("!i", days)
    value = DATE.read_binary(data)
    assert DATE.write_binary(value) == data
    assert DATE.write_binary(DATE.read_text(DATE.write_text(value))) == data


@given(st.integers(-211_813_488_000_000_000, 9_223_371_331_199_999_999))
def test_every_moment_that_the_server_knows(micros: int) -> None:
    data = pack("!q", micros)
    for codec in (TIMESTAMP, TIMESTAMPTZ):
        value = codec.read_binary(data)
        assert codec.write_binary(value) == data
        assert codec.write_binary(codec.read_text(codec.write_text(value))) == data


@given(st.datetimes())
def test_timestamps(value: datetime) -> None:
    both_ways(TIMESTAMP, value)


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=ZONES))
def test_timestamps_keep_the_zone_that_was_shown(value: datetime) -> None:
    both_ways(TIMESTAMPTZ, value)
    assert TIMESTAMPTZ.read_text(TIMESTAMPTZ.write_text(value)).utcoffset() == value.utcoffset()


@given(st.times())
def test_times(value: time) -> None:
    both_ways(TIME, value)


@given(st.times(timezones=ZONES))
def test_times_with_a_zone(value: time) -> None:
    both_ways(TIMETZ, value)


@pytest.mark.parametrize("value", ["infinity", "-infinity", "10000-01-01", "0001-01-01 BC", "4713-11-24 BC"])
def test_dates_that_python_has_not(value: str) -> None:
    both_ways(DATE, value)


def test_midnight_at_the_end_of_a_day() -> None:
    both_ways(TIME, "24:00:00")
    both_ways(TIMETZ, "24:00:00-03:30")


@pytest.mark.parametrize("value", ["infinity", "0044-03-15 12:00:00+00 BC", "10000-01-01 00:00:00+00"])
def test_moments_that_python_has_not(value: str) -> None:
    both_ways(TIMESTAMPTZ, value)
    assert TIMESTAMPTZ.read_text("9999-12-31 23:00:00-03") == datetime(
        9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-3))
    )


INT4, INT8 = (st.integers(-(1 << bits), (1 << bits) - 1) for bits in (31, 63))


@given(INT8, INT4, INT4)
def test_every_interval(micros: int, days: int, months: int) -> None:
    data = pack("!qii", micros, days, months)
    text = INTERVAL.read_binary(data)
    assert INTERVAL.write_binary(text) == data
    assert INTERVAL.read_text(text) == text


@pytest.mark.parametrize(
    ("loose", "strict"),
    [
        ("1 day, 2:03:04", "1 day 02:03:04"),
        ("-1 day, 23:00:00", "-1 days +23:00:00"),
        ("0:00:00", "00:00:00"),
        ("14 months", "1 year 2 mons"),
    ],
)
def test_intervals_as_python_writes_them(loose: str, strict: str) -> None:
    assert INTERVAL.read_text(loose) == strict


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        (DATE, "2024-02-30"),
        (DATE, "2024-01-01 10:00:00"),
        (DATE, "01.02.2024"),
        (TIMESTAMP, "2024-01-01"),
        (TIMESTAMP, "2024-01-01 10:00:00+00"),
        (TIMESTAMPTZ, "2024-01-01 10:00:00"),
        (TIMESTAMP, "2024-01-01 10:61:00"),
        (TIME, "25:00:00"),
        (TIME, "10:00:00+01"),
        (TIMETZ, "10:00:00"),
        (INTERVAL, ""),
        (INTERVAL, "P1Y"),
        (INTERVAL, "1-2 +3 4:05:06"),
        (INTERVAL, "@ 1 year"),
    ],
)
def test_what_is_none_of_them(codec: Codec, text: str) -> None:
    with pytest.raises(TROUBLE):
        codec.write_text(codec.read_text(text))


@pytest.mark.parametrize(
    ("codec", "value"),
    [
        (TIMESTAMP, datetime(2024, 1, 1, tzinfo=timezone.utc)),
        (TIMESTAMPTZ, datetime(2024, 1, 1)),
        (TIME, time(1, tzinfo=timezone.utc)),
        (TIMETZ, time(1)),
        (DATE, datetime(2024, 1, 1)),
        (DATE, 7),
    ],
)
def test_values_of_another_type(codec: Codec, value: object) -> None:
    for write in (codec.write_text, codec.write_binary):
        with pytest.raises(TROUBLE):
            write(value)
