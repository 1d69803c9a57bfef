"""What stands above the waterfall."""

from __future__ import annotations

from timetracer.cassette.model import Cassette
from timetracer.viewer.app import Viewer
from timetracer.viewer.overview import Overview
from viewer.driving import driven, screen, source


def test_it_is_as_high_as_its_lines(order: Cassette) -> None:
    def height(viewer: Viewer) -> int:
        return viewer.screen.query_one(Overview).size.height

    assert driven(source(order), [], height, size=(100, 30)) == 7
    assert driven(source(order), [], height, size=(160, 30)) == 6
    assert driven(source(order), ["2"], height, size=(100, 30)) == 5  # a flame graph has no axis


def test_it_follows_the_window(order: Cassette) -> None:
    assert "500 ms" in screen(source(order), size=(160, 30))
    zoomed = screen(source(order), "plus", size=(160, 30)).splitlines()
    assert "─" in zoomed[3]
    assert "━" in zoomed[3]
