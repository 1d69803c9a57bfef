"""A cassette of 50 MB, and a hostile one, in the viewer: they open, and every line fits the screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.cells import cell_len

from large import hostile, large
from timetracer.cassette.model import Cassette
from timetracer.viewer.trace_screen import TraceScreen
from viewer.driving import driven, screen, source

KEYS = (
    *("j", "j", "pagedown", "G", "g", "2", "j", "3", "s", "s", "1", "right_square_bracket", "left_square_bracket"),
    *("o", "z", "0", "c", "s", "e", "tab", "j", "enter", "G", "tab"),
)


@pytest.mark.parametrize("made", [large, hostile])
@pytest.mark.parametrize("size", [(80, 24), (160, 40)])
def test_it_can_be_gone_through(made: Callable[[], Cassette], size: tuple[int, int]) -> None:
    shown = screen(source(made()), *KEYS, size=size)
    assert max(map(cell_len, shown.splitlines())) <= size[0]
    assert len(shown.splitlines()) <= size[1]
    assert not {"\x1b", "\x07", "\u202e", "\u200b", "\ud800", "\x9b"} & set(shown)


def test_what_is_deep_in_it_is_found() -> None:
    def at(viewer: object) -> int | None:
        page = viewer.screen  # type: ignore[attr-defined]
        assert isinstance(page, TraceScreen)
        return page.browser.row.number if page.browser.row else None

    assert driven(source(large()), "slash p a g e s / 4 4 4 enter".replace(" / ", " slash ").split(), at) == 446


def test_the_list_of_hostile_ones_fits_too() -> None:
    shown = screen(source(hostile(), hostile()), "slash r e d enter", "j", only="")
    assert max(map(cell_len, shown.splitlines())) <= 100
