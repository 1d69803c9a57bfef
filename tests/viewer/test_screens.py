"""Whole screens, against those that are kept in ``screens/``; every one of them has been looked at.

``TIMETRACER_TEST_REDRAW=yes pytest tests/viewer/test_screens.py`` draws them anew: look at the difference.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.color import Color

import recordings
from timetracer.analysis.overlay import overlaid
from timetracer.replaying.outcomes import MissedCall, Outcome, Outcomes
from timetracer.viewer.app import THEMES, Source, Viewer
from viewer.driving import driven, screen, source

SCREENS = Path(__file__).parent / "screens"
REDRAW = "TIMETRACER_TEST_REDRAW" in os.environ


def places() -> Source:
    return source(recordings.order(), recordings.basket(), recordings.basket(9, slower=2))


CASES = {
    "list": ("", "", (100, 12)),
    "list-narrow": ("", "", (60, 12)),
    "list-filtered": ("", "slash b a s", (100, 12)),
    "list-help": ("", "question_mark", (100, 20)),
    "order": ("a", "", (100, 36)),
    "order-wide": ("a", "", (160, 36)),
    "order-narrow": ("a", "", (60, 30)),
    "order-error": ("a", "e e", (120, 36)),
    "order-folded": ("a", "left_square_bracket", (100, 30)),
    "order-search": ("a", "slash q u o t e", (100, 30)),
    "order-filter": ("a", "f s t a t u s : e r r o r enter", (100, 30)),
    "order-filter-dim": ("a", "f s t a t u s : e r r o r enter m", (100, 30)),
    "order-stream": ("a", "G k", (160, 36)),
    "order-zoomed": ("a", "j j z greater_than_sign", (100, 30)),
    "basket-group": ("b", "j j", (160, 36)),
    "basket-opened": ("b", "j j right j", (100, 36)),
    "basket-flame": ("b", "2 j", (100, 24)),
    "basket-statistics": ("b", "3 s s s", (100, 24)),
    "basket-copy": ("b", "j y", (100, 24)),
    "help": ("a", "question_mark", (100, 36)),
}

REPLAY = Outcomes(
    {
        f"{4:016x}": Outcome(played=1),
        f"{5:016x}": Outcome(relaxed=1, reasons=["timestamp (request.query)"]),
        f"{7:016x}": Outcome(unplayed=1),
        f"{8:016x}": Outcome(played=1),
    },
    [
        MissedCall(
            "GET http://stock:8080/items?id=4",
            "httpx",
            recordings.BEGAN + 120 * recordings.MS,
            "POST /orders/{id} > price basket",
            f"{4:016x}",
            (
                "nearest   GET http://stock:8080/items?id=3 (already played)",
                'differs   request.query: recorded "id=3", asked "id=4"',
            ),
        )
    ],
)
"""A replay of the order."""


@pytest.mark.parametrize("name", CASES)
def test_a_screen(name: str) -> None:
    only, keys, size = CASES[name]
    check(name, screen(places(), *keys.split(), only=only, size=size), size)


@pytest.mark.parametrize("size", [(80, 30), (160, 36)])
def test_a_replay_laid_over(size: tuple[int, int]) -> None:
    where = replace(places(), replayed=lambda cassette: overlaid(cassette, REPLAY))
    check(f"order-replayed-{size[0]}", screen(where, "e", size=size), size)


def test_d_offers_what_the_replay_did() -> None:
    where = replace(places(), replays=lambda cassette: [("kept/order.json", cassette)])
    check("compare-100", screen(where, "d"), (100, 30))


def check(name: str, shown: str, size: tuple[int, int]) -> None:
    path = SCREENS / f"{name}.txt"
    if REDRAW:
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")
    assert max(map(cell_len, shown.splitlines())) <= size[0]


def test_with_ascii_only_the_traces_own_signs_are_ascii() -> None:
    shown = screen(places(), size=(100, 30), ascii_only=True)
    waterfall = shown.split("POST http://localhost")[0].partition("│")[0]
    assert waterfall.isascii()


def contrast(one: Color, other: Color) -> float:
    """WCAG 2.1, 1.4.3."""

    def luminance(colour: Color) -> float:
        parts = [part / 255 for part in colour.get_truecolor()]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(
    "theme", [name for name in THEMES if name in Viewer(places()).available_themes and "ansi" not in name]
)
def test_titles_can_be_read_in_every_theme(theme: str) -> None:
    def contrasts(viewer: Viewer) -> list[float]:
        strips = viewer.screen._compositor.render_strips()
        pieces = [segment for strip in strips for segment in strip if "validate order" in segment.text]
        return [contrast(piece.style.color, piece.style.bgcolor) for piece in pieces if piece.style]  # type: ignore[arg-type]

    found = driven(places(), [], contrasts, theme=theme)
    assert found
    assert min(found) >= 4.5


def test_the_theme_can_be_changed() -> None:
    assert driven(places(), ["t"], lambda viewer: viewer.theme) == THEMES[1]
