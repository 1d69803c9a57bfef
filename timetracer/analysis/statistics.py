"""A trace in figures: by service, operation, library or table, how often, how long, how much of the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from timetracer.analysis.semconv import about, has_failed
from timetracer.analysis.shape import gist, statement
from timetracer.analysis.sql import tables
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Span


@dataclass(frozen=True, slots=True)
class Figures:
    """Of all spans of one group."""

    name: str
    count: int
    failed: int
    total: int
    """ns of all together."""
    own: int
    """ns in which no child ran."""
    p50: int
    p95: int
    p99: int
    share: float
    """Of the trace's time, its own: 0 to 1, or more where much ran at once."""


def statistics(trace: Trace, by: str) -> list[Figures]:
    """One of `GROUPINGS`; the most own time first."""
    groups: dict[str, list[tuple[int, int, bool]]] = {}
    names = GROUPINGS[by]
    for node in trace.nodes:
        span = node.span
        measured = (max(0, span.end - span.start), trace.self_time(node), has_failed(span))
        for name in names(trace, span):
            groups.setdefault(name, []).append(measured)
    figures = [_figures(name, measured, trace.duration) for name, measured in groups.items()]
    return sorted(figures, key=lambda each: (-each.own, -each.total, each.name))


def percentile(ordered: Sequence[int], percent: float) -> int:
    """The nearest rank of numbers in order; 0 of none."""
    return ordered[max(0, ceil(percent / 100 * len(ordered)) - 1)] if ordered else 0


def _figures(name: str, measured: list[tuple[int, int, bool]], whole: int) -> Figures:
    durations = sorted(duration for duration, _, _ in measured)
    own = sum(each for _, each, _ in measured)
    p50, p95, p99 = (percentile(durations, percent) for percent in (50, 95, 99))
    failed = sum(failed for _, _, failed in measured)
    return Figures(name, len(measured), failed, sum(durations), own, p50, p95, p99, own / whole if whole else 0.0)


def _service(trace: Trace, span: Span) -> Iterable[str]:
    """Who was spoken to, else the service itself."""
    for name in ("peer.service", "server.address", "net.peer.name", "db.name", "messaging.system"):
        value = span.attributes.get(name)
        if isinstance(value, str) and value:
            return (value,)
    own = trace.cassette.resource.get("service.name")
    return (own if isinstance(own, str) else "(no service)",)


def _library(_: Trace, span: Span) -> Iterable[str]:
    return (about(span).library or "(none)",)


def _operation(_: Trace, span: Span) -> Iterable[str]:
    return (gist(span),)


def _table(_: Trace, span: Span) -> Iterable[str]:
    written = statement(span)
    return tables(written) if written else ()


GROUPINGS: Final[dict[str, Callable[[Trace, Span], Iterable[str]]]] = {
    "operation": _operation,
    "service": _service,
    "library": _library,
    "table": _table,
}
"""What the spans of a trace can be grouped by. A span with two tables counts for both, one with none for none."""
