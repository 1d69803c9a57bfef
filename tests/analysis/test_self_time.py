"""A span's own time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.trees import MS, span, trace
from timetracer.analysis.self_time import own_stretches
from timetracer.cassette.model import Exchange


@pytest.mark.parametrize(
    ("children", "own"),
    [
        ([], [(0, 10)]),
        ([(2, 4)], [(0, 2), (4, 10)]),
        ([(0, 10)], []),
        ([(2, 5), (3, 4)], [(0, 2), (5, 10)]),
        ([(2, 5), (4, 7)], [(0, 2), (7, 10)]),
        ([(2, 5), (5, 7)], [(0, 2), (7, 10)]),
        ([(8, 14)], [(0, 8)]),
        ([(12, 14)], [(0, 10)]),
        ([(4, 0)], [(0, 4), (4, 10)]),
    ],
)
def test_what_no_child_covers(children: list[tuple[int, int]], own: list[tuple[int, int]]) -> None:
    made = trace(span("a"), *(span(f"c{place}", "a", *times) for place, times in enumerate(children)))
    assert [(start // MS, end // MS) for start, end in own_stretches(made.nodes[0])] == own


def test_a_child_lasts_until_its_body_was_read() -> None:
    child = span("c", "a", 2, 4)
    child.exchange = Exchange("httpx", "GET", {}, started=2 * MS, ended=7 * MS)
    assert own_stretches(trace(span("a"), child).nodes[0]) == [(0, 2 * MS), (7 * MS, 10 * MS)]


@given(st.lists(st.tuples(st.integers(-5, 15), st.integers(-5, 15)), max_size=6))
def test_it_is_the_time_without_the_union_of_the_children(times: list[tuple[int, int]]) -> None:
    made = trace(span("a", start=0, end=10), *(span(f"c{n}", "a", s + 5, e + 5) for n, (s, e) in enumerate(times)))
    free = [tick for tick in range(10) if not any(s + 5 <= tick < e + 5 for s, e in times)]
    root = next(node for node in made.nodes if node.span.name == "a")
    assert made.self_time(root) == len(free) * MS
