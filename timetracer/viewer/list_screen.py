"""The cassettes of a place: newest first, filtered as one types."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from timetracer.analysis.amounts import counted
from timetracer.errors import TimetracerError
from timetracer.store.entry import Entry
from timetracer.terminal.paper import QUIET, Paper
from timetracer.terminal.table import Table, newest_first
from timetracer.viewer.choices import Choices
from timetracer.viewer.following import Following
from timetracer.viewer.lines import Lines
from timetracer.viewer.page import Page
from timetracer.viewer.prompt import Prompt

HELP = {
    "j k g G": "down, up, first, last; also arrows, page keys, the mouse",
    "Enter": "show the cassette",
    "/": "only what has this in its route, status, service or name",
    "t": "next theme",
    "q": "end",
}
"""What the keys of the list do."""


class CassetteList(Lines):
    """A line a cassette, below the names of the columns."""

    BINDINGS = [Binding("enter", "choose", "show", show=False)]  # noqa: RUF012

    def __init__(self, following: Following | None = None, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._following = following
        self.entries: list[Entry] = []
        self._table: Table | None = None

    def count(self) -> int:
        return len(self.entries)

    @property
    def table(self) -> Table:
        """Measured once for each width and each choice of entries."""
        if self._table is None or self._table.paper != self.paper:
            self._table = Table(self.entries, self.paper, self.is_open)
        return self._table

    def is_open(self, name: str) -> bool:
        """Whether it is that of a unit of work that has no cassette yet."""
        return self._following is not None and self._following.is_open(name)

    def line(self, place: int, paper: Paper) -> Text:
        return self.table.line(place)

    def show(self, entries: list[Entry]) -> None:
        """Show these, the cursor on the one it was on."""
        at = self.entries[self.cursor].name if self.cursor < len(self.entries) else ""
        if self._following is not None and self._following.is_open(at):
            at = self._following.cassette_of(at) or at
        self.entries, self._table = entries, None
        self.cursor = next((place for place, entry in enumerate(entries) if entry.name == at), 0)
        self.reload()

    def action_choose(self) -> None:
        self.post_message(self.Chosen())


class ListScreen(Page):
    """What there is to look at.

    Args:
        entries: reads them.
        choose: called with the name of the one that is chosen; may raise a `TimetracerError`.
        title: what they are the cassettes of.
        every: s between two looks for new ones; None: there is no looking.
        following: knows which of the entries are units of work that are under way.
    """

    BINDINGS = [  # noqa: RUF012
        Binding("slash", "filter", "filter", show=False),
        Binding("question_mark", "help", "help", show=False),
        Binding("q,escape", "back", "end", show=False),
    ]
    DEFAULT_CSS = "ListScreen > Static { height: 1; }"

    def __init__(
        self,
        entries: Callable[[], list[Entry]],
        choose: Callable[[str], None],
        title: str,
        *,
        every: float | None = None,
        following: Following | None = None,
        ascii_only: bool = False,
    ) -> None:
        super().__init__()
        self._read = entries
        self._choose = choose
        self._title = title
        self._every = every
        self._following = following
        self._ascii_only = ascii_only
        self._all: list[Entry] = []
        self._wanted = ""

    def compose(self) -> ComposeResult:
        yield Static(Text(self._title, "bold", no_wrap=True), markup=False)
        yield Static("", id="head", markup=False)
        yield CassetteList(self._following, ascii_only=self._ascii_only)
        yield Prompt()

    def on_mount(self) -> None:
        self.cassettes.focus()
        self.refresh_entries()
        if self._every is not None:
            self.set_interval(self._every, self.refresh_entries)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_head)

    @property
    def cassettes(self) -> CassetteList:
        return self.query_one(CassetteList)

    def refresh_entries(self) -> None:
        """Read anew what there is; what is shown stays if that is the same."""
        entries = newest_first(self._read())
        entries.sort(key=lambda entry: not self.cassettes.is_open(entry.name))
        if entries != self._all or not entries:
            self._all = entries
            self._show()

    def _show(self) -> None:
        wanted = self._wanted.casefold().split()
        shown = [entry for entry in self._all if all(word in _searchable(entry) for word in wanted)]
        self.cassettes.show(shown)
        failed = sum(entry.error for entry in shown)
        under_way = sum(self.cassettes.is_open(entry.name) for entry in shown)
        said = f"{len(shown):,} of {len(self._all):,}" if wanted else counted(len(shown) - under_way, "cassette")
        said = f"{under_way:,} under way, {said}" if under_way else said
        watching = "; watching for more" if self._every is not None else ""
        if not self.prompt.purpose:
            self.prompt.say(f"{said}, {failed:,} with errors{watching}    Enter show    / filter    ? help")
        self.call_after_refresh(self._show_head)

    def _show_head(self) -> None:
        head = self.cassettes.table.head() if self.cassettes.entries else Text("no cassettes", QUIET)
        head.no_wrap = True
        self.query_one("#head", Static).update(head)

    def action_filter(self) -> None:
        self.prompt.ask("/", self._wanted, "route, status, service, name")

    def action_help(self) -> None:
        self.viewer.push_screen(Choices("Keys", HELP))

    def on_prompt_typed(self, event: Prompt.Typed) -> None:
        self._wanted = "" if event.given_up else event.text
        self._show()
        if event.done or event.given_up:
            self.cassettes.focus()

    def on_lines_chosen(self) -> None:
        cassettes = self.cassettes
        if cassettes.entries:
            try:
                self._choose(cassettes.entries[cassettes.cursor].name)
            except TimetracerError as fault:
                self.prompt.say(str(fault), wrong=True)


def _searchable(entry: Entry) -> str:
    error = "error" if entry.error else ""
    return f"{entry.method} {entry.target} {entry.route} {entry.status} {entry.service} {entry.name} {error}".casefold()
