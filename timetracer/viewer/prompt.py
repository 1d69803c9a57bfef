"""One line at the bottom: what is typed (a search, a filter), or what has just happened."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from timetracer.terminal.paper import ERROR, QUIET


class Prompt(Horizontal):
    """Asks for a line of text when it is told to, otherwise shows a message."""

    DEFAULT_CSS = """
    Prompt { height: 1; dock: bottom; background: $panel; }
    Prompt > Static { width: auto; padding: 0 1 0 0; }
    Prompt > Input, Prompt > Input:focus { display: none; border: none; height: 1; padding: 0; background: $panel; }
    Prompt.asking > Input, Prompt.asking > Input:focus { display: block; width: 1fr; }
    """

    class Typed(Message):
        """The text has changed; `done` if it was finished with Enter, `given_up` with Escape."""

        def __init__(self, purpose: str, text: str, *, done: bool = False, given_up: bool = False) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text
            self.done = done
            self.given_up = given_up

    BINDINGS = [Binding("escape", "give_up", "give up", show=False)]  # noqa: RUF012

    purpose = ""

    def compose(self) -> ComposeResult:
        yield Static("", markup=False)
        yield Input()

    def ask(self, purpose: str, text: str = "", hint: str = "") -> None:
        """Take a line of text; what has been typed before stands there already."""
        self.purpose = purpose
        self.query_one(Static).update(Text(purpose, "bold"))
        entry = self.query_one(Input)
        entry.placeholder = hint
        self.add_class("asking")
        with entry.prevent(Input.Changed):
            entry.value = text
        entry.focus()

    def say(self, words: str, *, wrong: bool = False) -> None:
        """Show a message."""
        self.remove_class("asking")
        self.purpose = ""
        self.query_one(Static).update(Text(words, ERROR if wrong else QUIET, no_wrap=True))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.purpose:
            self.post_message(self.Typed(self.purpose, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._end(event.value)

    def action_give_up(self) -> None:
        """What was typed does not count."""
        self._end("", given_up=True)

    def _end(self, text: str, *, given_up: bool = False) -> None:
        purpose, self.purpose = self.purpose, ""
        self.remove_class("asking")
        if purpose:
            self.post_message(self.Typed(purpose, text, done=not given_up, given_up=given_up))
