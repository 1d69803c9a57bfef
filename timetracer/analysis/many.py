"""Many cassettes in figures: by route, service, status or library, how many, how many failed, how long, how large."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from timetracer.analysis.statistics import percentile
from timetracer.store.entry import Entry

GROUPINGS: Final = ("route", "service", "library", "status", "method")
"""What cassettes can be grouped by."""
PARTS: Final = 16
"""Equal stretches of time that the count is told for."""


@dataclass(frozen=True, slots=True)
class Group:
    """The cassettes of one group."""

    name: str
    count: int
    failed: int
    p50: int
    """ns, as the next two."""
    p95: int
    p99: int
    size: int
    """Bytes on disk, of all together."""
    over_time: tuple[int, ...]
    """How many there were in each of `PARTS` equal stretches from the first cassette of all to the last."""


def groups(named: Iterable[tuple[str, Entry]]) -> list[Group]:
    """The groups of entries that come with their group's name; the largest first."""
    members: dict[str, list[Entry]] = {}
    for name, entry in named:
        members.setdefault(name, []).append(entry)
    starts = [entry.start for each in members.values() for entry in each]
    first, last = min(starts, default=0), max(starts, default=0)
    made = [_group(name, each, first, last) for name, each in members.items()]
    return sorted(made, key=lambda group: (-group.count, group.name))


def group_name(entry: Entry, by: str) -> str:
    """What an entry counts under, of any of `GROUPINGS` but ``library``, which it does not know."""
    if by == "route":
        return f"{entry.method} {entry.route}".strip() if entry.kind == "unit" else "(process)"
    if by == "status":
        return "(none)" if entry.status is None else str(entry.status)
    return {"service": entry.service, "method": entry.method}[by] or "(none)"


def sparkline(counts: Sequence[int], levels: str = " ▁▂▃▄▅▆▇█") -> str:
    """Counts as a row of bars."""
    most = max(1, *counts) if counts else 1
    return "".join(levels[-(-count * (len(levels) - 1) // most)] for count in counts)


def _group(name: str, members: list[Entry], first: int, last: int) -> Group:
    durations = sorted(entry.duration for entry in members)
    p50, p95, p99 = (percentile(durations, percent) for percent in (50, 95, 99))
    counts = [0] * PARTS
    for entry in members:
        counts[min(PARTS - 1, (entry.start - first) * PARTS // max(1, last - first))] += 1
    failed, size = sum(entry.error for entry in members), sum(entry.size for entry in members)
    return Group(name, len(members), failed, p50, p95, p99, size, tuple(counts))
