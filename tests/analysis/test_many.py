"""Many cassettes in figures."""

from __future__ import annotations

import recordings
from timetracer.analysis.many import PARTS, group_name, groups, sparkline
from timetracer.store.entry import describe

ENTRY = describe(recordings.order(), "a", "unit", 100)


def test_groups() -> None:
    entries = [ENTRY._replace(start=number, duration=number + 1, error=number < 5) for number in range(100)]
    other = ENTRY._replace(start=50, route="/other", error=False)
    first, second = groups((group_name(entry, "route"), entry) for entry in [*entries, other])
    assert (first.name, first.count, first.failed, first.size) == ("POST /orders/{id}", 100, 5, 10_000)
    assert (first.p50, first.p95, first.p99) == (50, 95, 99)
    assert len(first.over_time) == PARTS
    assert sum(first.over_time) == 100
    assert (second.name, second.count) == ("POST /other", 1)
    assert groups([]) == []


def test_names_of_groups() -> None:
    assert [group_name(ENTRY, by) for by in ("service", "status", "method")] == ["shop", "502", "POST"]
    nothing = ENTRY._replace(service="", status=None, method="", kind="process")
    assert [group_name(nothing, by) for by in ("route", "service", "status", "method")] == [
        "(process)",
        *["(none)"] * 3,
    ]


def test_sparklines() -> None:
    assert sparkline([0, 1, 4, 8]) == " ▁▄█"
    assert sparkline([0, 0]) == "  "
    assert sparkline([]) == ""
