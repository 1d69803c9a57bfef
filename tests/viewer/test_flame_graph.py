"""The flame graph by keys."""

from __future__ import annotations

from timetracer.cassette.model import Cassette
from timetracer.viewer.app import Viewer
from timetracer.viewer.flame_graph import FlameGraph
from viewer.driving import driven, screen, source


def test_one_goes_from_frame_to_frame(basket: Cassette) -> None:
    def chosen(viewer: Viewer) -> str:
        frame = viewer.screen.query_one(FlameGraph).chosen
        return frame.title if frame else ""

    assert driven(source(basket), ["2"], chosen) == "GET /basket/{id}"
    assert driven(source(basket), ["2", "j", "j"], chosen) == "SELECT stock"
    assert driven(source(basket), ["2", "j", "j", "right"], chosen) == "GET http://prices:9000/quote"
    assert driven(source(basket), ["2", "j", "j", "right", "left", "left"], chosen) == "SELECT stock"


def test_without_spans_it_says_so() -> None:
    assert "no spans" in screen(source(Cassette()), "2", "j", "right")
