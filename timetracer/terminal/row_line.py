"""One row of a waterfall as a line: number, nesting, title, kind, status, duration, bar; and the remarks below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from timetracer.analysis.amounts import duration
from timetracer.analysis.layout import Row
from timetracer.analysis.semconv import About, about
from timetracer.analysis.shape import category
from timetracer.analysis.trace import Trace
from timetracer.analysis.tree import oddities
from timetracer.cassette.model import Kind
from timetracer.terminal.axis import Axis
from timetracer.terminal.bars import bar
from timetracer.terminal.heading import status_colour
from timetracer.terminal.outcome import mark, mark_style, outcome_lines
from timetracer.terminal.paper import CRITICAL, ERROR, KIND_COLOUR, QUIET, WARNING, Paper

_SHORT_KIND = {
    Kind.UNSPECIFIED: "",
    Kind.INTERNAL: "int",
    Kind.SERVER: "srv",
    Kind.CLIENT: "cli",
    Kind.PRODUCER: "prod",
    Kind.CONSUMER: "cons",
}
_ICONS = {"http": ("⇄", "@"), "db": ("≡", "#"), "messaging": ("✉", "%"), "rpc": ("⇌", "&"), "internal": ("·", ".")}
_WIDE = 80
"""Cells from which kinds are written out."""
_TITLE_SHARE = 0.36
_FEWEST_TITLE_CELLS = 8
_FEWEST_BAR_CELLS = 10
_DURATION_CELLS = 7
_MEASURED = 300
"""Rows, the first and the last ones, that the columns are measured by."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells of each column; one blank between any two, but for the mark between number and title."""

    number: int
    title: int
    who: int
    status: int
    bars: int


def columns(drawn: Sequence[Row], spans: int, paper: Paper) -> Columns:
    """What suits the rows and the paper; `spans` is how many there are in all."""
    number, status = len(str(spans)), 3 if paper.width < _WIDE else 5
    measured = [(row, about(row.span)) for row in (*drawn[:_MEASURED], *drawn[_MEASURED:][-_MEASURED:])]
    who = min(
        max((cell_len(_who(row, facts, paper)) for row, facts in measured), default=0), 9 if paper.width < _WIDE else 18
    )
    taken = number + who + status + _DURATION_CELLS + 5
    most = min(int(paper.width * _TITLE_SHARE), paper.width - taken - _FEWEST_BAR_CELLS)
    wanted = max(
        (
            cell_len(guides(row, most, paper)) + cell_len(title(row, facts, paper)[: 2 * most])
            for row, facts in measured
        ),
        default=0,
    )
    cells = max(_FEWEST_TITLE_CELLS, min(wanted, most))
    return Columns(number, cells, who, status, max(1, paper.width - taken - cells))


def line(row: Row, trace: Trace, axis: Axis, place: Columns, paper: Paper, *, critical: bool = True) -> Text:
    """The row's line, exactly as wide as the paper.

    Args:
        critical: whether the critical path is marked.
    """
    span, facts = row.span, about(row.span)
    failed = row.repeat.failed > 0 if row.repeat else facts.failed
    nesting = guides(row, place.title, paper)
    named = paper.fit(title(row, facts, paper), place.title - cell_len(nesting))
    numbers = [node.number for node in row.repeat.members] if row.repeat else [row.number]
    on_path = critical and trace.on_path(*numbers)
    drawn = Text().append(f"{row.number:>{place.number}}", QUIET)
    drawn.append(paper.sign("▸", ">") if on_path else " ", CRITICAL).append(nesting, QUIET)
    drawn.append(named, "bold" if row.depth == 0 else "red" if failed else "")
    if became := mark_style(row):
        drawn.stylize(became, len(drawn) - len(named), len(drawn) - len(named) + 1)
    drawn.append(" " + paper.fit(_who(row, facts, paper), place.who), KIND_COLOUR[span.kind])
    status, colour = _status(row, facts, trace, paper)
    drawn.append(" " + paper.fit(status, place.status, right=True), colour)
    took = row.repeat.total if row.repeat else max(0, span.end - span.start)
    drawn.append(" " + paper.fit(duration(took, ascii_only=paper.ascii_only), _DURATION_CELLS, right=True))
    return drawn.append(" ").append_text(bar(row, trace, axis, paper, critical=critical))


