"""The viewer while a service records: what is under way is drawn before it ends, and becomes its cassette in place."""

from __future__ import annotations

import asyncio
from pathlib import Path

from recordings import MS
from timetracer.viewer.app import Viewer
from timetracer.viewer.flame_graph import FlameGraph
from timetracer.viewer.list_screen import ListScreen
from timetracer.viewer.statistics_view import StatisticsView
from timetracer.viewer.trace_screen import TraceScreen
from viewer.driving import settled, shown
from viewer.telling import Telling
from viewer.test_screens import check

SIZE = (100, 20)


def row(screen: str, words: str) -> str:
    return next(line for line in screen.splitlines() if words in line)


def test_it_is_first_in_the_list_and_its_trace_grows_until_it_is_its_cassette(tmp_path: Path) -> None:
    telling = Telling(tmp_path / "cassettes")

    async def drive() -> None:
        viewer = Viewer(telling.source, every=3_600)
        async with viewer.run_test(size=SIZE) as pilot:
            await settled(pilot)
            listed = viewer.screen
            assert isinstance(listed, ListScreen)
            telling.save_other()
            telling.tell()
            listed.refresh_entries()
            await settled(pilot)
            await pilot.press("g")
            check("underway-list", shown(viewer), SIZE)
            await pilot.press("enter")
            await settled(pilot)
            trace = viewer.screen
            assert isinstance(trace, TraceScreen)
            check("underway-trace", shown(viewer), SIZE)
            await pilot.press("j", "j", "j")
            at = trace.browser.row
            telling.now += 600 * MS
            trace.look()
            await settled(pilot)
            check("underway-later", shown(viewer), SIZE)
            assert at is not None
            assert trace.browser.row is not None
            assert trace.browser.row.span.span_id == at.span.span_id
            name = telling.write()
            trace.look()
            await settled(pilot)
            ended = shown(viewer)
            assert "it has ended" in ended
            assert "»" not in ended
            assert "under way" not in ended
            assert trace.cassette_name == name
            assert trace.browser.row.span.span_id == at.span.span_id
            await pilot.press("q")
            listed.refresh_entries()
            await settled(pilot)
            assert listed.cassettes.entries[listed.cassettes.cursor].name == name
            assert "under way" not in shown(viewer)

    asyncio.run(drive())


def test_what_ends_without_a_cassette_says_so(tmp_path: Path) -> None:
    telling = Telling(tmp_path / "cassettes")
    telling.tell()

    async def drive() -> None:
        viewer = Viewer(telling.source, every=3_600)
        async with viewer.run_test(size=SIZE) as pilot:
            await settled(pilot)
            await pilot.press("enter")
            await settled(pilot)
            trace = viewer.screen
            assert isinstance(trace, TraceScreen)
            telling.process.withdraw()
            for _ in range(100):
                trace.look()
            await settled(pilot)
            assert "it has ended, and has no cassette" in shown(viewer)
            await pilot.press("q", "enter")
            await settled(pilot)
            assert "it has ended, and has no cassette" in shown(viewer)

    asyncio.run(drive())


def test_the_other_views_grow_too(tmp_path: Path) -> None:
    telling = Telling(tmp_path / "cassettes")
    telling.tell()

    async def drive() -> None:
        viewer = Viewer(telling.source, every=3_600)
        async with viewer.run_test(size=SIZE) as pilot:
            await settled(pilot)
            await pilot.press("enter")
            await settled(pilot)
            trace = viewer.screen
            assert isinstance(trace, TraceScreen)
            flame, figures = trace.query_one(FlameGraph), trace.query_one(StatisticsView)

            def totals() -> tuple[int, int]:
                return flame.levels[0][0].width, max(each.total for each in figures.figures)

            for key in ("1", "2", "3"):
                await pilot.press(key)
                before = totals()
                telling.now += 1_000 * MS
                trace.look()
                await settled(pilot)
                assert totals() == (before[0] + 1_000 * MS, before[1] + 1_000 * MS)

    asyncio.run(drive())
