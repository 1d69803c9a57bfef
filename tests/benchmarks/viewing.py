"""A cassette of 10,000 spans in the viewer: how long until it is drawn, and until a key has done what it does.

CPU time of this thread, without a terminal (textual's own test driver), after everything is imported.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from time import thread_time_ns

from canned import cassette
from measuring import Row
from timetracer.cassette.model import Cassette, Kind
from timetracer.viewer.app import Source, Viewer
from timetracer.viewer.trace_screen import TraceScreen

GROUP = "viewing"
SPANS = 10_000
OPEN, REDRAW = 500.0, 30.0
SIZE = (160, 50)
STEPS = ("load", "check", "price", "tax", "stock", "reserve", "pay", "pack", "send", "tell")
"""Ten siblings of which no two are alike: those that are would be one row."""
KEYS = ("j", "k", "pagedown", "left", "plus", "greater_than_sign", "minus", "c", "e", "G", "g")


def rows(rounds: int, _times: int) -> Iterator[Row]:
    """Opening, and each key."""
    opened: list[float] = []
    pressed: dict[str, list[float]] = {key: [] for key in KEYS}
    whole = tree()
    for _ in range(max(1, rounds // 5) + 1):
        asyncio.run(_round(whole, opened, pressed))
    yield Row(
        GROUP,
        f"open {SPANS:,} spans",
        median(opened[1:]),
        "ms",
        OPEN,
        "model, layout, first screen; textual's own start included",
    )
    for key, took in pressed.items():
        yield Row(GROUP, f"key {key}", median(took[1:]), "ms", REDRAW, f"{SIZE[0]} x {SIZE[1]} cells")


def tree() -> Cassette:
    """Nested ten at a time, every tenth span an exchange."""
    flat = cassette(SPANS - 1, distinct=True, bodies=50)
    spans = [flat.spans[0]]
    for number, span in enumerate(flat.spans[1:]):
        call = number % 10 == 0
        parent = spans[(number + 9) // 10].span_id
        name, kept = STEPS[number % 10], replace(span, parent_id=parent)
        spans.append(kept if call else replace(kept, name=name, kind=Kind.INTERNAL, exchange=None, attributes={}))
    return Cassette(spans, flat.resource, flat.name)


async def _round(whole: Cassette, opened: list[float], pressed: dict[str, list[float]]) -> None:
    viewer = Viewer(Source("", list, lambda _: whole), "a")
    began = thread_time_ns()
    async with viewer.run_test(size=SIZE) as pilot:
        await pilot.pause()
        opened.append((thread_time_ns() - began) / 1e6)
        page = viewer.screen
        if isinstance(page, TraceScreen):
            while page.browser.finder.read_some(1_000):  # what a second in front of the screen would do
                pass
        await pilot.pause(0.2)
        for key, took in pressed.items():
            began = thread_time_ns()
            await pilot.press(key)
            await pilot.pause()
            took.append((thread_time_ns() - began) / 1e6)
