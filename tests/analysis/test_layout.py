"""Which rows are shown."""

from __future__ import annotations

import pytest

from timetracer.analysis.layout import Row, View, rows
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette


def shown(cassette: Cassette, view: View | None = None) -> list[str]:
    return [told(row) for row in rows(Trace(cassette), view)]


def told(row: Row) -> str:
    group = f"x{len(row.repeat.members)}" if row.repeat else ""
    return f"{'  ' * row.depth}{row.number}{group}{'+' if row.folded else ''}"


def test_repeated_siblings_are_one_row(basket: Cassette) -> None:
    assert shown(basket) == ["1", "  2", "  3x7+", "  10", "  11"]


def test_an_opened_group_shows_its_members(basket: Cassette) -> None:
    assert shown(basket, View(opened={3}))[2:6] == ["  3x7", "    3", "    4", "    5"]


def test_or_all_are_rows_of_their_own(basket: Cassette) -> None:
    assert len(shown(basket, View(together=False))) == 11


@pytest.mark.parametrize(
    ("view", "drawn"),
    [
        (View(depth=1), ["1+"]),
        (View(depth=2), ["1", "  2", "  3+", "  6+", "  8", "  9"]),
        (View(folded={3}), ["1", "  2", "  3+", "  6", "    7", "  8", "  9"]),
        (View(kept={5, 7}), ["1", "  3", "    5", "  6", "    7"]),
        (View(kept=set()), []),
        (View("duration"), ["1", "  6", "    7", "  3", "    5", "    4", "  8", "  2", "  9"]),
        (View("self"), ["1", "  8", "  3", "    5", "    4", "  6", "    7", "  2", "  9"]),
        (View("name"), ["1", "  8", "  9", "  6", "    7", "  3", "    4", "    5", "  2"]),
    ],
)
def test_a_view_chooses(order: Cassette, view: View, drawn: list[str]) -> None:
    assert shown(order, view) == drawn


def test_the_lines_follow_what_is_shown(order: Cassette) -> None:
    last = rows(Trace(order), View(kept={5}))
    assert [row.more for row in last] == [(), (False,), (False, False)]
    assert [row.leaf for row in last] == [False, False, True]
