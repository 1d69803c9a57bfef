"""The stretch of time that a view shows: zoomed into, moved, never past the ends of the trace."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

SHORTEST: Final = 1_000
"""ns that a window has at least (or all of a trace that is shorter)."""


@dataclass(frozen=True, slots=True)
class Window:
    """`length` ns from `start` (ns since the epoch), of all from `first` on for `whole` ns."""

    first: int
    whole: int
    start: int
    length: int

    @classmethod
    def over(cls, start: int, end: int) -> Window:
        """A window that shows everything."""
        return cls(start, end - start, start, end - start)

    def zoomed(self, factor: float, around: int | None = None) -> Window:
        """`factor` times as long, with the moment `around` (else the middle) where it was."""
        around = self.start + self.length // 2 if around is None else around
        length = min(self.whole, max(min(SHORTEST, self.whole), round(self.length * factor)))
        share = (around - self.start) / self.length if self.length else 0.5
        return self._at(around - round(length * min(1.0, max(0.0, share))), length)

    def moved(self, share: float) -> Window:
        """Moved by a share of its own length."""
        return self._at(self.start + round(self.length * share), self.length)

    def on(self, start: int, end: int) -> Window:
        """The window on a span, with a little room around it."""
        room = (end - start) // 20
        length = min(self.whole, max(min(SHORTEST, self.whole), end - start + 2 * room))
        return self._at(start - room, length)

    def all(self) -> Window:
        """Everything."""
        return Window.over(self.first, self.first + self.whole)

    def over_all_of(self, start: int, end: int) -> Window:
        """The same of a trace that has grown: everything if it was everything, else the stretch that it was."""
        if not self.zoomed_in:
            return Window.over(start, end)
        return Window(start, end - start, start, end - start)._at(self.start, min(self.length, end - start))

    @property
    def zoomed_in(self) -> bool:
        """Whether it shows less than everything."""
        return self.length < self.whole

    def _at(self, start: int, length: int) -> Window:
        start = min(max(start, self.first), self.first + self.whole - length)
        return replace(self, start=start, length=length)
