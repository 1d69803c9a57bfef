"""What moment a timestamp means. How far it may move is told by `test_relaxing`."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.replaying.moments import DAY, SECOND, Moment, moment, plausible, strayed
from timetracer.replaying.tokens import tokens

NOON = 1_764_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-11-24T16:00:00Z", Moment(NOON * SECOND, SECOND)),
        ("2025-11-24 16:00:00.5", Moment(NOON * SECOND + SECOND // 2, SECOND)),
        ("2025-11-24T16:00:00,000000001Z", Moment(NOON * SECOND + 1, SECOND)),
        ("2025-11-24T21:30:00+05:30", Moment(NOON * SECOND, SECOND)),
        ("2025-11-24T08:00:00-0800", Moment(NOON * SECOND, SECOND)),
        ("2025-11-24T17%3A00%3A00%2B01%3A00", Moment(NOON * SECOND, SECOND)),
        ("2025-11-24T16:00Z", Moment(NOON * SECOND, 60 * SECOND)),
        ("2025-11-24", Moment((NOON - 16 * 3600) * SECOND, DAY)),
        ("20251124T160000Z", Moment(NOON * SECOND, SECOND)),
        ("Mon, 24 Nov 2025 16:00:00 GMT", Moment(NOON * SECOND, SECOND)),
        ("Mon,+24+Nov+2025+16%3A00%3A00+GMT", Moment(NOON * SECOND, SECOND)),
        ("2016-12-31T23:59:60Z", Moment(1_483_228_800 * SECOND, SECOND)),
        ("1764000000", Moment(NOON * SECOND, SECOND)),
        ("1764000000.25", Moment(NOON * SECOND + SECOND // 4, SECOND)),
        ("1764000000123", Moment(NOON * SECOND + 123_000_000, 1_000_000)),
        ("1764000000123456", Moment(NOON * SECOND + 123_456_000, 1_000)),
        ("1764000000123456789", Moment(NOON * SECOND + 123_456_789, 1)),
        ("2025-13-24", None),
        ("2025-02-30T16:00:00Z", None),
        ("2025-11-24T24:61:00Z", None),
        ("Mon, 42 Nov 2025 16:00:00 GMT", None),
    ],
)
def test_what_a_text_means(text: str, expected: Moment | None) -> None:
    (token,) = tokens(text)
    assert token.kind == "time"
    assert moment(token.text, token.shape) == expected


@given(st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.timezones()))
def test_isoformat_is_read_to_the_microsecond(when: datetime) -> None:
    text = when.isoformat()
    (token,) = tokens(text)
    if token.text == text:  # a historic zone may have seconds
        offset = when - datetime(1970, 1, 1, tzinfo=timezone.utc)
        found = moment(text, token.shape)
        assert found is not None
        assert found.time == (offset.days * 86_400 + offset.seconds) * SECOND + offset.microseconds * 1_000


@pytest.mark.parametrize(
    ("name", "shape", "away", "expected"),
    [
        ("id", "epoch", 0, True),
        ("id", "epoch", 3_600, True),
        ("id", "epoch", 3_601, False),
        ("update_id", "epoch", 9_999, False),
        ("created_at", "epoch", 9_999, True),
        ("expiresAt", "epoch", 9_999, True),
        ("cat", "epoch", 9_999, False),
        ("id", "iso", 9_999, True),
    ],
)
def test_a_bare_number_needs_a_reason_to_be_a_time(name: str, shape: str, away: int, expected: bool) -> None:
    assert plausible(Moment((NOON + away) * SECOND, SECOND), shape, name, NOON * SECOND) is expected


def test_the_smaller_stray_is_the_better_one() -> None:
    def stray(seconds: float) -> int | None:
        live = Moment(NOON * SECOND + int(seconds * SECOND), SECOND)
        return strayed(Moment(NOON * SECOND, SECOND), live, NOON * SECOND, (NOON + 1) * SECOND)

    assert [stray(seconds) for seconds in (-2.5, -1, 0, 1, 2, 3.5)] == [None, SECOND, 0, 0, SECOND, None]


def test_a_minute_may_be_off_by_a_minute() -> None:
    recorded, live = Moment(NOON * SECOND, 60 * SECOND), Moment((NOON + 60) * SECOND, 60 * SECOND)
    assert strayed(recorded, live, NOON * SECOND, NOON * SECOND) == 60 * SECOND
