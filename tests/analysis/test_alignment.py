"""Two traces side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import recordings
from analysis.trees import span, trace
from timetracer.analysis.alignment import Pair, aligned
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette, Span


def tree(names: str) -> Trace:
    """``a`` with children of these names, one after the other."""
    made = [Span(name, "t", f"{place}", "a", start=place * 10, end=place * 10 + 5) for place, name in enumerate(names)]
    return Trace(Cassette([span("a", end=100), *made]))


def told(pairs: list[Pair]) -> str:
    signs = {"added": "+", "missing": "-", "changed": "~", "moved": ">", "": ""}
    return " ".join(f"{signs[pair.change]}{pair.node.span.name}" for pair in pairs[1:])


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("bcd", "bcd", "b c d"),
        ("bcd", "bd", "b -c d"),
        ("bd", "bcd", "b +c d"),
        ("bcd", "cdb", "c d >b"),
        ("bcd", "dbc", ">d b c"),
        ("bbb", "bb", "b b -b"),
        ("", "b", "+b"),
        ("bc", "", "-b -c"),
        ("bcde", "xcey", "-b +x c -d e +y"),
    ],
)
def test_siblings_are_paired(before: str, after: str, found: str) -> None:
    assert sorted(told(aligned(tree(before), tree(after))).split()) == sorted(found.split())


def test_what_is_missing_stands_where_it_stood() -> None:
    assert told(aligned(tree("bcde"), tree("bde"))) == "b -c d e"
    assert told(aligned(tree("bcde"), tree("cde"))) == "-b c d e"


def test_below_what_is_added_all_is_added() -> None:
    after = trace(span("a"), span("b", "a"), span("c", "b"))
    assert [pair.change for pair in aligned(trace(span("a")), after)] == ["", "added", "added"]
    assert [pair.change for pair in aligned(after, trace(span("a")))] == ["", "missing", "missing"]


def test_equal_requests_come_before_equal_shapes() -> None:
    before, after = recordings.basket(), recordings.basket()
    del after.spans[2]
    pairs = aligned(Trace(before), Trace(after))
    assert [(pair.before and pair.before.number, pair.change) for pair in pairs if pair.change] == [(3, "missing")]


def test_of_equal_shape_values_differ() -> None:
    before, after = recordings.basket(1), recordings.basket(1)
    exchange = after.spans[2].exchange
    assert exchange
    exchange.request["parameters"] = ["B-9", 0]
    (pair,) = [pair for pair in aligned(Trace(before), Trace(after)) if pair.change]
    assert [each.path for each in pair.found] == ["request.parameters[0]"]


def test_a_root_is_paired_with_a_root() -> None:
    pairs = aligned(trace(span("old")), trace(span("new")))
    assert [pair.change for pair in pairs] == ["changed"]


def test_slower_is_twice_and_five_milliseconds() -> None:
    def ratio(before: float, after: float) -> float:
        return aligned(trace(span("a", end=before)), trace(span("a", end=after)))[0].slower

    assert ratio(10, 20) == 2.0
    assert ratio(20, 10) == 0.5
    assert ratio(10, 19) == 0
    assert ratio(2, 5) == 0


def test_ten_thousand_siblings_are_no_trouble() -> None:
    many = trace(span("a"), *(span(f"c{place}", "a", place / 1000) for place in range(10_000)))
    assert not any(pair.change for pair in aligned(many, many))


@given(st.text("bcde", max_size=8), st.text("bcde", max_size=8))
def test_every_span_is_in_one_pair(before: str, after: str) -> None:
    pairs = aligned(tree(before), tree(after))
    assert sorted(pair.before.number for pair in pairs if pair.before) == [*range(1, len(before) + 2)]
    assert sorted(pair.after.number for pair in pairs if pair.after) == [*range(1, len(after) + 2)]
    assert all(pair.depth == (pair is not pairs[0]) for pair in pairs)
