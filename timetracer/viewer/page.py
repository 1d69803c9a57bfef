"""What every full screen has: a prompt at the bottom to ask with and to speak through."""

from __future__ import annotations

from typing import cast

from textual.app import App
from textual.screen import Screen

from timetracer.viewer.prompt import Prompt


class Page(Screen[None]):
    """A screen with a `Prompt`."""

    @property
    def viewer(self) -> App[None]:
        """The application, by its type."""
        return cast("App[None]", self.app)  # pyright: ignore[reportUnknownMemberType]

    @property
    def prompt(self) -> Prompt:
        """The line at the bottom."""
        return self.query_one(Prompt)

    def action_back(self) -> None:
        """To the screen below; from the last one, the end."""
        if len(self.viewer.screen_stack) > 2:
            self.viewer.pop_screen()
        else:
            self.viewer.exit()

    def say(self, words: str, *, wrong: bool = False) -> None:
        """In the line at the bottom."""
        self.prompt.say(words, wrong=wrong)
