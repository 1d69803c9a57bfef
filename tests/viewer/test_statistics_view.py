"""Statistics by keys."""

from __future__ import annotations

import recordings
from timetracer.cassette.model import Cassette
from viewer.driving import screen, source


def test_s_groups_by_the_next_thing() -> None:
    places = source(recordings.basket())
    assert "operation (s: by" in screen(places, "3")
    assert "service (s: by" in screen(places, "3", "s")
    assert "operation (s: by" in screen(places, "3", "s", "s", "s", "s")


def test_where_there_is_nothing_it_says_so() -> None:
    assert "nothing of that kind" in screen(source(recordings.order()), "3", "s", "s", "s")
    assert "nothing of that kind" in screen(source(Cassette()), "3", "j")
