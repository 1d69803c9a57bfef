"""The timeline of a cassette: one bar a span on a time axis, nested, with kind, status, duration and errors.

Pure: the same trace on the same paper gives the same lines.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from timetracer.analysis.amounts import counted
from timetracer.analysis.layout import View, rows
from timetracer.analysis.trace import Trace
from timetracer.terminal.axis import Axis
from timetracer.terminal.heading import heading
from timetracer.terminal.paper import QUIET, Paper
from timetracer.terminal.row_line import columns, line, remarks


def timeline(trace: Trace, paper: Paper, view: View | None = None) -> Iterator[Text]:
    """The lines of a timeline: a heading, the axis, a line a row and one for each error or oddity."""
    view = view or View()
    yield from heading(trace.cassette, paper)
    if view.kept is not None:
        yield Text(f"{len(view.kept):,} of {counted(len(trace.nodes), 'span')} match", QUIET)
    drawn = rows(trace, view)
    if not drawn:
        yield from () if view.kept is not None else (Text("no spans", QUIET),)
        return
    place = columns(drawn, len(trace.nodes), paper)
    axis = Axis(trace.start, trace.duration, place.bars)
    margin = " " * (paper.width - place.bars)
    yield Text(margin + axis.labels(ascii_only=paper.ascii_only), QUIET)
    yield Text(margin + ruler(axis, paper), QUIET)
    for row in drawn:
        shown = line(row, trace, axis, place, paper)
        if view.kept is not None and row.number not in view.kept:
            shown.stylize(QUIET)  # there only for its place
        yield shown
        yield from remarks(row, place, paper)


def ruler(axis: Axis, paper: Paper) -> str:
    """The line below the labels of an axis."""
    cells = [paper.sign("─", "-")] * axis.cells
    for cell, _ in axis.ticks():
        cells[cell] = paper.sign("┬", "+")
    return "".join(cells)
