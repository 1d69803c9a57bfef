"""Two cassettes as lines."""

from __future__ import annotations

import json

import pytest

import recordings
from timetracer.analysis.alignment import aligned
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette
from timetracer.terminal.diff_lines import diff_data, diff_lines, pair_line
from timetracer.terminal.paper import Paper


def changed() -> Cassette:
    cassette = recordings.order()
    stock, prices = cassette.spans[3].exchange, cassette.spans[4]
    assert stock
    stock.response_body = b'{"total":1,"tags":["' + b"x" * 500 + b'"]}'
    prices.end += 600_000_000
    del cassette.spans[1]
    return cassette


def drawn(width: int = 100, *, ascii_only: bool = False, everything: bool = False) -> list[str]:
    pairs = aligned(Trace(recordings.order()), Trace(changed()))
    return [line.plain for line in diff_lines(pairs, Paper(width, ascii_only), everything=everything)]


def test_what_differs_is_told_with_what_it_is_in() -> None:
    lines = drawn()
    assert lines[:4] == [
        "  POST /orders/{id}  1.24 s → 1.24 s",
        "- ├ validate order  350 µs",
        "  ├ price basket  298 ms → 298 ms",
        "~ │ ├ GET stock:8080/items?id=3  87.0 ms → 87.0 ms",
    ]
    assert lines[4:7:2] == [
        "        response.body.price: 1.10 → nothing",
        "        response.body.total: 12345678901234567890123 → 1",
    ]
    assert '"' + "x" * 100 in lines[5] + lines[7]
    assert "more characters)" in lines[5] + lines[7]
    assert lines[-2].startswith("  │ └ GET prices.example.com")
    assert lines[-2].endswith("203 ms → 803 ms")
    assert lines[-1] == "1 missing, 1 changed"


def test_all_can_be_told() -> None:
    assert len(drawn(everything=True)) > len(drawn())


def test_in_ascii() -> None:
    assert all(line.isascii() for line in drawn(ascii_only=True))


@pytest.mark.parametrize("width", [60, 100, 200])
def test_both_bars_stand_side_by_side(width: int) -> None:
    before, after = Trace(recordings.order()), Trace(changed())
    for pair in aligned(before, after):
        assert pair_line(pair, Paper(width), (before, after)).cell_len <= width


def test_nothing_is_told_where_nothing_differs() -> None:
    pairs = aligned(Trace(recordings.order()), Trace(recordings.order()))
    assert [line.plain for line in diff_lines(pairs, Paper())] == ["no difference"]
    assert diff_data(pairs) == {"same": True, "spans": []}


def test_for_programs() -> None:
    data = json.loads(json.dumps(diff_data(aligned(Trace(recordings.order()), Trace(changed())))))
    assert not data["same"]
    assert [(span["change"], span["before"], span["after"]) for span in data["spans"]] == [
        ("missing", 2, None),
        ("changed", 4, 3),
        (None, 5, 4),
    ]
    assert data["spans"][1]["differences"][0]["path"] == "response.body.price"
