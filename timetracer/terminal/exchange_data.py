"""What ``show`` says, for programs: whole, and with every value in the words of the cassette format.

Bodies are ``{"text": …}`` where they are UTF-8, ``{"base64": …}`` where they are not. What JSON has no word for is
tagged as in the file (``{"$decimal": "1.20"}``, see `timetracer.cassette.values`).
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any, cast

from timetracer.analysis.amounts import timestamp
from timetracer.analysis.semconv import about
from timetracer.cassette import values
from timetracer.cassette.model import AttributeValue, Exchange, Plain, Redaction, Span


def span_data(span: Span, *, number: int, start: int) -> dict[str, Any]:
    """One span and its exchange. `start` (ns since the epoch) is when the cassette begins."""
    facts = about(span)
    return {
        "number": number,
        "id": span.span_id,
        "parent_id": span.parent_id or None,
        "trace_id": span.trace_id,
        "name": span.name,
        "title": facts.title,
        "kind": span.kind.name.lower(),
        "library": facts.library or None,
        "status": facts.status or None,
        "failed": facts.failed,
        "error": facts.error or None,
        "start": timestamp(span.start),
        "offset_ns": span.start - start,
        "duration_ns": max(0, span.end - span.start),
        "attributes": _value(span.attributes),
        "events": [
            {"name": event.name, "offset_ns": event.time - start, "attributes": _value(event.attributes)}
            for event in span.events
        ],
        "redactions": [_redaction(mark) for mark in span.redactions],
        "exchange": _exchange(span.exchange) if span.exchange else None,
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "library": exchange.library,
        "key": exchange.key,
        "fact": exchange.fact,
        "started": timestamp(exchange.started),
        "duration_ns": exchange.ended - exchange.started,
        "request": _value(exchange.request),
        "request_body": _body(exchange.request_body),
        "response": _value(exchange.response),
        "response_body": _body(exchange.response_body),
        "chunks": exchange.chunks and [{"bytes": length, "offset_ns": time} for length, time in exchange.chunks],
        "error": _value(exchange.error),
        "redactions": [_redaction(mark) for mark in exchange.redactions],
    }


def _value(value: Plain | AttributeValue) -> Any:
    return json.loads(values.dumps(cast("Plain", value)))


def _body(body: bytes | None) -> dict[str, str] | None:
    if body is None:
        return None
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}


def _redaction(mark: Redaction) -> dict[str, str]:
    return {"path": mark.path, "kind": mark.kind}
