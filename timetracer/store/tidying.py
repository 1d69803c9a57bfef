"""Which cassettes can go: those that are old, those that say what another one says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from timetracer.cassette.model import Cassette
from timetracer.cassette.sameness import unchanged
from timetracer.store.entry import Entry


def old(entries: Iterable[Entry], before: int, *, keep_errors: bool) -> list[Entry]:
    """Those that began before a moment (ns since the epoch), but for failed ones if they are to be kept."""
    return [entry for entry in entries if entry.start < before and not (keep_errors and entry.error)]


def repeated(cassettes: Iterable[tuple[Entry, Cassette]]) -> Iterator[tuple[Entry, Entry]]:
    """(one that says nothing new, the one that has said it) of cassettes in any order; the newest are kept.

    Only those of one inbound request are compared. Times, ids and headers of the moment do not count; calls, answers
    and their places do (see `timetracer.cassette.sameness`).
    """
    kept: dict[str, list[tuple[Entry, Cassette]]] = {}
    for entry, cassette in sorted(cassettes, key=lambda pair: (-pair[0].start, pair[0].name)):
        same = next((other for other, there in kept.get(_family(entry), ()) if unchanged(there, cassette)), None)
        if same is None:
            kept.setdefault(_family(entry), []).append((entry, cassette))
        else:
            yield entry, same


def _family(entry: Entry) -> str:
    return f"{entry.kind} {entry.fingerprint} {entry.service}"
