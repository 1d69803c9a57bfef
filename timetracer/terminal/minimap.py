"""A whole trace in one line: how much ran at each moment, where something failed, and which part is zoomed into."""

from __future__ import annotations

from itertools import accumulate
from typing import TypeAlias

from rich.text import Text

from timetracer.analysis.semconv import has_failed
from timetracer.analysis.trace import Trace
from timetracer.analysis.window import Window
from timetracer.terminal.axis import Axis
from timetracer.terminal.paper import CRITICAL, ERROR, QUIET, Paper

_LEVELS = " ▁▂▃▄▅▆▇█"
_ASCII_LEVELS = " .:-=+*#@"


Activity: TypeAlias = "tuple[list[int], list[bool]]"


def minimap(trace: Trace, window: Window, found: Activity, paper: Paper) -> list[Text]:
    """Two lines: the activity, red where a span failed; below it, the window. `found`: see `activity`."""
    counts, failed = found
    cells = len(counts)
    most = max(1, *counts)
    levels = _ASCII_LEVELS if paper.ascii_only else _LEVELS
    above, below = Text(), Text()
    axis = Axis(trace.start, trace.duration, cells)
    first, marks = axis.bar(window.start, window.start + window.length, ascii_only=True)
    for cell in range(cells):
        inside = first <= cell < first + len(marks)
        level = levels[-(-counts[cell] * 8 // most)]
        above.append(level, ERROR if failed[cell] else "cyan" if inside else QUIET)
        below.append(paper.sign("━", "=") if inside else paper.sign("─", "-"), CRITICAL if inside else QUIET)
    return [above, below]


def activity(trace: Trace, cells: int) -> Activity:
    """For each of so many equal parts of a trace, how many leaves ran in it, and whether a failed span ended in it."""
    steps, failed = [0] * (cells + 1), [False] * cells
    for node in trace.nodes:
        span = node.span
        last = min(cells - 1, _cell(trace, max(span.start, span.end), cells))
        if not node.children:
            steps[_cell(trace, span.start, cells)] += 1
            steps[last + 1] -= 1
        if has_failed(span):
            failed[last] = True
    return [*accumulate(steps)][:cells], failed


def _cell(trace: Trace, time: int, cells: int) -> int:
    return min(cells - 1, max(0, (time - trace.start) * cells // max(1, trace.duration)))
