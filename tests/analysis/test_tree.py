"""The nesting of spans, sound or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.analysis.layout import NESTING_SHOWN, Row, View
from timetracer.analysis.layout import rows as laid_out
from timetracer.analysis.trace import Trace
from timetracer.analysis.tree import oddities
from timetracer.cassette.model import Cassette, Kind, Span

MS = 1_000_000


def span(name: str, parent: str = "", start: int = 0, end: int = 10, kind: Kind = Kind.INTERNAL) -> Span:
    return Span(name, "t", name, parent, kind, start * MS, end * MS)


def rows(spans: list[Span]) -> list[Row]:
    return laid_out(Trace(Cassette(spans)), View(together=False))


def shape(*spans: Span) -> list[str]:
    return ["  " * row.depth + row.span.name for row in rows([*spans])]


@pytest.mark.parametrize(
    ("spans", "drawn"),
    [
        ([], []),
        ([span("a")], ["a"]),
        ([span("b", "a"), span("a")], ["a", "  b"]),
        ([span("a"), span("late", "a", 5), span("early", "a", 2)], ["a", "  early", "  late"]),
        ([span("a"), span("b", "a"), span("c", "b"), span("d", "a")], ["a", "  b", "    c", "  d"]),
        ([span("a"), span("orphan", "gone", 1)], ["a", "orphan"]),
        ([span("self", "self")], ["self"]),
        ([span("x", "y"), span("y", "x"), span("z", "y")], ["x", "  y", "    z"]),
        ([span("twin"), span("twin", start=1), span("child", "twin", 2)], ["twin", "  child", "twin"]),
    ],
)
def test_each_span_is_drawn_once_below_its_parent(spans: list[Span], drawn: list[str]) -> None:
    assert shape(*spans) == drawn


def test_rows_keep_the_number_of_the_cassette() -> None:
    assert [row.number for row in rows([span("a"), span("late", "a", 5), span("early", "a", 2)])] == [1, 3, 2]


def test_rows_know_which_levels_go_on() -> None:
    drawn = rows([span("a"), span("b", "a"), span("c", "b", 1), span("d", "a", 2)])
    assert [(row.span.name, row.more, row.leaf) for row in drawn] == [
        ("a", (), False),
        ("b", (True,), False),
        ("c", (True, False), True),
        ("d", (False,), True),
    ]


def test_a_chain_of_ten_thousand_keeps_the_innermost_levels() -> None:
    chain = [span(str(number), str(number - 1), number, 20_000) for number in range(10_000)]
    last = rows(chain)[-1]
    assert (last.depth, len(last.more)) == (9_999, NESTING_SHOWN)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 3)), max_size=12))
def test_whatever_the_parents_no_span_is_lost(links: list[tuple[int, int, int]]) -> None:
    spans = [span(str(own), str(parent), start) for own, parent, start in links]
    assert sorted(row.number for row in rows(spans)) == list(range(1, len(spans) + 1))


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        ([span("a"), span("b", "a", 1, 9)], []),
        ([span("a"), span("b", "a", 0, 10)], []),
        ([span("a", "remote", kind=Kind.SERVER)], []),
        ([span("a", "remote", kind=Kind.CONSUMER)], []),
        ([span("a", "remote")], ["its parent remote is not in the cassette"]),
        ([span("a"), span("b", "gone")], ["its parent gone is not in the cassette"]),
        ([span("a"), span("b", "gone", kind=Kind.SERVER)], ["its parent gone is not in the cassette"]),
        ([span("a", start=5), span("b", "a", 2, 8)], ["starts 3.00 ms before its parent: the clocks differ"]),
        ([span("a"), span("b", "a", 2, 14)], ["outlives its parent by 4.00 ms"]),
        ([span("a", start=5, end=3)], ["ends 2.00 ms before it starts"]),
        ([span("a", start=5, end=0)], ["never ended"]),
        ([span("a", start=5, end=0), span("b", "a", 6, 7)], []),
        ([span("x", "y"), span("y", "x")], []),
        ([span("a", "a")], ["its parents form a ring: drawn as a root"]),
    ],
)
def test_oddities_of_the_last_span_are_told(spans: list[Span], told: list[str]) -> None:
    assert oddities(rows(spans)[-1].node) == told


def test_a_ring_is_told_where_it_was_cut() -> None:
    assert oddities(rows([span("x", "y"), span("y", "x")])[0].node) == ["its parents form a ring: drawn as a root"]
