"""A cassette of 50 MB and a hostile one: what no view may break or hang on."""

from __future__ import annotations

from timetracer.cassette.model import Cassette, Event, Exchange, Kind, Plain, Span

START = 1_735_787_045_000_000_000  # 2025-01-02 03:04:05 UTC
HOSTILE = "\x1b[2J\x07[red]{x}\u202ereversed\u202c日本語👩‍👩‍👧\u200b\ud800\r\n\x9b31m" * 2
"""Markup, control characters, right-to-left, wide characters, half a surrogate pair."""
LONG = 10_000_000


def large(calls: int = 500, body: int = 100_000) -> Cassette:
    """A request that made many calls, each with a body of JSON; by default 50 MB, and one more body of 5 MB."""
    root = _span(1, "GET /report", Kind.SERVER, calls)
    spans = [root]
    for number in range(calls):
        span = _span(number + 2, "GET", Kind.CLIENT, 1, number, root.span_id)
        rows = b",".join(
            b'{"id":%d,"name":"row %d"}' % (row, row) for row in range(body * (50 if number == 7 else 1) // 28)
        )
        span.exchange = _exchange(f"http://pages/{number}", b'{"rows":[' + rows + b"]}", span)
        spans.append(span)
    return Cassette(spans, {"service.name": "reports"}, "GET /report")


def hostile() -> Cassette:
    """Every text in it is `HOSTILE`, one body and one attribute are of 10 MB."""
    root = _span(1, HOSTILE, Kind.SERVER, 2)
    root.attributes = {HOSTILE: HOSTILE, "long": "x" * LONG, "http.route": HOSTILE, "http.request.method": HOSTILE}
    root.events = [Event(HOSTILE, START, {HOSTILE: [HOSTILE, HOSTILE]})]
    root.status_message = HOSTILE
    span = _span(2, HOSTILE, Kind.CLIENT, 1, 0, root.span_id)
    span.exchange = _exchange(HOSTILE, (HOSTILE + "\n" + "y" * LONG).encode(errors="surrogatepass"), span)
    span.exchange.library = span.exchange.key = HOSTILE
    span.exchange.error = {"type": HOSTILE, "args": [HOSTILE], "message": HOSTILE}
    return Cassette([root, span], {"service.name": HOSTILE}, HOSTILE)


def _span(number: int, name: str, kind: Kind, seconds: int, at: int = 0, parent: str = "") -> Span:
    start = START + at * 10**9
    return Span(name, "1" * 32, f"{number:016x}", parent, kind, start, start + seconds * 10**9)


def _exchange(url: str, body: bytes, span: Span) -> Exchange:
    request: dict[str, Plain] = {"method": "GET", "url": url, "headers": [["accept", "*/*"]]}
    response: dict[str, Plain] = {"status": 200, "headers": [["content-type", "application/json"]]}
    return Exchange("httpx", f"GET {url}", request, b"", response, body, None, None, span.start, span.end)
