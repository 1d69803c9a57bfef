"""A whole trace in one line."""

from __future__ import annotations

from timetracer.analysis.trace import Trace
from timetracer.analysis.window import Window
from timetracer.cassette.model import Cassette
from timetracer.terminal.minimap import activity, minimap
from timetracer.terminal.paper import ERROR, Paper

MS = 1_000_000


def test_leaves_are_counted_where_they_ran_and_failures_where_they_ended(order: Cassette) -> None:
    counts, failed = activity(Trace(order), 10)
    assert counts == [3, 1, 2, 1, 1, 1, 1, 2, 0, 1]
    assert [place for place, there in enumerate(failed) if there] == [7, 9]


def test_the_window_is_marked(order: Cassette) -> None:
    trace = Trace(order)
    window = Window.over(trace.start, trace.end).zoomed(0.5, trace.start)
    above, below = minimap(trace, window, activity(trace, 10), Paper(10))
    assert (above.plain, below.plain) == ("█▃▆▃▃▃▃▆ ▃", "━━━━━─────")
    assert {span.style for span in above.spans if span.start in (7, 9)} == {ERROR}


def test_in_ascii(order: Cassette) -> None:
    trace = Trace(order)
    drawn = minimap(trace, Window.over(trace.start, trace.end), activity(trace, 10), Paper(10, ascii_only=True))
    assert all(line.plain.isascii() for line in drawn)


def test_an_empty_trace_has_an_empty_map() -> None:
    trace = Trace(Cassette())
    above, _ = minimap(trace, Window.over(0, 0), activity(trace, 5), Paper(5))
    assert above.plain == "     "
