"""The statistics of a trace; ``s`` groups by the next thing."""

from __future__ import annotations

from rich.text import Text
from textual.binding import Binding

from timetracer.analysis.statistics import GROUPINGS, Figures, statistics
from timetracer.analysis.trace import Trace
from timetracer.terminal.paper import QUIET, Paper
from timetracer.terminal.statistics_table import figures_line, head, widest
from timetracer.viewer.lines import Lines


class StatisticsView(Lines):
    """The first line has the names of the columns."""

    BINDINGS = [Binding("s", "group", "group by the next", show=False)]  # noqa: RUF012

    def __init__(self, trace: Trace, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.by = next(iter(GROUPINGS))
        self._trace = trace
        self._made: dict[str, list[Figures]] = {}

    def renew(self, trace: Trace) -> None:
        """The trace has grown."""
        self._trace = trace
        self._made.clear()
        if self.display:
            self.reload()

    @property
    def figures(self) -> list[Figures]:
        """Made when they are first looked at."""
        if self.by not in self._made:
            self._made[self.by] = statistics(self._trace, self.by)
        return self._made[self.by]

    def count(self) -> int:
        return max(2, len(self.figures) + 1)

    def line(self, place: int, paper: Paper) -> Text:
        if not place:
            return head(f"{self.by} (s: by {', '.join(name for name in GROUPINGS if name != self.by)})", paper)
        if not self.figures:
            return Text("nothing of that kind", QUIET)
        return figures_line(self.figures[place - 1], widest(self.figures), paper)

    def action_group(self) -> None:
        """By the next of the groupings."""
        names = [*GROUPINGS]
        self.by = names[(names.index(self.by) + 1) % len(names)]
        self.reload()
