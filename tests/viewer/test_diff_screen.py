"""Two traces side by side, by keys."""

from __future__ import annotations

import recordings
from timetracer.viewer.app import Source, Viewer
from timetracer.viewer.diff_screen import DiffScreen, PairList
from timetracer.viewer.trace_screen import TraceScreen
from viewer.driving import driven, screen, source

CHOOSE = ["d", "G", "enter"]


def places() -> Source:
    return source(recordings.basket(), recordings.basket(9, slower=2))


def at(viewer: Viewer) -> int:
    return viewer.screen.query_one(PairList).cursor


def test_d_chooses_another_and_shows_both() -> None:
    shown = screen(places(), *CHOOSE)
    assert shown.splitlines()[:2] == ["- a", "+ b"]
    assert "2 added    e next    ? help" in shown
    assert "+ ├ SELECT s.sku" in shown


def test_e_goes_from_difference_to_difference() -> None:
    assert driven(places(), [*CHOOSE, "e"], at) == 9
    assert driven(places(), [*CHOOSE, "e", "e"], at) == 10
    assert driven(places(), [*CHOOSE, "e", "e", "e"], at) == 9


def test_a_leaves_out_what_is_the_same() -> None:
    assert driven(places(), [*CHOOSE, "a"], lambda viewer: viewer.screen.query_one(PairList).count()) == 9
    assert driven(places(), [*CHOOSE, "a", "a"], lambda viewer: viewer.screen.query_one(PairList).count()) == 13


def test_q_leads_back_to_the_trace() -> None:
    assert driven(places(), CHOOSE, lambda viewer: isinstance(viewer.screen, DiffScreen))
    assert driven(places(), [*CHOOSE, "q"], lambda viewer: isinstance(viewer.screen, TraceScreen))
    assert driven(places(), ["d", "q"], lambda viewer: isinstance(viewer.screen, TraceScreen))


def test_what_differs_stands_below_its_span() -> None:
    other = recordings.order()
    stock = other.spans[3].exchange
    assert stock
    stock.response_body = b'{"total":12345678901234567890124,"tags":[],"price":1.10}'
    shown = screen(source(recordings.order(), other), *CHOOSE)
    assert "response.body.total: 12345678901234567890123 → 12345678901234567890124" in shown
