"""A place into which a service records, played by the test: a clock to set, units to tell of and to write."""

from __future__ import annotations

from pathlib import Path

import recordings
from recordings import BEGAN, MS
from timetracer.cassette.model import Cassette
from timetracer.store import underway
from timetracer.store.entry import Entry
from timetracer.store.opening import open_store
from timetracer.viewer.app import Source
from timetracer.viewer.following import Following


class Telling:
    """A store at `place`, and a process that tells."""

    def __init__(self, place: Path) -> None:
        self.now = BEGAN + 400 * MS
        self.process = underway.Told(place)
        self.store = open_store(place)
        self.following = Following(place, self.entries, self.store.load, lambda: self.now)
        self.source = Source("cassettes/", self.following.entries, self.following.load, following=self.following)

    def entries(self) -> list[Entry]:
        return [*self.store.entries()]

    def tell(self, *units: Cassette) -> None:
        self.process.replace(units or [recordings.order_underway()])

    def save_other(self) -> str:
        """The cassette of another request, an hour later."""
        other = recordings.basket()
        for span in other.spans:
            span.start, span.end = span.start + 3_600_000 * MS, span.end + 3_600_000 * MS
        return self.store.save(other)

    def write(self) -> str:
        """The order's cassette; it is told of no more."""
        name = self.store.save(recordings.order())
        self.process.withdraw()
        return name
