"""The waterfall: a row a span, folded, filtered, searched and zoomed as its `Browser` has it."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text

from timetracer.analysis.browsing import Browser
from timetracer.terminal.axis import Axis
from timetracer.terminal.paper import ERROR, QUIET, Paper
from timetracer.terminal.row_line import Columns, columns, line
from timetracer.viewer.lines import Lines


class Waterfall(Lines):
    """The rows of a browser."""

    DEFAULT_CSS = "Waterfall { min-width: 40; }"

    def __init__(self, browser: Browser, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.browser = browser
        self._columns: tuple[Paper, Columns] | None = None

    def count(self) -> int:
        return len(self.browser.rows)

    @property
    def columns(self) -> Columns:
        """Measured once for each width."""
        paper = self.paper
        if self._columns is None or self._columns[0] != paper:
            self._columns = paper, columns(self.browser.rows, len(self.browser.trace.nodes), paper)
        return self._columns[1]

    @property
    def axis(self) -> Axis:
        """The stretch of time that is shown."""
        window = self.browser.window
        return Axis(window.start, window.length, self.columns.bars)

    def line(self, place: int, paper: Paper) -> Text:
        browser, row = self.browser, self.browser.rows[place]
        shown = line(row, browser.trace, self.axis, self.columns, paper, critical=browser.critical)
        below = browser.trace.failures.get(row.number, 0)
        if row.folded and not row.repeat and below:
            shown.stylize(ERROR, 0, self.columns.number + 1 + self.columns.title)  # errors bubble up
        if browser.matches is not None and row.number not in browser.matches and not row.repeat:
            shown.stylize(QUIET)
        if browser.pattern:
            shown.highlight_words([browser.pattern], Style(reverse=True), case_sensitive=False)
        return shown

    def follow(self, *, laid_out: bool = True) -> None:
        """Show what the browser has come to.

        Args:
            laid_out: whether there are other rows than before.
        """
        moved = self.cursor != self.browser.cursor
        self.cursor = self.browser.cursor
        if laid_out:
            self._columns = None
            self.reload()
        else:
            self.show_cursor()
            self.redraw()
        if moved or laid_out:
            self.post_message(self.Moved(self))

    def move_to(self, place: int) -> None:
        self.browser.cursor = min(max(0, place), max(0, self.count() - 1))
        super().move_to(place)
