"""What the benchmarks call: answers of 2 KB of JSON, a transport that has them ready, cassettes that hold them."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta, timezone
from typing import Any

import httpcore
import httpx

from timetracer.cassette.model import Cassette, Exchange, Kind, Plain, Scope, Span

URL = "http://shop.example.org/api/items/{}?expand=prices&page=2"
START = 1_790_000_000_000_000_000
WORDS = "amber basalt cedar delta ember fjord garnet harbor indigo juniper kelp lagoon meadow nectar onyx pebble"
_ALL: dict[int, bytes] = {}


def body(number: int) -> bytes:
    """2 KB of JSON as an API sends it, another for each number: ids, names, prices, times, a description."""
    if number not in _ALL:
        _ALL[number] = _body(random.Random(number))
    return _ALL[number]


def _body(draw: random.Random) -> bytes:
    items: list[dict[str, Any]] = []
    while True:
        made = datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=draw.randrange(10**7))
        item = {
            "id": f"{draw.getrandbits(64):016x}",
            "name": " ".join(draw.choices(WORDS.split(), k=3)),
            "price": {"amount": draw.randrange(100, 99999) / 100, "currency": "EUR"},
            "stock": draw.randrange(1000),
            "created_at": made.isoformat(),
            "description": " ".join(draw.choices(WORDS.split(), k=30)),
            "tags": draw.sample(WORDS.split(), 3),
        }
        text = json.dumps({"items": [*items, item], "page": 2, "total": draw.randrange(9999)})
        if len(text) > 2048:
            rest = 2048 - len(json.dumps({"items": items, "page": 2, "total": 1000, "note": ""}))
            note = " ".join(draw.choices(WORDS.split(), k=400))[: max(0, rest)]
            return json.dumps({"items": items, "page": 2, "total": draw.randrange(1000, 9999), "note": note}).encode()
        items.append(item)


def headers(content: bytes) -> list[tuple[str, str]]:
    """The header fields of an answer."""
    return [
        ("Date", "Mon, 23 Nov 2026 13:36:05 GMT"),
        ("Server", "uvicorn"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(content))),
    ]


class Pool(httpcore.ConnectionPool):
    """Stands where httpx's transport has its connection pool, and answers at once: all above it is real."""

    def __init__(self) -> None:
        super().__init__()
        self._body = body(0)
        self._headers = [(name.encode(), value.encode()) for name, value in headers(self._body)]

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        extensions = {"http_version": b"HTTP/1.1", "reason_phrase": b"OK"}
        return httpcore.Response(200, headers=self._headers, content=self._body, extensions=extensions)


def pooled(client: httpx.Client) -> httpx.Client:
    """A client whose real transport has its answers ready."""
    vars(client)["_transport"]._pool = Pool()
    return client


def cassette(size: int, *, distinct: bool, bodies: int = 1, more: dict[str, str] | None = None) -> Cassette:
    """A recording of `size` calls, as OpenTelemetry's instrumentor and ours describe them.

    Args:
        distinct: each call has a URL of its own.
        bodies: how many different answers there are.
        more: header fields of the requests, beside httpx's own.
    """
    trace_id = f"{7:032x}"
    root = Span("GET /orders", trace_id, f"{1:016x}", kind=Kind.SERVER, start=START, end=START + size * 10**6)
    root.scope = Scope("opentelemetry.instrumentation.fastapi", "0.60b1")
    spans = [root]
    for number in range(size):
        began = START + 1000 + number * 900_000
        span = _call(URL.format(number if distinct else 0), body(number % bodies), began, more or {})
        span.trace_id, span.span_id, span.parent_id = trace_id, f"{number + 2:016x}", f"{1:016x}"
        spans.append(span)
    return Cassette(spans, {"service.name": "shop"}, "GET /orders", {"python": "3.12.1", "httpx": "0.28.1"})


def _call(url: str, content: bytes, began: int, more: dict[str, str]) -> Span:
    span = Span("GET", "", "", kind=Kind.CLIENT, start=began, end=began + 700_000)
    span.scope = Scope("opentelemetry.instrumentation.httpx", "0.60b1")
    span.attributes = {"http.method": "GET", "http.url": url, "http.status_code": 200}
    sent: list[Plain] = [
        ["host", "shop.example.org"],
        ["accept", "*/*"],
        ["accept-encoding", "gzip, deflate"],
        ["connection", "keep-alive"],
        ["user-agent", f"python-httpx/{httpx.__version__}"],
    ]
    sent += ([name, value] for name, value in more.items())
    span.exchange = Exchange(
        library="httpx",
        key=f"GET {url.partition('?')[0]}",
        request={"method": "GET", "url": url, "headers": sent},
        request_body=b"",
        response={
            "status": 200,
            "headers": [[name, value] for name, value in headers(content)],
            "http_version": "HTTP/1.1",
            "reason_phrase": "OK",
        },
        response_body=content,
        started=began + 50_000,
        ended=began + 720_000,
    )
    return span
