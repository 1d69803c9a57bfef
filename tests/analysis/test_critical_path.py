"""The critical path."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from analysis.trees import MS, span, trace
from timetracer.analysis.trace import Trace


def path(made: Trace) -> dict[str, list[tuple[int, int]]]:
    names = {node.number: node.span.name for node in made.nodes}
    return {
        names[number]: [(start // MS, end // MS) for start, end in stretches]
        for number, stretches in made.critical.items()
    }


def test_it_goes_through_whoever_ended_last() -> None:
    made = trace(span("a"), span("short", "a", 1, 4), span("long", "a", 1, 8), span("in long", "long", 2, 6))
    assert path(made) == {"a": [(0, 1), (8, 10)], "long": [(1, 2), (6, 8)], "in long": [(2, 6)]}


def test_one_after_the_other_are_all_on_it() -> None:
    made = trace(span("a"), span("b", "a", 0, 4), span("c", "a", 5, 9))
    assert path(made) == {"a": [(4, 5), (9, 10)], "b": [(0, 4)], "c": [(5, 9)]}


def test_what_outlives_its_parent_counts_until_the_parents_end() -> None:
    assert path(trace(span("a"), span("b", "a", 6, 20))) == {"a": [(0, 6)], "b": [(6, 10)]}


def test_of_several_roots_the_longest_counts() -> None:
    assert path(trace(span("a", end=3), span("b", start=1))) == {"b": [(1, 10)]}


def test_there_is_none_without_spans() -> None:
    assert trace().critical == {}


def test_a_chain_of_ten_thousand_is_no_trouble() -> None:
    chain = [span(str(n), str(n - 1) if n else "", n / 1000, 20 - n / 1000) for n in range(10_000)]
    assert sum(end - start for stretches in trace(*chain).critical.values() for start, end in stretches) == 20 * MS


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(-2, 12), st.integers(-2, 12)), max_size=8))
def test_it_is_the_roots_whole_time_once(drawn: list[tuple[int, int, int]]) -> None:
    spans = [span("0", start=2, end=12)]
    spans += [span(str(n), str(min(parent, n - 1)), s + 2, e + 2) for n, (parent, s, e) in enumerate(drawn, 1)]
    made = trace(*spans)
    stretches = sorted(stretch for each in made.critical.values() for stretch in each)
    if max(each.end - each.start for each in spans if not each.parent_id) == 10 * MS:
        assert stretches[0][0] == 2 * MS
        assert stretches[-1][1] == 12 * MS
        assert all(before[1] == after[0] for before, after in itertools.pairwise(stretches))
