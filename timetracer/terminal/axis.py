"""Time on a row of terminal cells: round ticks, and bars to an eighth of a cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from timetracer.analysis.amounts import HOUR, MINUTE, duration, round_duration

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_FULL, _RIGHT_HALF, _RIGHT_EIGHTH = "█", "▐", "▕"
_FEWEST = 3
"""Labels that an axis should have: with fewer, nobody sees its scale."""
_LONG_STEPS = (MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR)


@dataclass(frozen=True, slots=True)
class Axis:
    """The stretch from `start` (ns since the epoch) over `length` ns, drawn on `cells` cells."""

    start: int
    length: int
    cells: int

    def ticks(self) -> list[tuple[int, int]]:
        """(cell, ns since the axis began) at every multiple of the smallest round step whose labels have room."""
        return _ticks(self.length, self.cells)

    def labels(self, *, ascii_only: bool = False, offset: int = 0) -> str:
        """The ticks' labels on one line, each beginning at its tick's cell; one that has no room is left out.

        Args:
            offset: ns from the beginning of all time to that of this axis; then the first label says where it begins.
        """
        shown: list[tuple[int, str]] = []
        for cell, tick in self.ticks():
            label = round_duration(tick, ascii_only=ascii_only)
            if offset:
                label = f"+{label}" if tick else duration(offset, ascii_only=ascii_only)
            shown.append((cell, label))
        line, count = _written(shown, self.cells)
        if count < _FEWEST:  # the last one may end where the axis does: its tick is still below it
            cell, label = shown[-1]
            line, _ = _written([*shown[:-1], (max(0, min(cell, self.cells - len(label))), label)], self.cells)
        return line.ljust(self.cells)

    def bar(self, start: int, end: int, *, ascii_only: bool = False) -> tuple[int, str]:
        """(first cell, characters) of the stretch from `start` to `end` (ns since the epoch): at least one mark."""
        left, right = self._eighths(start), self._eighths(max(start, end))
        left = min(left, self.cells * 8 - 1)
        right = max(right, left + 1)
        first, last = left // 8, (right - 1) // 8
        if ascii_only:
            return first, "=" * (last - first + 1) if right - left > 4 else "|"
        head, tail = left % 8, right - last * 8
        if first == last:
            narrow = _RIGHT_EIGHTH if right - left < 3 else _RIGHT_HALF
            return first, narrow if head >= 4 else _EIGHTHS[right - left]
        begun = _FULL if head < 2 else _RIGHT_HALF if head < 7 else _RIGHT_EIGHTH
        return first, begun + _FULL * (last - first - 1) + _EIGHTHS[tail]

    def _eighths(self, time: int) -> int:
        inside = min(max(time - self.start, 0), self.length)
        return (inside * self.cells * 8 + self.length // 2) // max(1, self.length)


def _written(labels: list[tuple[int, str]], cells: int) -> tuple[str, int]:
    """(the line, how many have room on it) of labels with the cells that they begin at."""
    line, count = "", 0
    for cell, label in labels:
        if cell + len(label) <= cells and (not line or cell > len(line)):
            line, count = line.ljust(cell) + label, count + 1
    return line, count


@lru_cache(maxsize=64)
def _ticks(length: int, cells: int) -> list[tuple[int, int]]:
    step = 1
    while length and step * cells < length * (_longest_label(step, length) + 2):
        step = round_step(step + 1)
    best = _every(step, length, cells)
    for tried in _smaller(step):
        most = _labelled(best, cells)
        if most >= _FEWEST or not length:
            break
        ticks = _every(tried, length, cells)
        best = ticks if _labelled(ticks, cells) > most else best
    return best


def _smaller(step: int) -> Iterator[int]:
    """Steps below, the largest first: what is left of the tens, and a quarter and two fifths of ten."""
    power = 10 ** (len(str(step)) - 1)
    tens = [digits * unit // 10 for unit in (power, power // 10) for digits in (50, 40, 25, 20, 10)]
    yield from (tried for tried in tens if 0 < tried < step)


def _every(step: int, length: int, cells: int) -> list[tuple[int, int]]:
    return [(tick * cells // max(1, length), tick) for tick in range(0, length, step)] or [(0, 0)]


def _labelled(ticks: list[tuple[int, int]], cells: int) -> int:
    """How many labels stand on the line; none where one stands in the way of another."""
    ends = [cell + len(round_duration(tick)) for cell, tick in ticks]
    crowded = any(end >= cell for end, (cell, _) in zip(ends, ticks[1:], strict=False))
    return 0 if crowded else sum(end <= cells for end in ends)


def _longest_label(step: int, length: int) -> int:
    last = length // step * step
    return max(len(round_duration(tick)) for tick in (step, last - step, last) if tick >= 0)


def round_step(at_least: int) -> int:
    """The smallest round number of nanoseconds that is not less: 1, 2, 5 × 10ⁿ, or minutes, hours, days."""
    if at_least > 30 * 10**9:
        days = -(-at_least // (24 * HOUR))
        return next((step for step in _LONG_STEPS if step >= at_least), _decimal_step(days) * 24 * HOUR)
    return _decimal_step(at_least)


def _decimal_step(at_least: int) -> int:
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= at_least:
                return digit * power
        power *= 10
