"""The line at the bottom."""

from __future__ import annotations

import asyncio

from textual.app import App, ComposeResult

from timetracer.viewer.prompt import Prompt
from viewer.driving import settled


class Asked(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, str, bool, bool]] = []

    def compose(self) -> ComposeResult:
        yield Prompt()

    def on_prompt_typed(self, event: Prompt.Typed) -> None:
        self.heard.append((event.purpose, event.text, event.done, event.given_up))


def heard(*keys: str, before: str = "") -> list[tuple[str, str, bool, bool]]:
    async def drive() -> list[tuple[str, str, bool, bool]]:
        app = Asked()
        async with app.run_test(size=(40, 3)) as pilot:
            app.query_one(Prompt).ask("/", before)
            await settled(pilot)
            await pilot.press(*keys)
            await settled(pilot)
            return app.heard

    return asyncio.run(drive())


def test_each_key_is_told_and_then_the_end() -> None:
    assert heard("a", "b", "enter") == [("/", "a", False, False), ("/", "ab", False, False), ("/", "ab", True, False)]


def test_escape_gives_up() -> None:
    assert heard("a", "escape") == [("/", "a", False, False), ("/", "", False, True)]


def test_what_was_typed_before_is_no_news() -> None:
    assert heard("enter", before="old") == [("/", "old", True, False)]
