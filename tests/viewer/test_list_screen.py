"""The list of cassettes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

import recordings
from timetracer.errors import CassetteDamaged
from timetracer.store.entry import Entry, describe
from timetracer.viewer.app import Source, Viewer
from timetracer.viewer.list_screen import ListScreen
from timetracer.viewer.trace_screen import TraceScreen
from viewer.driving import driven, screen, settled, source


@pytest.fixture
def three() -> Source:
    return source(recordings.order(), recordings.basket(), recordings.basket(9))


def test_enter_shows_the_cassette_and_q_leads_back(three: Source) -> None:
    assert driven(three, ["j", "enter"], lambda viewer: viewer.screen.cassette_name, only="") == "b"  # type: ignore[attr-defined]
    assert driven(three, ["j", "enter", "q"], lambda viewer: isinstance(viewer.screen, ListScreen), only="")


def test_it_filters_as_one_types(three: Source) -> None:
    assert screen(three, "slash", *"basket", only="").count("GET /basket/{id}") == 2
    assert "1 of 3" in screen(three, "slash", *"502", "enter", only="")
    assert "3 cassettes" in screen(three, "slash", *"502", "escape", only="")
    assert "no cassettes" in screen(three, "slash", *"bananas", only="")


def test_what_cannot_be_read_says_so() -> None:
    def load(name: str) -> None:
        raise CassetteDamaged(name, "not JSON")

    broken = replace(source(recordings.order()), load=load)  # type: ignore[arg-type]
    assert "not JSON" in screen(broken, "enter", only="")


def test_ten_thousand_cassettes_are_no_trouble() -> None:
    entry = describe(recordings.order(), "a", "unit", 1)
    many = [entry._replace(name=f"{number:05}", start=number) for number in range(10_000)]
    shown = screen(Source("many", lambda: many, lambda _: recordings.order()), "G", only="")
    assert "00000" in shown
    assert "10,000 cassettes" in shown


def test_while_watching_new_ones_appear_and_the_cursor_stays() -> None:
    known: list[Entry] = [describe(recordings.order(), "first", "unit", 1)]

    async def drive() -> None:
        viewer = Viewer(Source("x", lambda: [*known], lambda _: recordings.basket()), every=3_600)
        async with viewer.run_test(size=(100, 10)) as pilot:
            await settled(pilot)
            listed = viewer.screen
            assert isinstance(listed, ListScreen)
            known.append(known[0]._replace(name="second", start=known[0].start + 1))
            listed.refresh_entries()
            await settled(pilot)
            assert [entry.name for entry in listed.cassettes.entries] == ["second", "first"]
            assert listed.cassettes.cursor == 1
            await pilot.press("enter")
            await settled(pilot)
            assert isinstance(viewer.screen, TraceScreen)
            assert viewer.screen.cassette_name == "first"

    asyncio.run(drive())
