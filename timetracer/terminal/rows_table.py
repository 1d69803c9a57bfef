"""Rows of a database as a table: columns aligned, numbers to the right, NULL told from an empty text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeGuard

from rich.cells import cell_len
from rich.text import Text

from timetracer.analysis.spelling import spelt
from timetracer.cassette.places import is_object
from timetracer.terminal.paper import QUIET, Paper

SHOWN: Final = 200
"""Rows that are shown."""
WIDEST: Final = 40
"""Cells of one column."""


def rows_table(columns: Sequence[Any], rows: Sequence[Any], paper: Paper) -> Iterator[Text]:
    """A line for the names of the columns (if there are any), then one a row."""
    shown = [[*row] if is_sequence(row) else [row] for row in rows[:SHOWN]]
    cells = [[_cell(item, paper) for item in row] for row in shown]
    names = [paper.text(_name(column)) for column in columns]
    count = max([len(names), *map(len, cells)], default=0)
    widths = [
        min(WIDEST, max([cell_len(row[place]) for row in [names, *cells] if place < len(row)], default=0))
        for place in range(count)
    ]
    numeric = [
        all(_is_number(row[place]) for row in shown if place < len(row)) and bool(shown) for place in range(count)
    ]
    if names:
        yield Text("  ".join(_fitted(names, widths, numeric, paper)).rstrip(), f"{QUIET} underline")
    for row, items in zip(cells, shown, strict=True):
        line = Text()
        for place, text in enumerate(_fitted(row, widths, numeric, paper)):
            style = QUIET if place < len(items) and items[place] is None else "cyan" if numeric[place] else ""
            line.append("  " if place else "").append(text, style)
        line.rstrip()
        yield line
    if len(rows) > SHOWN:
        yield Text(f"[{len(rows) - SHOWN:,} more]", QUIET)


def _fitted(row: list[str], widths: list[int], numeric: list[bool], paper: Paper) -> list[str]:
    return [paper.fit(text, widths[place], right=numeric[place]) for place, text in enumerate(row)]


def _cell(item: Any, paper: Paper) -> str:
    return "NULL" if item is None else paper.text(spelt(item), 4 * WIDEST)


def _name(column: Any) -> str:
    """A column is its name, or a list or a mapping that has it."""
    if is_sequence(column) and column:
        return spelt(column[0])
    return spelt(column["name"]) if is_object(column) and "name" in column else spelt(column)


def is_sequence(item: object) -> TypeGuard[Sequence[Any]]:
    """A list or a tuple; no text."""
    return isinstance(item, (list, tuple))


def _is_number(item: Any) -> bool:
    return (
        item is None
        or (isinstance(item, (int, float)) and not isinstance(item, bool))
        or type(item).__name__ == "Decimal"
    )
