"""What a timeline shows, for programs: times in ns since the cassette began, whole numbers."""

from __future__ import annotations

from typing import Any

from timetracer.analysis import overlay
from timetracer.analysis.amounts import timestamp
from timetracer.analysis.layout import Row, View, rows
from timetracer.analysis.semconv import about
from timetracer.analysis.shape import category
from timetracer.analysis.trace import Trace
from timetracer.analysis.tree import finished, oddities


def timeline_data(trace: Trace, view: View | None = None) -> dict[str, Any]:
    """The rows of a trace, its critical path and its repeated siblings."""
    view = view or View()
    service = trace.cassette.resource.get("service.name")
    drawn = rows(trace, view)
    listed: list[dict[str, Any]] = []
    repeats: list[dict[str, Any]] = []
    for row in drawn:
        if row.repeat:
            members = row.repeat.members
            repeats.append(
                {
                    "title": row.repeat.title,
                    "spans": [node.number for node in members],
                    "total_ns": row.repeat.total,
                    "failed": row.repeat.failed,
                    "n_plus_one": row.repeat.n_plus_one,
                }
            )
            listed += [_span_data(trace, Row(node, row.depth, (), leaf=True), view) for node in members]
        else:
            listed.append(_span_data(trace, row, view))
    return {
        "name": trace.cassette.name,
        "service": service if isinstance(service, str) else None,
        "start": timestamp(trace.start),
        "duration_ns": trace.duration,
        "spans": listed,
        "repeats": repeats,
        "critical_path": [
            {"number": number, "offset_ns": start - trace.start, "duration_ns": end - start}
            for start, end, number in sorted(
                (start, end, number) for number, path in trace.critical.items() for start, end in path
            )
        ],
    }


def _span_data(trace: Trace, row: Row, view: View) -> dict[str, Any]:
    span, facts = row.span, about(row.span)
    exchange = span.exchange
    return {
        "number": row.number,
        "id": span.span_id,
        "parent_id": span.parent_id or None,
        "trace_id": span.trace_id,
        "depth": row.depth,
        "name": span.name,
        "title": facts.title,
        "kind": span.kind.name.lower(),
        "category": category(span),
        "library": facts.library or None,
        "status": facts.status or None,
        "failed": facts.failed,
        "error": facts.error or None,
        "offset_ns": span.start - trace.start,
        "duration_ns": max(0, span.end - span.start),
        "self_ns": trace.self_time(row.node),
        "body_until_ns": finished(span) - trace.start if finished(span) > span.end else None,
        "chunks": len(exchange.chunks) if exchange and exchange.chunks is not None else None,
        "matches": view.kept is None or row.number in view.kept,
        "remarks": oddities(row.node),
        "replay": overlay.word(span),
        "replay_why": overlay.why(span),
    }
