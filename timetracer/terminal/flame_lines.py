"""A flame graph as lines: a level a line, a frame as wide as its share of the time, its title inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from timetracer.analysis.amounts import duration
from timetracer.analysis.flame import Frame
from timetracer.terminal.paper import ERROR, QUIET, Paper

_COLOURS: Final = ("black on cyan", "black on green", "black on blue", "black on magenta", "black on yellow")


def level_line(level: Sequence[Frame], whole: int, cells: int, paper: Paper, chosen: Frame | None = None) -> Text:
    """One level on so many cells.

    Args:
        whole: ns that all cells stand for.
        chosen: the frame that is marked.
    """
    line = Text()
    for frame in level:
        first = frame.start * cells // max(1, whole)
        last = max(first + 1, (frame.start + frame.width) * cells // max(1, whole))
        if first < line.cell_len or first >= cells:
            continue  # too narrow to be seen beside the one before it
        line.append(" " * (first - line.cell_len))
        room = min(last, cells) - first
        label = paper.fit(f" {paper.text(frame.title)}" if room > 2 else "", room - 1) + paper.sign("▕", "|")
        style = "white on red" if frame.failed else _COLOURS[_hue(frame.title)]
        line.append(label, f"bold {style} reverse" if frame is chosen else style)
    return line


def caption(frame: Frame, whole: int, paper: Paper) -> Text:
    """What a frame is, in one line."""
    times = f" {paper.sign('×', 'x')}{frame.count:,}" if frame.count > 1 else ""
    took, own = (duration(ns, ascii_only=paper.ascii_only) for ns in (frame.total, frame.own))
    line = Text().append(f"{paper.text(frame.title)}{times}", "bold")
    line.append(f"  {took}, own {own}, {frame.total / max(1, whole):.1%}", QUIET)
    return line.append(f"  {frame.failed} failed", ERROR) if frame.failed else line


def _hue(title: str) -> int:
    """The same for the same title, in every run."""
    return sum(title.encode(errors="replace")) % len(_COLOURS)
