"""A flame graph as lines."""

from __future__ import annotations

from rich.cells import cell_len

from timetracer.analysis.flame import Frame, flame
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette
from timetracer.terminal.flame_lines import caption, level_line
from timetracer.terminal.paper import Paper


def test_a_frame_is_as_wide_as_its_share(basket: Cassette) -> None:
    levels = flame(Trace(basket))
    whole = levels[0][0].width
    first, second = (level_line(level, whole, 72, Paper(72)).plain for level in levels)
    assert first == " GET /basket/{id}" + " " * 54 + "▕"
    assert second.startswith(" SELECT stock" + " " * 21 + "▕ GET http://p…▕")
    assert cell_len(second) <= 72


def test_what_is_too_narrow_to_be_seen_is_left_out() -> None:
    level = [Frame(f"f{place}", 0, place, 1, total=1, start=place) for place in range(1_000)]
    assert cell_len(level_line(level, 1_000, 40, Paper(40)).plain) == 40


def test_the_caption_says_what_it_is(order: Cassette, basket: Cassette) -> None:
    ((root,), level, *_) = flame(Trace(basket))
    assert caption(level[0], root.width, Paper()).plain == "SELECT stock ×7  70.0 ms, own 70.0 ms, 48.6%"
    ((root,), *_) = flame(Trace(order))
    assert caption(root, root.width, Paper()).plain.endswith("100.0%  1 failed")


def test_hostile_titles_stay_in_their_frame() -> None:
    frame = Frame("\x1b[2J\u202e日本語" * 10, 0, 1, 1, total=10)
    line = level_line([frame], 10, 40, Paper(40))
    assert line.plain.isprintable()
    assert line.cell_len == 40
