"""Figures as a table."""

from __future__ import annotations

import pytest

from timetracer.analysis.statistics import Figures, statistics
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette
from timetracer.terminal.paper import Paper
from timetracer.terminal.statistics_table import figures_line, head, widest


def test_the_columns_are_in_line(basket: Cassette) -> None:
    figures = statistics(Trace(basket), "table")
    assert [
        head("table", Paper(100)).plain,
        *(figures_line(each, widest(figures), Paper(100)).plain for each in figures),
    ] == [
        "table                       count  failed   total     own     p50     p95     p99   share",
        "stock                           7         70.0 ms 70.0 ms 10.0 ms 10.0 ms 10.0 ms   48.6% ██████████",
        "basket_lines                    1         4.00 ms 4.00 ms 4.00 ms 4.00 ms 4.00 ms    2.8% █",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_it_fits_any_paper(width: int) -> None:
    figures = Figures("日本語\x1b" * 20, 10**6, 10**5, 10**15, 10**15, 1, 1, 1, 1.0)
    line = figures_line(figures, 1.0, Paper(width))
    assert line.cell_len <= width
    assert line.plain.isprintable()
    assert head("operation", Paper(width)).cell_len <= width


def test_of_nothing_the_widest_is_nothing() -> None:
    assert widest([]) == 0.0
