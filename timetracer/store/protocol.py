"""What a place where cassettes live can do. A directory and an archive are two; an object store can be a third."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from timetracer.cassette.model import Cassette
from timetracer.errors import TimetracerError
from timetracer.store.entry import Entry

OnDamage: TypeAlias = Callable[[TimetracerError], None]
"""Called with what is wrong with a cassette that cannot be read, so that the others can be."""


class Store(Protocol):
    """Cassettes under names. Safe to use from several threads, several processes, and after a fork.

    A cassette that cannot be read never hides the others: `entries`, `scan` and `process` go on, and hand what is wrong
    to `on_damage`; without one they raise the first of it at their end.
    """

    def save(self, cassette: Cassette) -> str:
        """Keep a unit of work; the name it has now. Saved again (same root span), it takes its own place.

        Raises:
            StoreError: it cannot be written; what was there before is untouched.
        """
        ...

    def append(self, cassette: Cassette) -> str:
        """Add something that happened outside of any unit of work; the name it has now.

        Raises:
            StoreError: it cannot be written.
        """
        ...

    def entries(self, on_damage: OnDamage | None = None) -> Iterator[Entry]:
        """All there is, in the order of start (an archive) or of the names (a directory; they begin with the start).

        A store that nothing was written to yet has no entries.
        """
        ...

    def scan(self, on_damage: OnDamage | None = None) -> Iterator[tuple[str, Cassette]]:
        """The same, whole: each name with its cassette."""
        ...

    def load(self, name: str) -> Cassette:
        """The cassette that an entry named.

        Raises:
            CassetteNotFound: there is none of that name.
            CassetteDamaged: it cannot be read.
            StoreError: the name leads out of the store.
        """
        ...

    def remove(self, *names: str) -> None:
        """Forget what entries named; what is gone already is no error.

        Raises:
            StoreError: it cannot be removed, or the name leads out of the store.
        """
        ...

    def process(self, on_damage: OnDamage | None = None) -> list[Cassette]:
        """All that happened outside of any unit of work."""
        ...

    def close(self) -> None:
        """Let go of files and connections. A closed store opens them again when it is used."""
        ...
