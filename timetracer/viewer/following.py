"""A place that is followed while services record into it: its cassettes, and before them what is under way there.

A unit of work that is under way has a name of its own until its cassette is there; then it is that cassette.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import time_ns
from typing import Final

from timetracer.analysis.trace import Trace
from timetracer.analysis.underway import standing
from timetracer.cassette.model import Cassette, Span
from timetracer.errors import CassetteNotFound, TimetracerError
from timetracer.store import underway
from timetracer.store.entry import Entry, describe

_KEPT: Final = 1_000
"""Units that are remembered, for whoever still has one of them on the screen."""

_MARK: Final = "under way"
"""What the names of units begin with that have no cassette yet."""


class Following:
    """Follows a place.

    Args:
        place: a directory or an archive, which need not exist yet.
        entries: reads what there is of cassettes.
        load: reads one of them, by its entry's name.
        now: ns since the epoch.
    """

    def __init__(
        self,
        place: Path,
        entries: Callable[[], list[Entry]],
        load: Callable[[str], Cassette],
        now: Callable[[], int] = time_ns,
    ) -> None:
        self._place = place
        self._entries = entries
        self._load = load
        self._now = now
        self._looking = underway.Look(place)
        self._told: dict[str, Cassette] = {}
        self._roots: dict[str, Span] = {}
        """The unit's own span of each that was ever told of."""
        self._written: dict[str, str] = {}
        """What the cassettes of those are called that have one."""

    def look(self) -> None:
        """Look anew what is under way."""
        self._looking.renew()
        self._told = {}
        for cassette in underway.read(self._place):
            root = cassette.root
            if root is not None:
                name = f"{_MARK} {root.span_id}"
                self._told[name] = cassette
                self._roots[name] = root
        for name in [*self._roots][:-_KEPT]:  # the oldest
            del self._roots[name]

    def entries(self) -> list[Entry]:
        """What is under way and has no cassette yet, and then the cassettes."""
        self.look()  # first: what has a cassette by now may be told of still, but nothing is in neither
        found = self._entries()
        self._meet(found)
        now = self._now()
        told = [
            describe(cassette, name, "unit", 0)._replace(duration=max(0, now - self._roots[name].start), error=False)
            for name, cassette in self._told.items()
            if name not in self._written
        ]
        return [*told, *found]

    def is_open(self, name: str) -> bool:
        """Whether it is the name of a unit, and not of a cassette."""
        return name in self._roots

    def trace(self, name: str) -> Trace | None:
        """A unit as it stands; None where it has a cassette, or is not told of any more."""
        told = self._told.get(name) if name not in self._written else None
        return None if told is None else standing(told, self._now())

    def cassette_of(self, name: str) -> str:
        """As `written_as`, as far as the last look tells."""
        return self._written.get(name, "")

    def written_as(self, name: str) -> str:
        """What the cassette of a unit is called; empty while there is none."""
        if name not in self._written:
            self._meet(self._entries())
        return self._written.get(name, "")

    def load(self, name: str) -> Cassette:
        """A cassette, or a unit as it stands.

        Raises:
            TimetracerError: it cannot be read.
            CassetteNotFound: the unit has ended, and has no cassette.
        """
        if not self.is_open(name):
            return self._load(name)
        trace = self.trace(name)
        if trace is not None:
            return trace.cassette
        written = self.written_as(name)
        if not written:
            raise CassetteNotFound(name, "it has ended, and has no cassette")
        return self._load(written)

    def end(self) -> None:
        """Follow no more."""
        self._looking.end()

    def _meet(self, entries: list[Entry]) -> None:
        """Find the cassettes of units: of the same start, and with the same span."""
        waiting = {root.start: name for name, root in self._roots.items() if name not in self._written}
        for entry in entries if waiting else ():
            name = waiting.get(entry.start, "")
            if name and entry.kind == "unit" and self._is_of(entry, self._roots[name]):
                self._written[name] = entry.name

    def _is_of(self, entry: Entry, root: Span) -> bool:
        try:
            found = self._load(entry.name).root
        except TimetracerError:  # being replaced, or deleted since
            return False
        return found is not None and (found.trace_id, found.span_id) == (root.trace_id, root.span_id)
