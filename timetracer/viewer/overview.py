"""Above the waterfall: what the cassette is, the minimap, and the time axis."""

from __future__ import annotations

from rich.segment import Segment
from rich.text import Text
from textual.strip import Strip
from textual.widget import Widget

from timetracer.analysis.trace import Trace
from timetracer.terminal.heading import heading
from timetracer.terminal.minimap import Activity, activity, minimap
from timetracer.terminal.paper import QUIET, Paper, segments
from timetracer.terminal.waterfall import ruler
from timetracer.viewer.waterfall import Waterfall


class Overview(Widget):
    """Six lines at most."""

    DEFAULT_CSS = "Overview { height: 6; }"
    _measured: tuple[Paper, Trace, list[Text], Activity] | None = None
    _lines: tuple[Text, ...] = ()

    def render_line(self, y: int) -> Strip:
        style = self.rich_style
        if y >= len(self._lines):
            return Strip.blank(self.size.width, style)
        console = self.app.console  # pyright: ignore[reportUnknownMemberType]
        drawn = Segment.apply_style(segments(self._lines[y], console), style)
        return Strip(drawn).adjust_cell_length(self.size.width, style)

    def show(self, waterfall: Waterfall, *, axis: bool = True) -> None:
        """Draw anew for what the waterfall shows.

        Args:
            axis: whether the waterfall is what is below.
        """
        browser = waterfall.browser
        paper = Paper(max(40, self.size.width or self.screen.size.width), waterfall.ascii_only)
        trace = browser.trace
        if self._measured is None or self._measured[0] != paper or self._measured[1] is not trace:
            above = [*heading(trace.cassette, paper, underway=bool(trace.is_open))]
            self._measured = paper, trace, above, activity(trace, paper.width)
        *_, above, found = self._measured
        lines = [*above, *minimap(browser.trace, browser.window, found, paper)]
        if axis:
            place = waterfall.axis
            margin = " " * max(0, waterfall.paper.width - place.cells)
            start = place.start - browser.trace.start
            lines.append(Text(margin + place.labels(ascii_only=paper.ascii_only, offset=start), QUIET))
            lines.append(Text(margin + ruler(place, paper), QUIET))
        self._lines = (*lines,)
        self.styles.height = len(lines)
        self.refresh()
