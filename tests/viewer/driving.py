"""The viewer driven by keys, without a terminal; what is on its screen as text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from textual.pilot import Pilot

from timetracer.cassette.model import Cassette
from timetracer.store.entry import Entry, describe
from timetracer.viewer.app import THEMES, Source, Viewer

_T = TypeVar("_T")


def source(*cassettes: Cassette) -> Source:
    """Cassettes that are named a, b, c …"""
    named = {chr(ord("a") + place): cassette for place, cassette in enumerate(cassettes)}

    def entries() -> list[Entry]:
        return [describe(cassette, name, "unit", 1_000) for name, cassette in named.items()]

    return Source("cassettes/", entries, named.__getitem__)


def shown(viewer: Viewer) -> str:
    """The screen, line by line."""
    strips = viewer.screen._compositor.render_strips()
    return "".join("".join(segment.text for segment in strip).rstrip() + "\n" for strip in strips)


def driven(
    where: Source,
    keys: Sequence[str],
    then: Callable[[Viewer], _T],
    *,
    only: str = "a",
    size: tuple[int, int] = (100, 30),
    theme: str = THEMES[0],
    ascii_only: bool = False,
) -> _T:
    """What `then` says of the viewer after the keys were pressed."""

    async def drive() -> _T:
        viewer = Viewer(where, only, theme=theme, ascii_only=ascii_only)
        async with viewer.run_test(size=size) as pilot:
            await settled(pilot)
            for key in keys:
                await pilot.press(key)
                await settled(pilot)
            return then(viewer)

    return asyncio.run(drive())


async def settled(pilot: Pilot[None]) -> None:
    """Until what was asked for is drawn."""
    await pilot.pause()
    await pilot.pause()


def screen(
    where: Source, *keys: str, only: str = "a", size: tuple[int, int] = (100, 30), ascii_only: bool = False
) -> str:
    """The screen after the keys were pressed."""
    return driven(where, keys, shown, only=only, size=size, ascii_only=ascii_only)
