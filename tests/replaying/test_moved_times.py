"""Timestamps may move with the clock, and only with the clock."""

from __future__ import annotations

import pytest

from replaying.recording import SECOND, START, Recording, answer, ask, missed, reasons
from timetracer.replaying.calls import Asked


def iso(after: float) -> str:
    return f"2025-11-24T16:00:{after:06.3f}Z"


FORMS = {
    "RFC 3339": "2025-11-24T16:00:{:02d}Z",
    "ISO 8601 with a zone": "2025-11-24T17:00:{:02d}.123456+01:00",
    "no zone": "2025-11-24 16:00:{:02d}",
    "in a query": "2025-11-24T16%3A00%3A{:02d}%2B00%3A00",
    "HTTP date": "Mon, 24 Nov 2025 16:00:{:02d} GMT",
    "basic": "20251124T1600{:02d}Z",
    "seconds": "17640000{:02d}",
    "seconds with a fraction": "17640000{:02d}.25",
    "milliseconds": "17640000{:02d}123",
    "microseconds": "17640000{:02d}123456",
    "nanoseconds": "17640000{:02d}123456789",
}


class TestTimestamps:
    @pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
    def test_now_moves_with_the_clock(self, form: str) -> None:
        recording = Recording().add(f"GET /a?now={form.format(5)}", after=5)
        index = recording.index()
        assert missed(index, ask(f"GET /a?now={form.format(9)}", after=5))
        assert reasons(index, ask(f"GET /a?now={form.format(6)}", after=6)) == ("timestamp (request.query.now)",)

    @pytest.mark.parametrize(
        ("moved", "clock", "fits"),
        [
            (0.4, 0.0, True),
            (2.0, 0.0, True),
            (2.5, 0.0, False),
            (-2.5, 0.0, False),
            (-20.0, -20.0, True),  # slow answers are replayed at once
            (-1.0, -20.0, True),  # … and this was read before the first of them
            (-10.0, -20.0, True),
            (5.0, -20.0, False),
            (-25.0, -20.0, False),
            (86400.0, 86400.0, True),  # a live clock
            (86403.0, 86400.0, False),
            (0.5, 86400.0, False),
        ],
    )
    def test_as_far_as_the_clock_has_moved(self, moved: float, clock: float, fits: bool) -> None:
        def at(after: float) -> dict[str, str]:
            return {"at": f"{1764000030 + after:.3f}"}

        index = Recording().add("POST /a", at(0), after=30).index()
        assert missed(index, ask("POST /a", at(moved), after=30 + clock)) is not fits

    @pytest.mark.parametrize(("live", "fits"), [("2025-11-25", True), ("2025-11-24", False), ("2025-11-26", False)])
    def test_a_day_keeps_its_distance_from_today(self, live: str, fits: bool) -> None:
        recording = Recording().add("GET /report?day=2025-11-23")
        assert missed(recording.index(), ask(f"GET /report?day={live}", after=2 * 86400)) is not fits

    @pytest.mark.parametrize(
        ("recorded", "live"),
        [("1990-01-01", "1990-01-02"), ("2025-11-23", "2025-11-24"), ("2020-01-01T00:00:00Z", "2020-01-01T00:00:03Z")],
    )
    def test_other_dates_are_other_data(self, recorded: str, live: str) -> None:
        assert missed(Recording((f"GET /a?day={recorded}", "")).index(), ask(f"GET /a?day={live}"))

    def test_a_time_recorded_in_another_place_is_data(self) -> None:
        one, two = "2020-01-01T00:00:01Z", "2020-01-01T00:00:02Z"
        index = Recording((f"GET /a?at={one}", 1), (f"GET /a?at={two}", 2)).index()
        assert answer(index, ask(f"GET /a?at={two}")) == "2"
        assert missed(index, ask(f"GET /a?at={two}"))

    def test_but_now_is_now(self) -> None:
        index = Recording().add("GET /a?ts=1764000000", answer=0).add("GET /a?ts=1764000001", answer=1).index()
        assert {answer(index, ask("GET /a?ts=1764000001", after=0.5)) for _ in range(2)} == {"0", "1"}

    @pytest.mark.parametrize(
        ("recorded", "live"),
        [
            ("GET /orders/1234567890", "GET /orders/1234567891"),
            ("GET /orders?id=1741234567", "GET /orders?id=1741234568"),
            ("GET /orders?update_id=1741234567", "GET /orders?update_id=1741234568"),
            ("GET /orders?v=3.1764000000", "GET /orders?v=3.1764000001"),
        ],
    )
    def test_a_number_is_not_a_time_for_having_ten_digits(self, recorded: str, live: str) -> None:
        assert missed(Recording((recorded, "")).index(), ask(live))

    @pytest.mark.parametrize("name", ["exp", "expires_at", "createdAt", "timestamp", "since"])
    def test_unless_its_name_says_so(self, name: str) -> None:
        index = Recording().add("POST /a", {name: 1766592000}).index()
        assert reasons(index, ask("POST /a", {name: 1766592001})) == (f"timestamp (request.body.{name})",)

    def test_without_a_clock_nothing_moves(self) -> None:
        asked = ask("GET /a?now=2025-11-24T16:00:01Z")
        index = Recording(("GET /a?now=2025-11-24T16:00:00Z", "")).index()
        assert missed(index, Asked(asked.library, asked.key, asked.parts, asked.write))

    def test_of_many_the_nearest_in_time(self) -> None:
        recording = Recording()
        for number in range(4):
            recording.add(f"GET /poll?since={iso(number)}", answer=number, after=10)
        index = recording.index()
        live = [answer(index, ask(f"GET /poll?since={iso(after + 0.1)}", after=10.1)) for after in (2, 0, 3, 1)]
        assert live == ["2", "0", "3", "1"]


def test_times_of_a_recording_are_what_they_say() -> None:
    assert iso(0.0) == "2025-11-24T16:00:00.000Z"
    assert START // SECOND == 1764000000
