"""Many cassettes, one a line: route (or path), status, duration, spans, error, service, name. Newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from timetracer.analysis.amounts import SECOND, counted, duration, moment, timestamp
from timetracer.analysis.spelling import service_name, spelt
from timetracer.terminal.paper import ERROR, QUIET, WARNING, Paper

if TYPE_CHECKING:
    from timetracer.store.entry import Entry

_GAP = 2
_LEAST = 10
"""Cells below which a column of names tells nothing."""
_MOST = 300
"""Cells of a column on the widest paper: a file name's length, and no stranger's text makes every line longer."""
_ENOUGH = 16
"""Cells of a column of names for whose sake another column is left out."""


@dataclass(frozen=True)
class _Column:
    title: str
    cells: list[str]
    style: str = ""
    right: bool = False
    shrinks: bool = False

    @cached_property
    def width(self) -> int:
        return max(map(len if self.ascii else cell_len, [self.title, *self.cells]))

    @cached_property
    def ascii(self) -> bool:
        return "".join(self.cells).isascii()

    def fitted(self, width: int, paper: Paper) -> list[str]:
        """All cells, that wide."""
        if self.ascii and self.width <= width:
            return (
                [cell.rjust(width) for cell in self.cells] if self.right else [cell.ljust(width) for cell in self.cells]
            )
        return [paper.fit(cell, width, right=self.right) for cell in self.cells]


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Entries by start, the latest first; those of one moment by name."""
    return sorted(sorted(entries, key=attrgetter("name")), key=attrgetter("start"), reverse=True)


class Table:
    """A table measured for the entries that it shows; lines are drawn one by one, when they are asked for.

    Args:
        is_open: whether the entry of a name has not ended yet.
    """

    def __init__(
        self, entries: Sequence[Entry], paper: Paper, is_open: Callable[[str], bool] = lambda _: False
    ) -> None:
        self.paper = paper
        self._entries = entries
        self._is_open = is_open
        self._columns = _fitted(_columns(entries, paper, is_open), paper)
        self._widths = _widths(self._columns, paper)

    def head(self) -> Text:
        """The names of the columns."""
        shown = (
            self.paper.fit(each.title, width, right=each.right)
            for each, width in zip(self._columns, self._widths, strict=True)
        )
        return Text((" " * _GAP).join(shown).rstrip(), QUIET)

    def line(self, index: int) -> Text:
        """One cassette."""
        line, entry = Text(), self._entries[index]
        for column, width in zip(self._columns, self._widths, strict=True):
            shown = self.paper.fit(column.cells[index], width, right=column.right)
            line.append(shown + " " * _GAP, _style(column, entry))  # one piece for both: it is half the work
        if self._is_open(entry.name):
            line.stylize(WARNING)
        line.rstrip()
        return line

    def lines(self) -> Iterator[Text | str]:
        """All of them; without colour (ten thousand into a pipe) at a fraction of the cost."""
        if self.paper.colour:
            yield from map(self.line, range(len(self._entries)))
            return
        columns = zip(self._columns, self._widths, strict=True)
        for cells in zip(*(column.fitted(width, self.paper) for column, width in columns), strict=True):
            yield (" " * _GAP).join(cells).rstrip()


def table(entries: Sequence[Entry], paper: Paper) -> Iterator[Text | str]:
    """The table of cassettes, in the order given. What is least asked for is left out where the paper is narrow."""
    if not entries:
        yield Text("no cassettes", QUIET)
        return
    measured = Table(entries, paper)
    yield measured.head()
    yield from measured.lines()
    failed = sum(entry.error for entry in entries)
    total = Text().append(counted(len(entries), "cassette"), QUIET)
    yield total.append(f", {failed:,} with errors", ERROR) if failed else total


def table_data(entry: Entry) -> dict[str, Any]:
    """What a line of the table says, for programs."""
    return {
        "name": entry.name,
        "kind": entry.kind,
        "start": timestamp(entry.start),
        "duration_ns": entry.duration,
        "method": entry.method or None,
        "route": entry.route,
        "target": entry.target,
        "status": entry.status,
        "error": entry.error,
        "service": entry.service or None,
        "spans": entry.spans,
        "bytes": entry.size,
        "fingerprint": entry.fingerprint,
    }


def _columns(entries: Sequence[Entry], paper: Paper, is_open: Callable[[str], bool] = lambda _: False) -> list[_Column]:
    statuses = {
        status: "" if status is None else paper.text(spelt(status)) for status in {entry.status for entry in entries}
    }
    return [
        _Column("when (UTC)", _whens(entries), QUIET),
        _Column("route or path", paper.texts([route(entry) for entry in entries]), "bold", shrinks=True),
        _Column("status", ["open" if is_open(entry.name) else statuses[entry.status] for entry in entries], right=True),
        _Column("took", _durations(entries, paper), right=True),
        _Column("spans", [f"{entry.spans:,}" for entry in entries], right=True),
        _Column("error", [paper.sign("✗", "x") if entry.error else "" for entry in entries], ERROR),
        _Column("service", paper.texts([service_name(entry.service) for entry in entries]), QUIET, shrinks=True),
        _Column("name", paper.texts([entry.name for entry in entries]), "cyan", shrinks=True),
    ]


def _whens(entries: Sequence[Entry]) -> list[str]:
    """Those of one second, and there are many of those in a long list, are spelt once."""
    seconds = [entry.start // SECOND for entry in entries]
    spelt_as = {second: moment(second * SECOND)[:19] for second in set(seconds)}
    return [spelt_as[second] for second in seconds]


def _durations(entries: Sequence[Entry], paper: Paper) -> list[str]:
    spelt_as = {ns: duration(ns, ascii_only=paper.ascii_only) for ns in {entry.duration for entry in entries}}
    return [spelt_as[entry.duration] for entry in entries]


def route(entry: Entry) -> str:
    """What the cassette is a recording of, in a few words: a route, or the path where none is known; a name where there
    is no request. A recording of calls outside any request is marked.
    """
    named = f"{entry.method} {entry.route}" if entry.method else entry.target
    return f"(process) {named}".rstrip() if entry.kind == "process" else named


def _fitted(columns: list[_Column], paper: Paper) -> list[_Column]:
    """The columns that have room; an empty one has no claim to any."""
    kept = [column for column in columns if any(column.cells)]
    for dispensable in ("service", "when (UTC)", "spans", "error"):
        if sum(_least(column) for column in kept) + _GAP * (len(kept) - 1) <= paper.width:
            break
        kept = [column for column in kept if column.title != dispensable]
    return kept


def _widths(columns: list[_Column], paper: Paper) -> list[int]:
    """The width of each column: its own, those that shrink made smaller, the widest first, until all fit."""
    widths = [min(column.width, _MOST) for column in columns]
    room = paper.width - _GAP * (len(columns) - 1)
    while sum(widths) > room:
        shrinking = [index for index, column in enumerate(columns) if column.shrinks and widths[index] > _LEAST]
        if not shrinking:
            break
        widths[max(shrinking, key=widths.__getitem__)] -= 1
    return widths


def _least(column: _Column) -> int:
    return min(column.width, _ENOUGH) if column.shrinks else column.width


def _style(column: _Column, entry: Entry) -> str:
    if column.title == "status":
        status = entry.status or 0
        return ERROR if status >= 500 else WARNING if status >= 400 else "green"
    return column.style
