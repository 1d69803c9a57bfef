"""Lists of any length."""

from __future__ import annotations

import asyncio

from rich.text import Text
from textual.app import App, ComposeResult

from timetracer.terminal.paper import Paper
from timetracer.viewer.lines import Lines
from viewer.driving import settled


class Numbers(Lines):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.many = count
        self.drawn: set[int] = set()

    def count(self) -> int:
        return self.many

    def line(self, place: int, paper: Paper) -> Text:
        self.drawn.add(place)
        return Text(f"line {place}".ljust(paper.width))


class Shown(App[None]):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.lines = Numbers(count)
        self.heard: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.lines

    def on_lines_moved(self, event: Lines.Moved) -> None:
        self.heard.append(event.control.cursor)


def test_only_what_is_on_the_screen_is_drawn() -> None:
    async def drive() -> None:
        app = Shown(1_000_000)
        async with app.run_test(size=(40, 10)) as pilot:
            await settled(pilot)
            assert app.lines.drawn == set(range(10))
            await pilot.press("G")
            await settled(pilot)
            assert app.lines.drawn <= set(range(10)) | set(range(999_989, 1_000_000))
            assert app.lines.cursor == 999_999

    asyncio.run(drive())


def test_the_cursor_moves_by_keys_and_by_mouse() -> None:
    async def drive() -> None:
        app = Shown(100)
        async with app.run_test(size=(40, 10)) as pilot:
            for key, place in (
                ("j", 1),
                ("down", 2),
                ("k", 1),
                ("pagedown", 10),
                ("pageup", 1),
                ("G", 99),
                ("g", 0),
                ("k", 0),
            ):
                await pilot.press(key)
                assert app.lines.cursor == place, key
            await pilot.click(app.lines, offset=(3, 4))
            await settled(pilot)
            assert app.lines.cursor == 4
            assert app.heard == [1, 2, 1, 10, 1, 99, 0, 4]

    asyncio.run(drive())


def test_fewer_lines_keep_the_cursor_among_them() -> None:
    async def drive() -> None:
        app = Shown(100)
        async with app.run_test(size=(40, 10)) as pilot:
            await pilot.press("G")
            app.lines.many = 3
            app.lines.reload()
            await settled(pilot)
            assert app.lines.cursor == 2
            app.lines.many = 0
            app.lines.reload()
            await settled(pilot)
            assert app.lines.cursor == 0

    asyncio.run(drive())


def test_a_line_of_one_style_keeps_it() -> None:
    class Failed(Numbers):
        def line(self, place: int, paper: Paper) -> Text:
            return Text("wrong", "red")

    class Wrong(App[None]):
        def compose(self) -> ComposeResult:
            yield Failed(1)

    async def drive() -> None:
        app = Wrong()
        async with app.run_test(size=(40, 10)) as pilot:
            await settled(pilot)
            strips = app.screen._compositor.render_strips()
            (piece,) = (segment for strip in strips for segment in strip if segment.text.startswith("wrong"))
            assert piece.style
            assert piece.style.color
            assert piece.style.color.name == "red" or piece.style.color.triplet is not None

    asyncio.run(drive())
