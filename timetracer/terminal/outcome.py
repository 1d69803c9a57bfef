"""What became of a call in the replay that is laid over a trace: its sign, its colour, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from timetracer.analysis.layout import Row
from timetracer.analysis.overlay import WORDS, Word, why, word
from timetracer.cassette.model import Span
from timetracer.terminal.paper import ERROR, QUIET, WARNING, Paper

_SIGNS: Final[dict[Word, tuple[str, str, str]]] = {
    "missed": ("✗", "x", ERROR),
    "unplayed": ("○", "o", "magenta"),
    "relaxed": ("≈", "~", WARNING),
    "played": ("✓", "+", "green"),
}
"""The sign, its ASCII spelling, and the colour."""


def mark(row: Row, paper: Paper) -> str:
    """The sign before a row's title, and a blank; empty where no replay is laid over it."""
    became = _of(row)
    return paper.sign(*_SIGNS[became][:2]) + " " if became else ""


def mark_style(row: Row) -> str:
    """The colour of that sign; empty where there is none."""
    became = _of(row)
    return _SIGNS[became][2] if became else ""


def outcome_lines(span: Span, paper: Paper) -> Iterator[tuple[str, str, str]]:
    """(sign, words, colour) of what became of a call, if there is more to say than that it was played; and why."""
    became, reasons = word(span), why(span)
    if became is None or (became == "played" and not reasons):
        return
    sign, plain, colour = _SIGNS[became]
    if became != "missed":  # that is its error already
        yield paper.sign(sign, plain), f"{became} in the replay", colour
    yield from ((" ", reason, QUIET if became == "played" else colour) for reason in reasons)


def _of(row: Row) -> Word | None:
    """Of repeated siblings, what needs a look most."""
    spans = [node.span for node in row.repeat.members] if row.repeat else [row.span]
    found = {word(span) for span in spans}
    return next((each for each in WORDS if each in found), None)
