"""The clock of a replay moves for the whole process, by one replay at a time; a test that travels by itself wins."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import time_machine

from timetracer.replaying.clock import Clock

BILLION = 10**9
Y2001 = 1_000_000_000 * BILLION
Y2033 = 2_000_000_000 * BILLION


def year() -> int:
    return datetime.datetime.now(datetime.timezone.utc).year


@contextmanager
def moved(start: int) -> Iterator[Clock]:
    clock = Clock(start)
    clock.move()
    try:
        yield clock
    finally:
        clock.restore()


def test_all_code_is_told_the_recorded_time_and_the_real_one_afterwards() -> None:
    now = year()
    with moved(Y2001):
        assert Y2001 <= time.time_ns() < Y2001 + 3600 * BILLION
        assert [year(), time.gmtime().tm_year, datetime.date.today().year] == [2001] * 3
    assert year() == now


def test_the_clock_ticks() -> None:
    with moved(Y2001):
        before = time.time_ns()
        assert any(time.time_ns() > before for _ in range(1_000_000))


def test_durations_are_real() -> None:
    before = time.monotonic()
    with moved(Y2033):
        assert 0 <= time.monotonic() - before < 3600


def test_an_unknown_start_leaves_the_clock_alone() -> None:
    now = year()
    with moved(0):
        assert year() == now


def test_of_two_replays_at_once_the_first_has_the_clock() -> None:
    now = year()
    with moved(Y2001):
        with moved(Y2033):
            assert year() == 2001
        assert year() == 2001
    assert year() == now


def test_replays_that_overlap_put_the_clock_back_once() -> None:
    now = year()
    first, second = Clock(Y2001), Clock(Y2033)
    first.move()
    second.move()
    first.restore()
    assert year() == now
    second.restore()
    assert year() == now
    with moved(Y2033):
        assert year() == 2033


def test_putting_it_back_twice_puts_it_back_once() -> None:
    clock = Clock(Y2001)
    clock.move()
    clock.restore()
    with moved(Y2033):
        clock.restore()
        assert year() == 2033


def test_a_test_that_travels_already_wins() -> None:
    with time_machine.travel("1999-06-01"):
        with moved(Y2001):
            assert year() == 1999
        assert year() == 1999


def test_a_test_that_travels_within_the_replay_wins() -> None:
    with moved(Y2001):
        with time_machine.travel("1999-06-01"):
            assert year() == 1999
        assert year() == 2001


def test_a_frozen_test_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """As freezegun does it: a class of its own in the place of `datetime.datetime`."""

    class FakeDatetime(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> FakeDatetime:
            return cls(1999, 6, 1, tzinfo=tz)

    monkeypatch.setattr(datetime, "datetime", FakeDatetime)
    real = time.time()
    with moved(Y2001):
        assert year() == 1999
        assert time.time() >= real
