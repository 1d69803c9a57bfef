"""What a run has left in a directory or an archive."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from timetracer.cassette.model import Cassette
from timetracer.store.opening import open_store


def units(place: Path) -> list[Cassette]:
    """The units of work, in their order."""
    with closing(open_store(place)) as store:
        return [store.load(entry.name) for entry in store.entries() if entry.kind == "unit"]


def calls(place: Path) -> list[Cassette]:
    """What happened outside any; raises for what is damaged."""
    with closing(open_store(place)) as store:
        return store.process()
