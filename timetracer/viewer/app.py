"""The viewer: a list of cassettes (unless there is only one), and a screen for the one that is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from textual.app import App
from textual.binding import Binding

from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette
from timetracer.store.entry import Entry
from timetracer.viewer.choices import Choices
from timetracer.viewer.diff_screen import DiffScreen
from timetracer.viewer.following import Following
from timetracer.viewer.growing import Growing
from timetracer.viewer.list_screen import ListScreen
from timetracer.viewer.trace_screen import TraceScreen

THEMES: Final = ("textual-dark", "textual-light", "nord", "gruvbox", "solarized-light", "ansi-dark")
"""Those that ``t`` goes through; textual's own."""
_DIGITS: Final = 9
"""Replays that are offered: one a key."""

_LOOKS: Final = 4
"""Looks at a unit that is under way, for one at the list."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where cassettes come from."""

    title: str
    entries: Callable[[], list[Entry]]
    load: Callable[[str], Cassette]
    """Takes an entry's name.

    Raises:
        TimetracerError: it cannot be read.
    """
    replayed: Callable[[Cassette], Cassette] = lambda cassette: cassette
    """Lays a replay over it."""
    replays: Callable[[Cassette], list[tuple[str, Cassette]]] = lambda _: []
    """What replays of a cassette did, each with what to call it; the newest last."""
    following: Following | None = None
    """Tells of units of work that are under way; then `entries` and `load` are its own."""


class Viewer(App[None]):
    """The application.

    Args:
        source: what there is to look at.
        only: the name of the one cassette to show; empty: the list comes first.
        every: s between two looks for new cassettes; None: there is no looking.
        theme: one of textual's.

    Raises:
        TimetracerError: the one cassette cannot be read.
    """

    ENABLE_COMMAND_PALETTE = False
    TITLE = "timetracer"
    BINDINGS = [  # noqa: RUF012
        Binding("t", "next_theme", "next theme", show=False),
        Binding("ctrl+c", "quit", "end", show=False, priority=True),
    ]

    def __init__(
        self,
        source: Source,
        only: str = "",
        *,
        every: float | None = None,
        theme: str = THEMES[0],
        ascii_only: bool = False,
    ) -> None:
        super().__init__()
        self._source = source
        self._first = (only, source.load(only)) if only else None
        self._every = every
        self._ascii_only = ascii_only
        self.theme = theme

    def on_mount(self) -> None:
        if self._first is not None:
            self._show(*self._first)
        else:
            entries = self._source.entries
            self.push_screen(
                ListScreen(
                    entries,
                    self.show_cassette,
                    self._source.title,
                    every=self._every,
                    following=self._source.following,
                    ascii_only=self._ascii_only,
                )
            )

    def show_cassette(self, name: str) -> None:
        """Push its screen.

        Raises:
            TimetracerError: it cannot be read.
        """
        following = self._source.following
        trace = None
        if following is not None and following.is_open(name):
            name = following.cassette_of(name) or name
            trace = following.trace(name)
        if following is not None and trace is not None:
            growing = Growing(following, name, self._source.replayed, (self._every or 1.0) / _LOOKS)
            self.push_screen(TraceScreen(trace, name, self._compare, growing=growing, ascii_only=self._ascii_only))
        else:
            self._show(name, self._source.load(name))

    def _show(self, name: str, cassette: Cassette) -> None:
        trace = Trace(self._source.replayed(cassette))
        self.push_screen(TraceScreen(trace, name, self._compare, ascii_only=self._ascii_only))

    def _compare(self, shown: TraceScreen) -> None:
        """Let the user choose a cassette, or what a replay did, and show it beside the one that is on the screen."""
        recorded = self._source.load(shown.cassette_name)
        replays = {str(key): one for key, one in enumerate(self._source.replays(recorded)[: -_DIGITS - 1 : -1], 1)}
        if not replays:
            self._compare_listed(shown)
            return

        def chosen(key: str | None) -> None:
            if key in replays:
                name, kept = replays[key]
                names = shown.cassette_name, name
                self.push_screen(DiffScreen(Trace(recorded), Trace(kept), names, ascii_only=self._ascii_only))
            elif key is not None:
                self._compare_listed(shown)

        lines = {key: f"what the replay did: {name}" for key, (name, _) in replays.items()}
        self.push_screen(Choices("Compare with", {**lines, "c": "another cassette"}), chosen)

    def _compare_listed(self, shown: TraceScreen) -> None:
        def chosen(name: str) -> None:
            names = shown.cassette_name, name
            one, other = (Trace(self._source.load(each)) for each in names)
            self.pop_screen()
            self.push_screen(DiffScreen(one, other, names, ascii_only=self._ascii_only))

        title = f"compare {shown.cassette_name} with"
        following = self._source.following
        self.push_screen(
            ListScreen(self._source.entries, chosen, title, following=following, ascii_only=self._ascii_only)
        )

    def action_next_theme(self) -> None:
        """Light, dark, and some others."""
        place = THEMES.index(self.theme) if self.theme in THEMES else -1
        self.theme = next(
            name
            for turn in range(1, len(THEMES) + 1)
            if (name := THEMES[(place + turn) % len(THEMES)]) in self.available_themes
        )
