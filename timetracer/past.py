"""What had been recorded when a process began: requests to be found again, and what happened outside any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from timetracer.cassette import files
from timetracer.cassette.merging import parted
from timetracer.cassette.model import Cassette
from timetracer.cassette.replays import recorded_only
from timetracer.config import Settings
from timetracer.errors import CassetteNotFound, TimetracerError
from timetracer.recording import faults
from timetracer.replaying.shelf import Shelf
from timetracer.store.entry import Entry, describe
from timetracer.store.opening import ARCHIVES, open_store
from timetracer.store.protocol import Store


@dataclass(frozen=True, slots=True)
class Past:
    """What had been recorded.

    Args:
        shelf: the units of work, by request.
        calls: what happened outside any request.
        names: what the store calls these.
    """

    shelf: Shelf
    calls: list[Cassette]
    names: list[str]


def of_store(store: Store, began: int) -> Past:
    """All that a store had at a moment (ns since the epoch). What cannot be read is told and left out."""
    entries = [entry for entry in store.entries(_told) if entry.start < began]
    calls = [cassette for cassette in store.process(_told) if cassette.spans and cassette.spans[0].start < began]
    return Past(Shelf(_asked(entries), store.load), calls, [entry.name for entry in entries if entry.kind == "process"])


def of_cassette(cassette: Cassette, store: Store) -> Past:
    """One cassette. That of a single request answers whatever is asked, and knows nothing else of its process: what is
    called outside any request is then answered by what its store has."""
    units, rest = parted(cassette)
    calls = [rest] if rest.spans else store.process(_told)
    if len(units) < 2:
        return Past(Shelf((), store.load, units[0] if units else cassette), calls, [])
    entries = [describe(unit, str(number), "unit", 0) for number, unit in enumerate(units)]
    return Past(Shelf(_asked(entries), lambda name: units[int(name)]), calls, [])


def is_one(settings: Settings) -> bool:
    """Whether one cassette is asked for, and not a directory or an archive of them."""
    return settings.cassette is not None and settings.cassette.suffix not in ARCHIVES


def check(settings: Settings, mode: str) -> None:
    """See to it that there is something to replay, and that what is there can be used.

    Raises:
        CassetteNotFound: replaying or verifying, and there is no cassette.
        CassetteError, StoreError: what is there cannot be used.
    """
    place = settings.cassette or settings.dir
    if is_one(settings):
        found = mode not in ("replay", "verify") or bool(recorded_only(files.read(place), str(place)))
    else:
        store = open_store(place)
        first = next(store.entries(_ignored), None) if mode in ("replay", "verify") else None
        if first is not None:
            recorded_only([store.load(first.name)], f"{place}: {first.name}")
        found = mode not in ("replay", "verify") or first is not None
        store.close()
    if not found:
        record = f"timetracer run --mode record {'--cassette' if is_one(settings) else '--dir'} {place} -- …"
        raise CassetteNotFound(str(place), f"there is no cassette to {mode}; record one with: {record}")


def _asked(entries: Iterable[Entry]) -> list[tuple[str, str, str]]:
    return [(entry.method, entry.target.partition("?")[0], entry.name) for entry in entries if entry.kind == "unit"]


def _told(damage: TimetracerError) -> None:
    faults.warn("cassettes not read", f"a cassette is left out: {damage}")


def _ignored(_: TimetracerError) -> None:
    """Whoever reads it for good tells of it."""
