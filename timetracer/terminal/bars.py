"""The bar of one row on the time axis: its own time full, its children's time shaded, chunks ticked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from timetracer.analysis.layout import Row
from timetracer.analysis.repeats import Repeat
from timetracer.analysis.semconv import has_failed
from timetracer.analysis.trace import Trace
from timetracer.analysis.tree import Node, finished
from timetracer.terminal.axis import Axis
from timetracer.terminal.paper import CRITICAL, ERROR, KIND_COLOUR, QUIET, Paper

_TICKS_DRAWN: Final = 1_000
"""Chunks whose ticks are drawn: no terminal has more cells than that to tell them apart."""


def bar(row: Row, trace: Trace, axis: Axis, paper: Paper, *, critical: bool = True) -> Text:
    """The row's bar on the grid of the axis, exactly as wide as it.

    Args:
        critical: whether the stretches on the critical path are marked.
    """
    cells = _Cells(axis, paper)
    if row.repeat:
        _draw_members(row.repeat, cells)
        for node in row.repeat.members:
            _open_end(node, trace, cells)
    else:
        path = trace.critical.get(row.number, ()) if critical else ()
        _draw_span(row.node, trace.own(row.node), path, cells)
        _open_end(row.node, trace, cells)
    return cells.text()


class _Cells:
    """One character and one style for each cell of the axis."""

    def __init__(self, axis: Axis, paper: Paper) -> None:
        self.axis, self.paper = axis, paper
        self.signs = [" "] * axis.cells
        self.styles = [QUIET] * axis.cells
        for cell, _ in axis.ticks():
            self.signs[cell] = paper.sign("┊", ":")

    def outside(self, start: int, end: int) -> bool:
        """Whether a stretch lies outside of the axis; if so, an arrow shows where to."""
        axis = self.axis
        if end < axis.start:
            self.put(0, self.paper.sign("◂", "<"), QUIET)
        elif start > axis.start + axis.length:
            self.put(axis.cells - 1, self.paper.sign("▸", ">"), QUIET)
        else:
            return False
        return True

    def put(self, first: int, signs: str, style: str) -> None:
        for cell, sign in enumerate(signs, first):
            if cell < len(self.signs):
                self.signs[cell], self.styles[cell] = sign, style

    def cell(self, time: int) -> int:
        axis = self.axis
        return min(axis.cells - 1, max(0, (time - axis.start) * axis.cells // max(1, axis.length)))

    def restyle(self, stretches: Sequence[tuple[int, int]], first: int, last: int, style: str) -> None:
        for cell in self.mostly(stretches, first, last):
            self.styles[cell] = style

    def mostly(self, stretches: Sequence[tuple[int, int]], first: int, last: int) -> list[int]:
        """The cells from `first` to `last` of whose time at least half lies in the stretches (in order, disjoint)."""
        axis, found, place = self.axis, list[int](), 0
        for cell in range(first, last + 1):
            left = axis.start + cell * axis.length // axis.cells
            right = axis.start + (cell + 1) * axis.length // axis.cells
            covered, look = 0, place
            while look < len(stretches) and stretches[look][0] < right:
                covered += max(0, min(right, stretches[look][1]) - max(left, stretches[look][0]))
                place = look if stretches[look][1] > right else look + 1
                look += 1
            if covered * 2 >= right - left > 0:
                found.append(cell)
        return found

    def text(self) -> Text:
        """Runs of one style as one piece."""
        line, begin = Text(), 0
        for cell in range(1, len(self.signs) + 1):
            if cell == len(self.signs) or self.styles[cell] != self.styles[begin]:
                line.append("".join(self.signs[begin:cell]), self.styles[begin])
                begin = cell
        return line


def _draw_span(node: Node, own: Sequence[tuple[int, int]], critical: Sequence[tuple[int, int]], cells: _Cells) -> None:
    span, axis, paper = node.span, cells.axis, cells.paper
    until = finished(span)
    if cells.outside(span.start, until):
        return
    colour = ERROR if has_failed(span) else KIND_COLOUR[span.kind]
    if until <= span.start:
        cells.put(axis.bar(span.start, span.start)[0], paper.sign("◆", "*"), colour)
        return
    first, marks = axis.bar(span.start, max(span.start, span.end), ascii_only=paper.ascii_only)
    after = first + len(marks)
    if until > span.end:
        tail_first, tail = axis.bar(span.end, until, ascii_only=paper.ascii_only)
        cells.put(after, paper.sign("╌", "-") * (tail_first + len(tail) - after), colour)
    cells.put(first, marks, colour)
    if node.children and span.end > span.start:
        mine = {*cells.mostly(own, first, after - 1)}
        for cell in range(first, after):
            if cell not in mine and cells.signs[cell] in ("█", "="):
                cells.signs[cell] = paper.sign("░", "~")
    if colour != ERROR:
        cells.restyle(critical, first, after - 1, CRITICAL)
    _tick_chunks(node, cells, first, after)


def _open_end(node: Node, trace: Trace, cells: _Cells) -> None:
    """A sign at the end of the bar of a span that has not ended yet."""
    end = node.span.end
    if node.number in trace.is_open and cells.axis.start <= end <= cells.axis.start + cells.axis.length:
        cells.signs[cells.cell(max(node.span.start, end - 1))] = cells.paper.sign("»", ">")


def _tick_chunks(node: Node, cells: _Cells, first: int, after: int) -> None:
    """A tick where each chunk of a stream arrived."""
    exchange = node.span.exchange
    if not exchange or not exchange.chunks or len(exchange.chunks) < 2:
        return
    for _, offset in exchange.chunks[:_TICKS_DRAWN]:
        moment = exchange.started + offset
        if cells.axis.start <= moment <= cells.axis.start + cells.axis.length:
            cell = cells.cell(moment)
            if cell >= after:
                cells.signs[cell] = cells.paper.sign("┼", "+")
            elif cell > first and cells.signs[cell] in ("█", "░", "=", "~"):
                cells.signs[cell] = cells.paper.sign("╪", "+")


def _draw_members(repeat: Repeat, cells: _Cells) -> None:
    """The bars of all members on one line."""
    for node in repeat.members:
        span = node.span
        colour = ERROR if has_failed(span) else KIND_COLOUR[span.kind]
        if not cells.outside(span.start, span.end):
            first, marks = cells.axis.bar(span.start, max(span.start, span.end), ascii_only=cells.paper.ascii_only)
            failed_before = cells.styles[first] == ERROR and colour != ERROR
            cells.put(first, marks, ERROR if failed_before else colour)
