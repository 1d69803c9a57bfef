"""One trace, driven by keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from timetracer.cassette.model import Cassette, Exchange, Kind, Span
from timetracer.viewer.app import Viewer
from timetracer.viewer.prompt import Prompt
from timetracer.viewer.trace_screen import HELP, TraceScreen
from viewer.driving import driven, screen, source


def after(cassette: Cassette, keys: str, then: Callable[[TraceScreen], object]) -> object:
    def look(viewer: Viewer) -> object:
        assert isinstance(viewer.screen, TraceScreen)
        return then(viewer.screen)

    return driven(source(cassette), keys.split(), look)


def at(shown: TraceScreen) -> int:
    assert shown.browser.row
    return shown.browser.row.number


@pytest.mark.parametrize(
    ("keys", "number"),
    [
        ("j j", 3),
        ("j j left k", 2),
        ("e", 6),
        ("e e e", 1),
        ("slash q u o t e", 5),
        ("slash q u o t e enter j", 6),
        ("slash h t t p x enter n", 5),
        ("slash h t t p x enter n N", 4),
        ("slash q u o t e escape", 5),
        ("j j left_square_bracket", 1),
        ("j j j p", 3),
        ("f l i b : h t t p x enter G", 8),
    ],
)
def test_where_the_cursor_is(order: Cassette, keys: str, number: int) -> None:
    assert after(order, keys, at) == number


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("slash b a n a n a s enter", "nowhere: bananas"),
        ("slash h t t p x enter n", "/httpx  2 of 4"),
        ("f n o : x enter", "there is no field 'no'"),
        ("f l i b : h t t p x enter", "4 of 9 match: lib:httpx"),
        ("s", "siblings by duration"),
        ("f l i b : h t t p x enter m", "all, what does not match is dim"),
    ],
)
def test_what_is_said(order: Cassette, keys: str, said: str) -> None:
    assert said in screen(source(order), *keys.split()).splitlines()[-1]


def test_a_filter_can_be_taken_back(order: Cassette) -> None:
    assert after(order, "f x enter f backspace enter", lambda shown: shown.browser.matches) is None


def test_zoom_pan_and_all(order: Cassette) -> None:
    def window(shown: TraceScreen) -> tuple[int, int]:
        return shown.browser.window.start - shown.browser.trace.start, shown.browser.window.length

    assert after(order, "plus", window) == (310_000_000, 620_000_000)
    assert after(order, "plus less_than_sign", window) == (155_000_000, 620_000_000)
    assert after(order, "plus minus", window) == (0, 1_240_000_000)
    assert after(order, "plus plus 0", window) == (0, 1_240_000_000)


def copied(cassette: Cassette, keys: str) -> str:
    return driven(source(cassette), keys.split(), lambda viewer: viewer.clipboard)


def test_what_can_be_copied(basket: Cassette) -> None:
    assert copied(basket, "y i") == "0000000000000001"
    assert copied(basket, "y c").startswith("curl \\\n  --header 'accept: application/json'")
    assert copied(basket, "j y s").startswith("SELECT sku, n FROM basket_lines")
    assert "timetracer.replay('a')" in copied(basket, "y p")
    assert copied(basket, "y x") == ""


def test_views_and_the_way_back(order: Cassette) -> None:
    assert after(order, "2", lambda shown: shown.focused and shown.focused.id) == "flame"
    assert after(order, "3", lambda shown: shown.focused and shown.focused.id) == "statistics"
    assert after(order, "3 1", lambda shown: shown.focused and shown.focused.id) == "waterfall"
    assert isinstance(driven(source(order), ["enter", "q"], lambda viewer: viewer.screen, only=""), object)


def test_the_critical_path_can_be_hidden(order: Cassette) -> None:
    assert "▸" in screen(source(order))
    assert "▸" not in screen(source(order), "c")


def test_the_payload_follows_the_cursor(order: Cassette) -> None:
    assert "GET http://events:9000/stream" in screen(source(order), "G", "k")


def test_help_knows_every_key() -> None:
    told = " ".join(HELP)
    shown = {"slash": "/", "plus,equals_sign": "+", "less_than_sign": "<", "greater_than_sign": ">", "minus": "-"}
    shown |= {"left_square_bracket": "[", "right_square_bracket": "]", "left": "←", "right": "→", "q,escape": "q"}
    for binding in TraceScreen.BINDINGS:
        key = binding.key  # type: ignore[union-attr]
        assert shown.get(key, key) in told or key == "question_mark", key


HOSTILE = "\x1b[2J[red]\u202e日本\n" * 4


def test_a_hostile_cassette_breaks_nothing() -> None:
    span = Span(HOSTILE, HOSTILE, HOSTILE, "", Kind.CLIENT, 0, 10**9, {HOSTILE: HOSTILE})
    span.exchange = Exchange(HOSTILE, HOSTILE, {"method": HOSTILE, "url": HOSTILE}, (HOSTILE + "x" * 10**7).encode())
    shown = screen(source(Cassette([span], {"service.name": HOSTILE}, HOSTILE)), "2", "3", "1", "slash", "x")
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[red]" in shown


def test_an_empty_cassette_is_no_trouble() -> None:
    shown = screen(
        source(Cassette(name="nothing")), "j", "e", "left", "plus", "slash", "a", "enter", "y", "2", "j", "3", "1"
    )
    assert "nothing" in shown


def test_the_prompt_gives_the_focus_back(order: Cassette) -> None:
    assert after(order, "slash a enter", lambda shown: shown.focused is shown.waterfall)
    assert after(order, "slash a", lambda shown: shown.query_one(Prompt).purpose) == "/"
