"""Rows as a table."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from timetracer.terminal.paper import Paper
from timetracer.terminal.rows_table import SHOWN, rows_table


def drawn(columns: list[Any], rows: list[Any]) -> list[str]:
    return [line.plain for line in rows_table(columns, rows, Paper())]


def test_numbers_stand_to_the_right_and_null_is_told_from_nothing() -> None:
    assert drawn(["sku", "price", "note"], [["A-1", Decimal("12.50"), None], ["B", 7, ""]]) == [
        "sku  price  note",
        "A-1  12.50  NULL",
        "B        7",
    ]


@pytest.mark.parametrize("columns", [["a"], [["a", 23]], [{"name": "a"}]])
def test_columns_come_in_several_shapes(columns: list[Any]) -> None:
    assert drawn(columns, [[1]]) == ["a", "1"]


def test_rows_may_be_longer_than_the_columns_or_none() -> None:
    assert drawn(["a"], [[1, "x"], [], "odd"]) == ["a", "1    x", "", "odd"]
    assert drawn([], []) == []


def test_long_tables_are_cut() -> None:
    assert drawn(["a"], [[number] for number in range(SHOWN + 5)])[-1] == "[5 more]"


def test_hostile_cells_stay_on_their_line() -> None:
    (line,) = drawn([], [["\x1b[2J\n" * 100]])
    assert line.isprintable()
    assert len(line) <= 40
