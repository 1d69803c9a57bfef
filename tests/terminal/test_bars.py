"""The bar of one row."""

from __future__ import annotations

import pytest

from timetracer.analysis.layout import View, rows
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette, Exchange, Kind, Span, Status
from timetracer.terminal.axis import Axis
from timetracer.terminal.bars import bar
from timetracer.terminal.paper import CRITICAL, ERROR, Paper

MS = 1_000_000


def span(name: str, start: int, end: int, parent: str = "", kind: Kind = Kind.INTERNAL) -> Span:
    return Span(name, "t", name, parent, kind, start * MS, end * MS)


def drawn(
    *spans: Span,
    number: int = 1,
    window: tuple[int, int] = (0, 20),
    ascii_only: bool = False,
    is_open: frozenset[int] = frozenset(),
) -> str:
    trace = Trace(Cassette([*spans]), is_open)
    row = next(row for row in rows(trace) if row.number == number)
    axis = Axis(window[0] * MS, (window[1] - window[0]) * MS, 20)
    shown = bar(row, trace, axis, Paper(80, ascii_only))
    assert len(shown.plain) == 20
    return shown.plain.rstrip(" ┊:")


def test_own_time_is_full_and_that_of_children_shaded() -> None:
    assert drawn(span("a", 0, 20), span("b", 5, 10, "a"), span("c", 12, 18, "a")) == "█████░░░░░██░░░░░░██"
    assert drawn(span("a", 0, 20), span("b", 5, 10, "a"), ascii_only=True) == "=====~~~~~=========="


def test_a_leaf_is_all_its_own() -> None:
    assert drawn(span("a", 0, 20), span("b", 5, 10, "a"), number=2).strip("┊ ") == "█████"


def stream(*offsets: int) -> Span:
    made = span("a", 0, 10)
    made.exchange = Exchange("httpx", "GET", {}, chunks=[(1, at * MS) for at in offsets], started=0, ended=18 * MS)
    return made


def test_each_chunk_is_a_tick() -> None:
    assert drawn(stream(4, 12, 17)) == "████╪█████╌╌┼╌╌╌╌┼"
    assert drawn(stream(4, 12, 17), ascii_only=True) == "====+=====--+----+"


def test_a_body_in_one_piece_has_none() -> None:
    assert drawn(stream(12)) == "██████████╌╌╌╌╌╌╌╌"


def test_ten_thousand_chunks_are_no_trouble() -> None:
    assert drawn(stream(*[12] * 10_000)).count("┼") == 1


@pytest.mark.parametrize(("window", "arrow"), [((30, 40), "◂"), ((-20, -10), "▸")])
def test_what_is_outside_of_the_window_says_where(window: tuple[int, int], arrow: str) -> None:
    assert arrow in drawn(span("a", 0, 20), window=window)


def test_repeated_siblings_share_a_line() -> None:
    calls = [span(f"c{place}", place * 4, place * 4 + 2, "a", Kind.CLIENT) for place in range(5)]
    for call in calls:
        call.name = "call"
    assert drawn(span("a", 0, 20), *calls, number=2).replace("┊", " ") == "██  ██  ██  ██  ██"


def styles(*spans: Span, number: int, together: bool = True) -> set[str]:
    trace = Trace(Cassette([*spans]))
    row = next(row for row in rows(trace, View(together=together)) if row.number == number)
    return {str(part.style) for part in bar(row, trace, Axis(0, 20 * MS, 20), Paper()).spans}


def test_the_critical_path_has_a_colour_of_its_own_and_failures_keep_theirs() -> None:
    root, on, off = span("a", 0, 20), span("b", 2, 19, "a"), span("c", 2, 9, "a")
    assert CRITICAL in styles(root, on, off, number=2)
    assert CRITICAL not in styles(root, on, off, number=3)
    on.status = Status.ERROR
    assert ERROR in styles(root, on, off, number=2)
    assert CRITICAL not in styles(root, on, off, number=2)


def test_one_failure_among_many_is_seen() -> None:
    calls = [Span("call", "t", f"c{place}", "a", Kind.CLIENT, place * 1000, place * 1000 + 1) for place in range(9)]
    calls[4].status = Status.ERROR
    assert ERROR in styles(span("a", 0, 20), *calls, number=2)


def test_what_has_not_ended_has_an_open_end() -> None:
    running = span("a", 0, 20), span("b", 5, 10, "a"), span("c", 12, 20, "a")
    assert drawn(*running, is_open=frozenset({1, 3})) == "█████░░░░░██░░░░░░░»"
    assert drawn(*running, is_open=frozenset({1, 3}), number=3).strip("┊ ") == "███████»"
    assert drawn(*running, is_open=frozenset({1, 3}), number=2).strip("┊ ") == "█████"
    assert drawn(*running, is_open=frozenset({1, 3}), ascii_only=True) == "=====~~~~~==~~~~~~~>"
    assert "»" not in drawn(*running, is_open=frozenset({1, 3}), window=(0, 10))


def test_repeated_siblings_of_which_one_has_not_ended_have_an_open_end() -> None:
    calls = [span(str(number), number * 2, number * 2 + 2, "a", Kind.CLIENT) for number in range(10)]
    for each in calls:
        each.name = "call"
    assert drawn(span("a", 0, 20), *calls, number=2, is_open=frozenset({11})).endswith("»")
