"""Chrome's trace event format, which https://ui.perfetto.dev opens: one complete event a span.

Spans that run at once need tracks of their own: a span is put on the first track on which it lies within the span that
is open there, or after all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from timetracer.analysis.semconv import about
from timetracer.analysis.shape import category
from timetracer.analysis.trace import Trace
from timetracer.analysis.tree import Node, finished
from timetracer.cassette.model import Cassette


def perfetto(cassettes: Iterable[Cassette]) -> dict[str, Any]:
    """The document. Times are µs since the epoch, as the format has them."""
    events: list[dict[str, Any]] = []
    for process, cassette in enumerate(cassettes, 1):
        trace = Trace(cassette)
        service = cassette.resource.get("service.name")
        name = f"{service if isinstance(service, str) else 'service'}: {cassette.name}"
        events.append({"ph": "M", "name": "process_name", "pid": process, "tid": 0, "args": {"name": name}})
        for node, track in _tracks(trace.nodes):
            events.append(_event(node, process, track))
    return {"traceEvents": events, "displayTimeUnit": "ms"}


def _event(node: Node, process: int, track: int) -> dict[str, Any]:
    span, facts = node.span, about(node.span)
    told = {
        "number": node.number,
        "span": span.span_id,
        "library": facts.library,
        "status": facts.status,
        "error": facts.error,
    }
    return {
        "ph": "X",
        "name": facts.title,
        "cat": category(span),
        "ts": span.start / 1_000,
        "dur": max(0, finished(span) - span.start) / 1_000,
        "pid": process,
        "tid": track,
        "args": {name: value for name, value in told.items() if value},
    }


def _tracks(nodes: list[Node]) -> list[tuple[Node, int]]:
    open_until: list[list[int]] = []
    placed: list[tuple[Node, int]] = []
    for node in sorted(nodes, key=lambda node: (node.span.start, -finished(node.span), node.depth)):
        start, end = node.span.start, finished(node.span)
        for track, ends in enumerate(open_until):
            while ends and ends[-1] <= start:
                ends.pop()
            if not ends or end <= ends[-1]:
                ends.append(end)
                placed.append((node, track + 1))
                break
        else:
            open_until.append([end])
            placed.append((node, len(open_until)))
    return placed
