"""Units of work to keep in a store."""

from __future__ import annotations

from typing import Any

from timetracer.cassette.model import Cassette, Exchange, Kind, Span

BEGIN = 1_790_000_000_000_000_000
"""2026-09-21T14:13:20Z"""


def unit(number: int, **changes: Any) -> Cassette:
    """The request for order `number`, a second after the one before; two calls in it."""
    trace = f"{number:032x}"
    start = BEGIN + number * 10**9
    request = {"method": "GET", "url": f"http://shop/orders/{number}", "headers": [["accept", "application/json"]]}
    answer = b'{"order": %d, "items": ["%x", "%x"]}' % (number, hash((1, number)), hash((2, number)))
    exchange = Exchange("starlette", f"GET /orders/{number}", {**request}, b"", {"status": 200, "headers": []}, answer)
    exchange.started, exchange.ended = start, start + 5_000
    root = Span("GET", trace, f"{number:016x}", "", Kind.SERVER, start, start + 5_000, exchange=exchange)
    root.attributes = {"http.route": "/orders/{id}"}
    calls = [
        Span("GET", trace, f"{step}{number:015x}", root.span_id, Kind.CLIENT, start + step, start + step + 1)
        for step in (1, 2)
    ]
    for call in calls:
        call.exchange = Exchange(
            "httpx", "", {**request}, b"", {"status": 200}, answer, started=call.start, ended=call.end
        )
    cassette = Cassette([root, *calls], {"service.name": "shop"}, "GET /orders/{id}", {"timetracer": "0.1.0"})
    for name, value in changes.items():
        setattr(root, name, value)
    return cassette


def background(number: int) -> Cassette:
    """A call outside of any request."""
    cassette = unit(number)
    del cassette.spans[0]
    cassette.name = "process"
    return cassette
