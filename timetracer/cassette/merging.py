"""Several recordings into one cassette, and one into its units of work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from timetracer.cassette.model import INBOUND, Cassette, Span


def merged(cassettes: Sequence[Cassette]) -> Cassette:
    """Several recordings into one cassette, as one: every span once, in the order of their start."""
    spans = {span.span_id: span for cassette in cassettes for span in cassette.spans}
    first = cassettes[0]
    versions = {name: version for cassette in cassettes for name, version in cassette.versions.items()}
    return Cassette(sorted(spans.values(), key=lambda span: span.start), first.resource, first.name, versions)


def parted(cassette: Cassette) -> tuple[list[Cassette], Cassette]:
    """The inbound requests of a cassette with all that happened in each, in their order; and what is left."""
    spans = {span.span_id: span for span in cassette.spans}
    requests: dict[str, list[Span]] = {}
    rest: list[Span] = []
    for span in cassette.spans:
        request = _request(span, spans)
        (rest if request is None else requests.setdefault(request.span_id, [])).append(span)
    return [replace(cassette, spans=each) for each in requests.values()], replace(cassette, spans=rest)


def _request(span: Span | None, spans: dict[str, Span]) -> Span | None:
    """The outermost inbound request that a span belongs to."""
    found: Span | None = None
    seen: set[str] = set()
    while span is not None and span.span_id not in seen:
        seen.add(span.span_id)
        if span.kind in INBOUND and span.exchange is not None:
            found = span
        span = spans.get(span.parent_id)
    return found
