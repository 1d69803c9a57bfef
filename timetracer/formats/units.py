"""OTLP files of others, such as the Collector's file exporter writes, made into one cassette for each trace.

An exporter sends spans as they end: those of one trace are spread over many lines, and one line has spans of many.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from timetracer.analysis.semconv import about
from timetracer.cassette.model import Cassette, Span


def by_trace(cassettes: Iterable[Cassette]) -> list[Cassette]:
    """One cassette for each trace of each service, spans by their start, every span once; by the start of each."""
    found: dict[tuple[str, str], tuple[Cassette, dict[str, Span]]] = {}
    for cassette in cassettes:
        service = str(cassette.resource.get("service.name", ""))
        for span in cassette.spans:
            _, spans = found.setdefault((span.trace_id, service), (cassette, {}))
            spans.setdefault(span.span_id, span)
    units: list[Cassette] = []
    for first, spans in found.values():
        unit = replace(first, spans=sorted(spans.values(), key=lambda span: span.start))
        root = unit.root
        units.append(replace(unit, name=unit.name or (about(root).title if root else "")))
    return sorted(units, key=lambda unit: unit.spans[0].start)
