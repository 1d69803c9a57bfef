"""Figures of a trace as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from timetracer.analysis.amounts import duration
from timetracer.analysis.statistics import Figures
from timetracer.terminal.paper import CRITICAL, ERROR, QUIET, Paper

_AMOUNTS: Final = ("count", "failed", "total", "own", "p50", "p95", "p99", "share")
_CELLS: Final = 8
_BAR: Final = 10


def head(by: str, paper: Paper) -> Text:
    """The names of the columns."""
    names = "".join(f"{name:>{_CELLS}}" for name in _AMOUNTS[: _columns(paper)])
    return Text(paper.fit(by, _room(paper)) + names, f"{QUIET} underline")


def figures_line(figures: Figures, most: float, paper: Paper) -> Text:
    """One group. `most` is the largest share of all groups."""
    times = [
        duration(ns, ascii_only=paper.ascii_only)
        for ns in (figures.total, figures.own, figures.p50, figures.p95, figures.p99)
    ]
    cells = [f"{figures.count:,}", str(figures.failed or ""), *times, f"{figures.share:.1%}"][: _columns(paper)]
    line = Text().append(paper.fit(paper.text(figures.name), _room(paper)), "bold")
    for name, cell in zip(_AMOUNTS, cells, strict=False):
        line.append(" " + paper.fit(cell, _CELLS - 1, right=True), ERROR if name == "failed" else "")
    if _columns(paper) == len(_AMOUNTS):
        line.append(" " + paper.sign("█", "#") * round(_BAR * figures.share / most if most else 0), CRITICAL)
    return line


def widest(figures: Sequence[Figures]) -> float:
    """The largest share."""
    return max((each.share for each in figures), default=0.0)


def _columns(paper: Paper) -> int:
    return len(_AMOUNTS) if paper.width >= 100 else 6 if paper.width >= 70 else 4


def _room(paper: Paper) -> int:
    bar = _BAR + 1 if _columns(paper) == len(_AMOUNTS) else 0
    return max(8, paper.width - _CELLS * _columns(paper) - bar)
