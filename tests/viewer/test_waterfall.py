"""The waterfall's lines."""

from __future__ import annotations

import recordings
from timetracer.terminal.paper import ERROR, Paper
from timetracer.viewer.app import Viewer
from timetracer.viewer.waterfall import Waterfall
from viewer.driving import driven, source


def styles(viewer: Viewer, place: int, words: str) -> set[str]:
    text = viewer.screen.query_one(Waterfall).line(place, Paper(100))
    first = text.plain.index(words)
    return {str(span.style) for span in text.spans if span.start <= first < span.end}


def test_errors_bubble_up_to_what_is_folded() -> None:
    places = source(recordings.order())
    assert ERROR in driven(places, ["e", "left"], lambda viewer: styles(viewer, 5, "pay"))
    places = source(recordings.order())
    assert ERROR not in driven(places, ["j", "j", "left"], lambda viewer: styles(viewer, 2, "price"))


def test_what_is_searched_for_is_marked() -> None:
    found = driven(source(recordings.order()), ["slash", *"quote"], lambda viewer: styles(viewer, 4, "quote"))
    assert "reverse" in found


def test_what_does_not_match_is_dim() -> None:
    keys = ["f", *"lib:httpx", "enter", "m"]
    assert "dim" in driven(source(recordings.order()), keys, lambda viewer: styles(viewer, 1, "validate"))
    assert "dim" not in driven(source(recordings.order()), keys, lambda viewer: styles(viewer, 3, "stock"))
