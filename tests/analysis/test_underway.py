"""What is open reaches to now."""

from __future__ import annotations

import recordings
from recordings import BEGAN, MS
from timetracer.analysis.underway import standing


def test_what_is_open_ends_now_and_what_has_ended_when_it_did() -> None:
    told = recordings.order_underway()
    open_ones = {number for number, span in enumerate(told.spans, 1) if not span.end}
    now = BEGAN + 400 * MS
    trace = standing(told, now)
    assert trace.is_open == open_ones
    assert 1 in open_ones
    assert len(open_ones) < len(told.spans)
    assert trace.end == now
    assert [span.end for span in trace.cassette.spans] == [span.end or now for span in told.spans]
    root = trace.cassette.spans[0].exchange
    assert root is not None
    assert root.ended == now
    assert told.spans[0].end == 0  # what was told is as it was


def test_a_clock_that_is_behind_makes_no_span_end_before_it_starts() -> None:
    trace = standing(recordings.order_underway(), BEGAN - 1_000 * MS)
    assert all(span.end >= span.start for span in trace.cassette.spans)
    assert all(exchange.ended >= exchange.started for exchange in trace.cassette.exchanges)
