"""Two cassettes side by side, as lines: what was added, what is missing, what differs and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from rich.cells import cell_len
from rich.text import Text

from timetracer.analysis.alignment import Pair
from timetracer.analysis.amounts import duration
from timetracer.analysis.differences import Difference
from timetracer.analysis.layout import Row
from timetracer.analysis.semconv import about
from timetracer.analysis.trace import Trace
from timetracer.terminal.axis import Axis
from timetracer.terminal.bars import bar
from timetracer.terminal.paper import ERROR, QUIET, WARNING, Paper
from timetracer.terminal.row_line import guides, title

SIGNS: Final = {
    "added": ("+", "green"),
    "missing": ("-", "red"),
    "changed": ("~", WARNING),
    "moved": (">", "cyan"),
    "": (" ", ""),
}
_SHOWN: Final = 200
"""Characters of a value."""
_TITLE_SHARE: Final = 0.4


def diff_lines(pairs: Sequence[Pair], paper: Paper, *, everything: bool = False) -> Iterator[Text]:
    """The spans that differ with those that they are in, and below each what differs; last, how much."""
    shown = {*range(len(pairs))} if everything else _with_ancestors(pairs)
    for place, pair in enumerate(pairs):
        if place in shown:
            yield pair_line(pair, paper)
            for found in pair.found:
                yield difference_line(found, "    " + "  " * min(pair.depth, 20), paper)
    yield summary(pairs)


def pair_line(pair: Pair, paper: Paper, traces: tuple[Trace, Trace] | None = None) -> Text:
    """One span of both.

    Args:
        traces: with them, its bars on both time axes, side by side.
    """
    sign, style = SIGNS[pair.change]
    row = Row(pair.node, pair.depth, pair.more, leaf=True)
    line = Text().append(f"{sign} ", style)
    nesting = guides(row, int(paper.width * _TITLE_SHARE), paper)
    line.append(nesting, QUIET)
    times = _times(pair, paper)
    room = paper.width - line.cell_len
    if traces:
        room = int(paper.width * _TITLE_SHARE) - line.cell_len
        line.append(paper.fit(title(row, about(pair.node.span), paper), max(1, room)), style)
        line.append(
            f" {paper.fit(times, 20, right=True)} ", QUIET if not pair.slower else ERROR if pair.slower > 1 else "green"
        )
        cells = max(1, (paper.width - line.cell_len - 1) // 2)
        for number, (node, trace) in enumerate(((pair.before, traces[0]), (pair.after, traces[1]))):
            axis = Axis(trace.start, max(each.duration for each in traces), cells)
            drawn = Row(node, 0, (), leaf=True) if node else None
            line.append_text(bar(drawn, trace, axis, paper, critical=False) if drawn else Text(" " * cells))
            line.append(" " if not number else "")
        return line
    line.append(paper.clip(title(row, about(pair.node.span), paper), max(1, room - cell_len(times) - 2)), style)
    return line.append(f"  {times}", QUIET if not pair.slower else ERROR if pair.slower > 1 else "green")


def difference_line(found: Difference, indent: str, paper: Paper) -> Text:
    """``request.body.n: 1 → 2``."""
    line = Text(indent).append(paper.text(found.path), "cyan").append(": ", QUIET)
    before, after = (
        paper.text(_around(value, other)) for value, other in ((found.before, found.after), (found.after, found.before))
    )
    line.append(before if found.before is not None else "nothing", "red" if found.before is not None else QUIET)
    line.append(paper.sign(" → ", " -> "), QUIET)
    return line.append(after if found.after is not None else "nothing", "green" if found.after is not None else QUIET)


def summary(pairs: Iterable[Pair]) -> Text:
    """How much differs; ``no difference`` where nothing does."""
    counts = Counter(pair.change for pair in pairs)
    told = [f"{counts[change]:,} {change}" for change in ("added", "missing", "changed", "moved") if counts[change]]
    return Text(", ".join(told), WARNING) if told else Text("no difference", "green")


def diff_data(pairs: Sequence[Pair]) -> dict[str, Any]:
    """The same for programs; spans without any difference are left out."""
    return {
        "same": not any(pair.change for pair in pairs),
        "spans": [
            {
                "change": pair.change or None,
                "title": about(pair.node.span).title,
                "before": pair.before.number if pair.before else None,
                "after": pair.after.number if pair.after else None,
                "before_ns": pair.before.span.end - pair.before.span.start if pair.before else None,
                "after_ns": pair.after.span.end - pair.after.span.start if pair.after else None,
                "moved": pair.moved,
                "differences": [{"path": each.path, "before": each.before, "after": each.after} for each in pair.found],
            }
            for pair in pairs
            if pair.change or pair.slower
        ],
    }


def _times(pair: Pair, paper: Paper) -> str:
    took = [
        duration(max(0, node.span.end - node.span.start), ascii_only=paper.ascii_only)
        for node in (pair.before, pair.after)
        if node
    ]
    return paper.sign(" → ", " -> ").join(took)


def _with_ancestors(pairs: Sequence[Pair]) -> set[int]:
    shown: set[int] = set()
    path: list[int] = []
    for place, pair in enumerate(pairs):
        del path[pair.depth :]
        path.append(place)
        if pair.change or pair.slower:
            shown.update(path)
    return shown


def _around(value: str | None, other: str | None) -> str:
    """A value from shortly before the first place where it differs from the other."""
    if value is None or len(value) <= _SHOWN:
        return value or ""
    first = next(
        (place for place, (a, b) in enumerate(zip(value, other or "", strict=False)) if a != b), len(other or "")
    )
    start = max(0, first - _SHOWN // 4)
    rest = len(value) - start - _SHOWN
    return f"{'…' if start else ''}{value[start : start + _SHOWN]}{f'… ({rest:,} more characters)' if rest > 0 else ''}"
