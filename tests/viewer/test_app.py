"""The viewer as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

import recordings
from timetracer.errors import CassetteDamaged
from timetracer.viewer.app import THEMES, Viewer
from timetracer.viewer.choices import Choices
from timetracer.viewer.diff_screen import DiffScreen
from timetracer.viewer.list_screen import ListScreen
from timetracer.viewer.trace_screen import TraceScreen
from viewer.driving import driven, source


def test_one_cassette_is_shown_at_once_and_several_as_a_list() -> None:
    places = source(recordings.order(), recordings.basket())
    assert isinstance(driven(places, [], lambda viewer: viewer.screen, only="b"), TraceScreen)
    assert isinstance(driven(places, [], lambda viewer: viewer.screen, only=""), ListScreen)


def test_the_one_that_cannot_be_read_is_told_before_anything_is_drawn() -> None:
    def load(name: str) -> None:
        raise CassetteDamaged(name, "not JSON")

    with pytest.raises(CassetteDamaged):
        Viewer(replace(source(recordings.order()), load=load), "a")  # type: ignore[arg-type]


def test_q_ends_it() -> None:
    places = source(recordings.order())
    assert not driven(places, ["q"], lambda viewer: viewer.is_running and not viewer._exit, only="a")
    assert not driven(places, ["q"], lambda viewer: viewer.is_running and not viewer._exit, only="")


def test_themes_come_in_turn() -> None:
    there = [name for name in THEMES if name in Viewer(source()).available_themes]
    assert driven(source(recordings.order()), ["t"] * len(there), lambda viewer: viewer.theme) == THEMES[0]
    assert {"textual-dark", "textual-light"} <= {*there}


def test_d_offers_what_replays_did_and_other_cassettes() -> None:
    order = recordings.order()
    places = replace(source(order, order), replays=lambda cassette: [("kept/one.json", cassette)])
    assert isinstance(driven(places, ["d"], lambda viewer: viewer.screen), Choices)
    assert isinstance(driven(places, ["d", "1"], lambda viewer: viewer.screen), DiffScreen)
    assert isinstance(driven(places, ["d", "c"], lambda viewer: viewer.screen), ListScreen)
    assert isinstance(driven(places, ["d", "x"], lambda viewer: viewer.screen), TraceScreen)
    assert isinstance(driven(source(order), ["d"], lambda viewer: viewer.screen), ListScreen)
