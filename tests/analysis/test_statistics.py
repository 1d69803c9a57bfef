"""A trace in figures."""

from __future__ import annotations

import pytest

from timetracer.analysis.statistics import percentile, statistics
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette

MS = 1_000_000


def test_by_operation(basket: Cassette) -> None:
    first, second = statistics(Trace(basket), "operation")[:2]
    assert (first.name, first.count, first.failed, first.total, first.own) == ("SELECT stock", 7, 0, 70 * MS, 70 * MS)
    assert (first.p50, first.p95, first.p99) == (10 * MS, 10 * MS, 10 * MS)
    assert first.share == pytest.approx(70 / 144)
    assert (second.name, second.total, second.own) == ("GET /basket/{}", 144 * MS, 36 * MS) or second.name.startswith(
        "GET"
    )


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("table", ["stock", "basket_lines"]),
        ("library", ["asyncpg", "asgi", "httpx", "(none)"]),
        ("service", ["shop", "rabbitmq"]),
    ],
)
def test_by_other_things(basket: Cassette, by: str, names: list[str]) -> None:
    found = [figures.name for figures in statistics(Trace(basket), by)]
    assert sorted(found) == sorted(names)


def test_failures_are_counted(order: Cassette) -> None:
    by_library = {figures.name: figures.failed for figures in statistics(Trace(order), "library")}
    assert by_library == {"asgi": 1, "httpx": 1, "(none)": 1}


@pytest.mark.parametrize(
    ("numbers", "percent", "value"),
    [([], 50, 0), ([7], 99, 7), ([1, 2, 3, 4], 50, 2), ([1, 2, 3, 4], 95, 4), (list(range(1, 101)), 95, 95)],
)
def test_percentiles_are_those_of_the_nearest_rank(numbers: list[int], percent: float, value: int) -> None:
    assert percentile(numbers, percent) == value
