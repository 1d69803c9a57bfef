"""The flame graph: spans that do the same in the same place are one frame, as wide as their time."""

from __future__ import annotations

from rich.text import Text
from textual.binding import Binding

from timetracer.analysis.flame import Frame, flame
from timetracer.analysis.trace import Trace
from timetracer.terminal.flame_lines import caption, level_line
from timetracer.terminal.paper import Paper
from timetracer.viewer.lines import Lines


class FlameGraph(Lines):
    """The first line says what the chosen frame is; then a level a line."""

    BINDINGS = [  # noqa: RUF012
        Binding("left", "beside(-1)", "frame to the left", show=False),
        Binding("right", "beside(1)", "frame to the right", show=False),
    ]

    def __init__(self, trace: Trace, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._trace = trace
        self._levels: list[list[Frame]] | None = None
        self._places: dict[int, int] = {}

    def renew(self, trace: Trace) -> None:
        """The trace has grown."""
        self._trace, self._levels = trace, None
        if self.display:
            self.reload()

    @property
    def levels(self) -> list[list[Frame]]:
        """Made when the graph is first looked at."""
        if self._levels is None:
            self._levels = flame(self._trace)
        return self._levels

    @property
    def chosen(self) -> Frame | None:
        """The frame at the cursor."""
        if not self.levels:
            return None
        level = self.levels[min(max(0, self.cursor - 1), len(self.levels) - 1)]
        return level[min(self._places.get(self.cursor, 0), len(level) - 1)]

    @property
    def _whole(self) -> int:
        return sum(frame.width for frame in self.levels[0]) if self.levels else 0

    def count(self) -> int:
        return len(self.levels) + 1

    def line(self, place: int, paper: Paper) -> Text:
        if not place:
            return caption(self.chosen, self._whole, paper) if self.chosen else Text("no spans")
        return level_line(self.levels[place - 1], self._whole, paper.width, paper, self.chosen)

    def move_to(self, place: int) -> None:
        super().move_to(max(1, place))
        self.redraw()

    def action_beside(self, by: int) -> None:
        """The frame beside the chosen one, on its level."""
        if self.levels:
            level = self.levels[max(0, self.cursor - 1)]
            self._places[self.cursor] = min(max(0, self._places.get(self.cursor, 0) + by), len(level) - 1)
            self.redraw()
