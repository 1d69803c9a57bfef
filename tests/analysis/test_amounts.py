"""Durations, moments and sizes."""

from __future__ import annotations

import pytest

from timetracer.analysis.amounts import counted, duration, moment, round_duration, size, timestamp

S = 1_000_000_000


@pytest.mark.parametrize(
    ("ns", "shown"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1.00 µs"),
        (12_345, "12.3 µs"),
        (999_499, "999 µs"),
        (999_500, "1.00 ms"),
        (9_994_000, "9.99 ms"),
        (9_996_000, "10.0 ms"),
        (99_960_000, "100 ms"),
        (1_240_000_000, "1.24 s"),
        (59_940_000_000, "59.9 s"),
        (59_960_000_000, "1m00s"),
        (125 * S, "2m05s"),
        (3_599 * S + S // 2 + 1, "1h00m"),
        (3_600 * S, "1h00m"),
        (12_000 * S, "3h20m"),
        (-5_000_000, "-5.00 ms"),
    ],
)
def test_durations_have_three_digits(ns: int, shown: str) -> None:
    assert duration(ns) == shown


def test_ascii_durations_have_no_greek() -> None:
    assert duration(12_345, ascii_only=True) == "12.3 us"
    assert round_duration(20_000, ascii_only=True) == "20 us"


@pytest.mark.parametrize(
    ("ns", "shown"),
    [(0, "0"), (5, "5 ns"), (200_000, "200 µs"), (1_500_000_000, "1.5 s"), (60 * S, "1m00s"), (100_000_000, "100 ms")],
)
def test_round_durations_are_exact(ns: int, shown: str) -> None:
    assert round_duration(ns) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.00 kB"),
        (2_048, "2.05 kB"),
        (999_900, "1.00 MB"),
        (10**7, "10.0 MB"),
        (10**13, "10,000 GB"),
    ],
)
def test_sizes(count: int, shown: str) -> None:
    assert size(count) == shown


def test_counts_agree_with_their_noun() -> None:
    assert [counted(count, "span") for count in (0, 1, 10_000)] == ["0 spans", "1 span", "10,000 spans"]
    assert [counted(2, noun) for noun in ("process", "box", "match")] == ["2 processes", "2 boxes", "2 matches"]
    assert counted(1, "process") == "1 process"


@pytest.mark.parametrize(
    ("ns", "shown", "exact"),
    [
        (1_735_787_045_678_901_234, "2025-01-02 03:04:05.678", "2025-01-02T03:04:05.678901234Z"),
        (0, "1970-01-01 00:00:00.000", "1970-01-01T00:00:00.000000000Z"),
        (-1, "1969-12-31 23:59:59.999", "1969-12-31T23:59:59.999999999Z"),
        (2**70, "-", ""),
    ],
)
def test_moments_are_utc(ns: int, shown: str, exact: str) -> None:
    assert (moment(ns), timestamp(ns)) == (shown, exact)