def remarks(row: Row, place: Columns, paper: Paper) -> Iterator[Text]:
    """The lines below a row: its error, and what is odd about it."""
    facts = about(row.span)
    told: list[tuple[str, str, str]] = []
    if row.repeat:
        if row.repeat.n_plus_one:
            many = f"N+1: {len(row.repeat.members):,} calls, each after the one before it; one could ask for all"
            told.append(("!", many, WARNING))
        failed = next((node.span for node in row.repeat.members if about(node.span).failed), None)
        if failed:
            told.append((paper.sign("✗", "x"), f"{row.repeat.failed:,} failed: {about(failed).error}", ERROR))
    else:
        told += [(paper.sign("✗", "x"), facts.error, ERROR)] if facts.error else []
        told += outcome_lines(row.span, paper)
        told += [("!", oddity, WARNING) for oddity in oddities(row.node, ascii_only=paper.ascii_only)]
    for sign, words, style in told:
        indent = " " * (place.number + 1) + guides(row, place.title, paper, below=True)
        room = paper.width - cell_len(indent) - 2
        yield Text().append(indent, QUIET).append(f"{sign} {paper.clip(paper.text(words), room)}", style)


def guides(row: Row, title_cells: int, paper: Paper, *, below: bool = False) -> str:
    """The nesting lines before a title; in half the title's cells at most: deeper nesting is written as a number.

    With `below`, those of a line that belongs to the row's own line above it.
    """
    levels = max(1, title_cells // 4)
    through, bend, end, nothing = ("| ", "|-", "`-", "  ") if paper.ascii_only else ("│ ", "├ ", "└ ", "  ")
    shown = row.more[-levels:]
    hidden = row.depth - len(shown)
    drawn = f"{hidden}{paper.sign('…', '..')} " if hidden else ""
    if below and hidden:
        drawn = " " * cell_len(drawn)
    drawn += "".join(through if more else nothing for more in shown[:-1])
    if shown and below:
        drawn += through if shown[-1] else nothing
    elif shown:
        drawn += bend if shown[-1] else end
    if below:
        drawn += nothing if row.leaf else through
    return drawn


def title(row: Row, facts: About, paper: Paper) -> str:
    """The title on one line, without the ``http://`` that every other line would begin with."""
    became = mark(row, paper)
    if row.repeat:
        times = paper.sign("×", "x")
        return f"{became}{_shortened(row.repeat.title, paper)} {times}{len(row.repeat.members)}"
    said = _shortened(facts.title, paper)
    return f"{became}{said} [+{len(row.node.children):,}]" if row.folded else became + said


def _shortened(said: str, paper: Paper) -> str:
    method, space, target = said.partition(" ")
    for scheme in ("http://", "https://"):
        target = target.removeprefix(scheme)
    return paper.text(method + space + target)


def _who(row: Row, facts: About, paper: Paper) -> str:
    kind = row.span.kind.name.lower() if paper.width >= _WIDE else _SHORT_KIND[row.span.kind]
    named = f"{kind} {paper.text(facts.library)}".strip()
    return f"{paper.sign(*_ICONS[category(row.span)])} {named}" if paper.width >= _WIDE else named


def _status(row: Row, facts: About, trace: Trace, paper: Paper) -> tuple[str, str]:
    if row.repeat and row.repeat.failed:
        return f"{row.repeat.failed}{paper.sign('✗', 'x')}", ERROR
    nodes = row.repeat.members if row.repeat else (row.node,)
    if trace.is_open and any(node.number in trace.is_open for node in nodes):
        return paper.sign("…", "..") if paper.width < _WIDE else "open", WARNING
    said = "err" if facts.status == "error" and paper.width < _WIDE else paper.text(facts.status)
    return said, status_colour(facts)
