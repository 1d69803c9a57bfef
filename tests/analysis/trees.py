"""Spans in a few words, for tests of what is derived from them."""

from __future__ import annotations

from timetracer.analysis.trace import Trace
from timetracer.cassette.model import AttributeValue, Cassette, Kind, Span

MS = 1_000_000


def span(
    name: str, parent: str = "", start: float = 0, end: float = 10, kind: Kind = Kind.INTERNAL, **more: AttributeValue
) -> Span:
    """A span from `start` to `end` ms; its id is its name. ``db_statement="…"`` is the attribute ``db.statement``."""
    attributes = {key.replace("_", "."): value for key, value in more.items()}
    return Span(name, "t", name, parent, kind, int(start * MS), int(end * MS), attributes)


def trace(*spans: Span) -> Trace:
    return Trace(Cassette([*spans]))
