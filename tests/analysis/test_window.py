"""The stretch of time that is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from timetracer.analysis.window import SHORTEST, Window

ALL = Window.over(1_000_000, 11_000_000)


def test_zooming_keeps_the_moment_where_it_was() -> None:
    zoomed = ALL.zoomed(0.5, 3_000_000)
    assert (zoomed.start, zoomed.length) == (2_000_000, 5_000_000)
    assert zoomed.zoomed(2, 3_000_000) == ALL
    assert zoomed.zoomed_in
    assert not ALL.zoomed_in


def test_without_a_moment_it_is_the_middle() -> None:
    assert ALL.zoomed(0.5).start == 3_500_000


def test_moving_ends_at_the_ends() -> None:
    zoomed = ALL.zoomed(0.5)
    assert zoomed.moved(-10).start == 1_000_000
    assert zoomed.moved(10).start == 6_000_000
    assert zoomed.moved(0.25).start == zoomed.start + 1_250_000


def test_on_a_span_there_is_some_room_around_it() -> None:
    assert ALL.on(2_000_000, 4_000_000) == Window(1_000_000, 10_000_000, 1_900_000, 2_200_000)
    assert ALL.on(1_000_000, 11_000_000) == ALL


def test_everything_again() -> None:
    assert ALL.zoomed(0.1).moved(1).all() == ALL


def test_in_a_trace_that_has_grown_everything_stays_everything_and_a_stretch_that_stretch() -> None:
    assert ALL.over_all_of(1_000_000, 21_000_000) == Window.over(1_000_000, 21_000_000)
    some = ALL.zoomed(0.5).over_all_of(1_000_000, 21_000_000)
    assert (some.start, some.length, some.whole) == (3_500_000, 5_000_000, 20_000_000)
    assert ALL.zoomed(0.5).over_all_of(1_000_000, 3_000_000) == Window.over(1_000_000, 3_000_000)


@given(st.lists(st.sampled_from(["in", "out", "left", "right"]), max_size=40), st.integers(0, 10**7))
def test_it_never_leaves_the_trace(steps: list[str], whole: int) -> None:
    window = Window.over(5, 5 + whole)
    for step in steps:
        window = (
            window.zoomed(0.5 if step == "in" else 2)
            if step in ("in", "out")
            else window.moved({"left": -1.0, "right": 1.0}[step])
        )
        assert 5 <= window.start <= window.start + window.length <= 5 + whole
        assert window.length >= min(SHORTEST, whole)
