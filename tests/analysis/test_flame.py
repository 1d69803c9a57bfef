"""The flame graph."""

from __future__ import annotations

from analysis.trees import MS, span, trace
from timetracer.analysis.flame import Frame, flame
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette


def told(levels: list[list[Frame]]) -> list[list[str]]:
    return [
        [f"{frame.title} x{frame.count} @{frame.start // MS} {frame.total // MS}" for frame in level]
        for level in levels
    ]


def test_what_does_the_same_in_the_same_place_is_one_frame() -> None:
    made = trace(span("a"), span("b", "a", 0, 2), span("c", "b", 0, 1), span("d", "a", 2, 5))
    for late in ("b2", "c2"):
        made.cassette.spans.append(span(late, {"b2": "a", "c2": "b2"}[late], 6, 8))
        made.cassette.spans[-1].name = late[0]
    assert told(flame(Trace(made.cassette))) == [["a x1 @0 10"], ["b x2 @0 4", "d x1 @4 3"], ["c x2 @0 3"]]


def test_what_ran_at_once_has_room() -> None:
    levels = flame(trace(span("a"), span("b", "a", 0, 9), span("c", "a", 0, 9)))
    assert levels[0][0].width == 18 * MS
    assert [frame.start for frame in levels[1]] == [0, 9 * MS]


def test_failures_and_own_time_are_counted(order: Cassette) -> None:
    (root,), *_ = flame(Trace(order))
    assert (root.failed, root.first) == (1, 1)
    assert flame(Trace(Cassette())) == []
