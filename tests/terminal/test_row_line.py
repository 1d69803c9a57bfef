"""One row of a waterfall."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

import recordings
from timetracer.analysis.layout import View, rows
from timetracer.analysis.trace import Trace
from timetracer.analysis.underway import standing
from timetracer.cassette.model import Cassette, Status
from timetracer.terminal.axis import Axis
from timetracer.terminal.paper import Paper
from timetracer.terminal.row_line import columns, line, remarks


def lines(cassette: Cassette, sheet: Paper, view: View | None = None) -> list[str]:
    trace = Trace(cassette)
    drawn = rows(trace, view)
    place = columns(drawn, len(trace.nodes), sheet)
    axis = Axis(trace.start, trace.duration, place.bars)
    shown: list[str] = []
    for row in drawn:
        text = line(row, trace, axis, place, sheet).plain
        assert cell_len(text) == sheet.width
        shown += [text, *(each.plain for each in remarks(row, place, sheet))]
    return shown


def test_repeated_siblings_say_how_many_and_warn(basket: Cassette) -> None:
    shown = "\n".join(lines(basket, Paper(120)))
    assert "▸├ SELECT stock ×7   " in shown
    assert "   │   ! N+1: 7 calls, each after the one before it; one could ask for all" in shown
    assert "SELECT stock x7 " in "\n".join(lines(basket, Paper(80, ascii_only=True)))


def test_failures_among_repeated_siblings_are_counted(basket: Cassette) -> None:
    basket.spans[4].status, basket.spans[4].status_message = Status.ERROR, "deadlock detected"
    shown = "\n".join(lines(basket, Paper(120)))
    assert "   1✗ 70.0 ms" in shown
    assert "✗ 1 failed: deadlock detected" in shown


def test_what_is_folded_says_how_much(order: Cassette) -> None:
    assert "├ price basket [+2] " in "\n".join(lines(order, Paper(120), View(depth=2)))


@pytest.mark.parametrize("width", [40, 60, 80, 120, 250])
def test_every_line_is_as_wide_as_the_paper(basket: Cassette, width: int) -> None:
    assert lines(basket, Paper(width))


def test_the_kind_has_a_sign_where_there_is_room(basket: Cassette) -> None:
    wide = lines(basket, Paper(120))
    assert "⇄ server asgi" in wide[0]
    assert "≡ client asyncpg" in wide[1]
    assert "# client asyncpg" in lines(basket, Paper(120, ascii_only=True))[1]
    assert "≡" not in lines(basket, Paper(60))[1]


def test_what_has_not_ended_says_so() -> None:
    trace = standing(recordings.order_underway(), recordings.BEGAN + 400 * recordings.MS)
    for width, said, done in ((100, " open ", "404"), (60, "   …", "404")):
        sheet = Paper(width)
        drawn = rows(trace)
        place = columns(drawn, len(trace.nodes), sheet)
        shown = [line(row, trace, Axis(trace.start, trace.duration, place.bars), place, sheet).plain for row in drawn]
        assert said in shown[0]
        assert done in shown[4]
