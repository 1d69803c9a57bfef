"""Exchanges for programs."""

from __future__ import annotations

import json
from decimal import Decimal

from timetracer.cassette.model import Cassette, Event, Exchange, Redaction, Span
from timetracer.terminal.exchange_data import span_data


def test_a_span_with_its_exchange(order: Cassette) -> None:
    data = span_data(order.spans[7], number=8, start=order.spans[0].start)
    assert json.loads(json.dumps(data)) == {
        "number": 8,
        "id": "0000000000000008",
        "parent_id": "0000000000000001",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "name": "GET",
        "title": "GET http://events:9000/stream",
        "kind": "client",
        "library": "httpx",
        "status": "200",
        "failed": False,
        "error": None,
        "start": "2025-01-02T03:04:06.581901234Z",
        "offset_ns": 903_000_000,
        "duration_ns": 57_000_000,
        "attributes": {},
        "events": [],
        "redactions": [],
        "exchange": {
            "library": "httpx",
            "key": "GET http://events:9000/stream",
            "fact": False,
            "started": "2025-01-02T03:04:06.581901234Z",
            "duration_ns": 297_000_000,
            "request": {
                "method": "GET",
                "url": "http://events:9000/stream",
                "headers": [["accept", "*/*"], ["authorization", "redacted-authorization-1"]],
            },
            "request_body": {"text": ""},
            "response": {"status": 200, "headers": [["content-type", "text/event-stream"]]},
            "response_body": {"text": "data: 1\n\ndata: 2\n\n"},
            "chunks": [{"bytes": 9, "offset_ns": 60_000_000}, {"bytes": 9, "offset_ns": 290_000_000}],
            "error": None,
            "redactions": [{"path": "request.headers.authorization", "kind": "authorization"}],
        },
    }


def test_a_span_without_an_exchange() -> None:
    span = Span("job", "t", "s", start=5, end=3, attributes={"big": 2**70, "raw": b"\xff"})
    span.events = [Event("retry", 7, {"n": 2})]
    span.redactions = [Redaction("span.attributes.user", "email")]
    data = span_data(span, number=1, start=5)
    assert data["exchange"] is None
    assert data["duration_ns"] == 0
    assert data["attributes"] == {"big": {"$int": str(2**70)}, "raw": {"$bytes": "/w=="}}
    assert data["events"] == [{"name": "retry", "offset_ns": 2, "attributes": {"n": 2}}]
    assert data["redactions"] == [{"path": "span.attributes.user", "kind": "email"}]


def test_values_and_bodies_that_json_has_no_word_for() -> None:
    exchange = Exchange("lib", "k", {"price": Decimal("1.20")}, b"\xff", chunks=[])
    data = span_data(Span("q", "t", "s", exchange=exchange), number=1, start=0)["exchange"]
    assert data["request"] == {"price": {"$decimal": "1.20"}}
    assert data["request_body"] == {"base64": "/w=="}
    assert (data["response"], data["response_body"], data["chunks"]) == (None, None, [])
    json.dumps(data)
