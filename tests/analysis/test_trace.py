"""What is derived from a cassette as a whole."""

from __future__ import annotations

from timetracer.analysis.trace import Trace, extent
from timetracer.cassette.model import Cassette


def test_errors_are_counted_in_every_tree(order: Cassette) -> None:
    assert Trace(order).failures == {1: 3, 6: 2, 7: 1}


def test_spans_are_counted_in_every_tree(order: Cassette) -> None:
    assert Trace(order).sizes == {1: 9, 2: 1, 3: 3, 4: 1, 5: 1, 6: 2, 7: 1, 8: 1, 9: 1}


def test_what_takes_less_than_a_hundredth_is_not_worth_a_mark(order: Cassette) -> None:
    trace = Trace(order)
    assert 2 in trace.critical
    assert [number for number in range(1, 10) if trace.on_path(number)] == [1, 4, 5, 7, 8]
    assert trace.on_path(2, 7)


def test_bodies_read_after_their_span_count(order: Cassette) -> None:
    order.spans = order.spans[7:8]
    start, end = extent(order)
    assert end - start == 297_000_000
    assert extent(Cassette()) == (0, 0)
