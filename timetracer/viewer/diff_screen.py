"""Two traces side by side: their spans aligned, each with both bars, and below those that differ, what differs."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from timetracer.analysis.alignment import Pair, aligned
from timetracer.analysis.differences import Difference
from timetracer.analysis.trace import Trace
from timetracer.terminal.diff_lines import difference_line, pair_line, summary
from timetracer.terminal.paper import Paper
from timetracer.viewer.choices import Choices
from timetracer.viewer.lines import Lines
from timetracer.viewer.page import Page
from timetracer.viewer.prompt import Prompt

HELP = {
    "j k g G": "down, up, first, last; also arrows, page keys, the mouse",
    "e": "next difference",
    "a": "only what differs, or all",
    "q Esc": "back",
}
"""What the keys of a comparison do."""


class PairList(Lines):
    """A line a span, and one for each value that differs."""

    def __init__(self, before: Trace, after: Trace, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.pairs = aligned(before, after)
        self._traces = before, after
        self._everything = True
        self._lines: list[tuple[Pair, Difference | None]] = []
        self._lay_out()

    def count(self) -> int:
        return len(self._lines)

    def line(self, place: int, paper: Paper) -> Text:
        pair, found = self._lines[place]
        if found is None:
            return pair_line(pair, paper, self._traces)
        return difference_line(found, "    " + "  " * min(pair.depth, 20), paper)

    def next_difference(self) -> bool:
        """Go to the next span that differs, going round at the end; whether there is one."""
        for turn in range(1, len(self._lines) + 1):
            place = (self.cursor + turn) % len(self._lines)
            pair, found = self._lines[place]
            if found is None and pair.change:
                self.move_to(place)
                return True
        return False

    def switch(self) -> bool:
        """Between all spans and those that differ; whether it is all now."""
        self._everything = not self._everything
        self._lay_out()
        self.reload()
        return self._everything

    def _lay_out(self) -> None:
        self._lines = [
            (pair, found)
            for pair in self.pairs
            if self._everything or pair.change or pair.slower
            for found in (None, *pair.found)
        ]


class DiffScreen(Page):
    """One comparison.

    Args:
        names: what the two cassettes are called.
    """

    BINDINGS = [  # noqa: RUF012
        Binding("e", "next", "next difference", show=False),
        Binding("a", "all", "only what differs, or all", show=False),
        Binding("question_mark", "help", "help", show=False),
        Binding("q,escape", "back", "back", show=False),
    ]
    DEFAULT_CSS = "DiffScreen > Static { height: 2; }"

    def __init__(self, before: Trace, after: Trace, names: tuple[str, str], *, ascii_only: bool = False) -> None:
        super().__init__()
        self._pairs = PairList(before, after, ascii_only=ascii_only)
        self._names = names

    def compose(self) -> ComposeResult:
        paper = Paper()
        told = [
            Text(f"{sign} {paper.text(name)}", "bold", no_wrap=True)
            for sign, name in zip("-+", self._names, strict=True)
        ]
        yield Static(Text("\n").join(told), markup=False)
        yield self._pairs
        yield Prompt()

    def on_mount(self) -> None:
        self._pairs.focus()
        self.say(f"{summary(self._pairs.pairs).plain}    e next    ? help")

    def action_next(self) -> None:
        if not self._pairs.next_difference():
            self.say("no difference")

    def action_all(self) -> None:
        self.say("all spans" if self._pairs.switch() else "only what differs")

    def action_help(self) -> None:
        self.viewer.push_screen(Choices("Keys", HELP))
