"""A small window over the screen: a few things to choose from by their key, or a text to read."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from timetracer.terminal.paper import QUIET


class Choices(ModalScreen["str | None"]):
    """Ends with the key that was pressed; None for any other.

    Args:
        title: above the lines.
        lines: what each key does. A key of several characters is a heading's, and chooses nothing.
    """

    DEFAULT_CSS = """
    Choices { align: center middle; }
    Choices > VerticalScroll {
        width: auto; max-width: 90%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    Choices Static { width: auto; }
    """

    def __init__(self, title: str, lines: Mapping[str, str]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        wide = max(map(len, self._lines), default=0)
        drawn = [Text(self._title, "bold")]
        drawn += [Text.assemble((f"{key:>{wide}}", "bold cyan"), f"  {what}") for key, what in self._lines.items()]
        drawn.append(Text("any other key: back", QUIET))
        with VerticalScroll():
            yield Static(Text("\n").join(drawn), markup=False)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        chosen = event.character or event.key
        self.dismiss(chosen if chosen in self._lines else None)
