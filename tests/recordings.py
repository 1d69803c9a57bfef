"""Realistic cassettes to look at: a failed order, and a basket that asks its database too often."""

from __future__ import annotations

from timetracer.cassette.model import Cassette, Event, Exchange, Kind, Plain, Redaction, Scope, Span, Status

MS = 1_000_000
BEGAN = 1_735_787_045_678_901_234  # 2025-01-02 03:04:05.678901234 UTC
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HTTPX = Scope("opentelemetry.instrumentation.httpx", "0.66b1")
JSON = [["content-type", "application/json"]]
SECRET = [["accept", "*/*"], ["authorization", "redacted-authorization-1"]]


def _span(number: int, name: str, parent: int, kind: Kind, *time: float) -> Span:
    parent_id = f"{parent:016x}" if parent else ""
    start, end = (BEGAN + int(at * MS) for at in time)
    return Span(
        name, TRACE, f"{number:016x}", parent_id, kind, start, end, scope=HTTPX if kind is Kind.CLIENT else Scope()
    )


def _call(method: str, url: str, start: float, end: float, status: int = 200) -> Exchange:
    return Exchange(
        library="httpx",
        key=f"{method} {url}",
        request={"method": method, "url": url, "headers": [list(pair) for pair in SECRET]},
        request_body=b"",
        response={"status": status, "headers": [list(pair) for pair in JSON]},
        response_body=b'{"total":12345678901234567890123,"tags":[],"price":1.10}',
        started=BEGAN + int(start * MS),
        ended=BEGAN + int(end * MS),
        redactions=[Redaction("request.headers.authorization", "authorization")],
    )


def order_underway() -> Cassette:
    """The order, a third of a second after it began: told by a process that has not ended it."""
    told = order()
    told.spans = [span for span in told.spans if span.start <= BEGAN + 320 * MS]
    for span in told.spans:
        if span.end > BEGAN + 320 * MS:
            span.end, span.status, span.status_message, span.events = 0, Status.UNSET, "", []
            if span.exchange is not None:
                span.exchange.ended, span.exchange.response, span.exchange.error = 0, None, None
    del told.spans[0].attributes["http.response.status_code"]
    for exchange in told.exchanges:
        exchange.request_body = exchange.response_body = None
    return told


def order() -> Cassette:
    """One failed order, with nested spans, four calls, an error and a stream."""
    server = _span(1, "POST /orders/{id}", 0xABC, Kind.SERVER, 0, 1240)
    server.attributes = {"http.request.method": "POST", "http.route": "/orders/{id}", "http.response.status_code": 502}
    server.status = Status.ERROR
    server.scope = Scope("opentelemetry.instrumentation.asgi")
    server.exchange = Exchange(
        library="asgi",
        key="POST /orders/7?x=1",
        request={
            "method": "POST",
            "url": "http://localhost:8000/orders/7?x=1",
            "headers": [list(pair) for pair in JSON],
        },
        request_body=b'{"items":[{"sku":"A-1","n":2}],"card":"redacted-card-1"}',
        response={"status": 502, "headers": [list(pair) for pair in JSON]},
        response_body=b'{"detail":"payment failed"}',
        started=BEGAN,
        ended=BEGAN + 1239 * MS,
    )
    stock = _span(4, "GET", 3, Kind.CLIENT, 5, 92)
    stock.attributes = {"http.method": "GET", "http.url": "http://stock:8080/items?id=3", "http.status_code": 200}
    stock.exchange = _call("GET", "http://stock:8080/items?id=3", 5, 93)
    prices = _span(5, "GET", 3, Kind.CLIENT, 95, 298)
    prices.exchange = _call("GET", "https://prices.example.com/v2/quote?sku=A-1&currency=EUR", 95, 299, 404)
    pay = _span(6, "pay", 1, Kind.INTERNAL, 301, 902)
    pay.status, pay.status_message = Status.ERROR, "PaymentError: gateway timed out"
    raised: dict[str, str] = {"exception.type": "shop.PaymentError", "exception.message": "gateway timed out"}
    pay.events = [Event("exception", pay.end, {**raised})]
    charge = _span(7, "POST", 6, Kind.CLIENT, 302, 901)
    charge.status = Status.ERROR
    charge.exchange = _call("POST", "https://pay.example.com/charges", 302, 901)
    charge.exchange.request_body = b"amount=20&card=redacted-card-1&note="
    charge.exchange.response = charge.exchange.response_body = None
    charge.exchange.error = {"type": "httpx.ReadTimeout", "args": ["timed out"]}
    events = _span(8, "GET", 1, Kind.CLIENT, 903, 960)
    events.exchange = _call("GET", "http://events:9000/stream", 903, 1200)
    events.exchange.response = {"status": 200, "headers": [["content-type", "text/event-stream"]]}
    events.exchange.response_body = b"data: 1\n\ndata: 2\n\n"
    events.exchange.chunks = [(9, 60 * MS), (9, 290 * MS)]
    return Cassette(
        name="POST /orders/{id}",
        resource={"service.name": "shop"},
        spans=[
            server,
            _span(2, "validate order", 1, Kind.INTERNAL, 1, 1.35),
            _span(3, "price basket", 1, Kind.INTERNAL, 2, 300),
            stock,
            prices,
            pay,
            charge,
            events,
            _span(9, "POST /orders/{id} http send", 1, Kind.INTERNAL, 1239, 1239),
        ],
    )


def basket(items: int = 7, *, slower: int = 1) -> Cassette:
    """A basket: one query for its lines, one for each line's stock, prices over HTTP, an event in the end."""
    root = _span(1, "GET /basket/{id}", 0, Kind.SERVER, 0, 60 + 12 * items * slower)
    root.attributes = {"http.route": "/basket/{id}", "http.request.method": "GET", "http.response.status_code": 200}
    root.exchange = Exchange(
        "asgi",
        "GET /basket/7",
        {"method": "GET", "url": "http://shop/basket/7", "headers": [["accept", "application/json"]]},
        b"",
        {"status": 200, "headers": [list(pair) for pair in JSON]},
        b'{"lines":[{"sku":"A-1","n":2},{"sku":"B-7","n":1}],"total":12.50}',
        started=root.start,
        ended=root.end,
    )
    spans = [root, _query(2, 1, 2, 6, "SELECT sku, n FROM basket_lines WHERE basket_id = $1 ORDER BY sku", [7])]
    for number in range(items):
        at = 8 + 12 * number * slower
        sql = "SELECT s.sku, s.left FROM stock s WHERE s.sku = $1 AND s.left > $2"
        spans.append(_query(3 + number, 1, at, at + 10 * slower, sql, [f"A-{number}", number]))
    at = 10 + 12 * items * slower
    prices = _span(3 + items, "GET", 1, Kind.CLIENT, at, at + 30)
    prices.exchange = _call("GET", "http://prices:9000/quote?sku=A-1", at, at + 30)
    sent = _span(4 + items, "basket.seen publish", 1, Kind.PRODUCER, at + 34, at + 38)
    sent.attributes = {"messaging.system": "rabbitmq", "messaging.destination.name": "basket.seen"}
    return Cassette([*spans, prices, sent], {"service.name": "shop"}, "GET /basket/{id}", {"python": "3.12.1"})


def _query(number: int, parent: int, start: float, end: float, sql: str, parameters: list[Plain]) -> Span:
    span = _span(number, "SELECT", parent, Kind.CLIENT, start, end)
    span.scope = Scope("opentelemetry.instrumentation.asyncpg", "0.66b1")
    span.attributes = {"db.system": "postgresql", "db.name": "shop", "db.statement": sql}
    span.exchange = Exchange(
        "asyncpg",
        sql,
        {"sql": sql, "parameters": parameters},
        response={"columns": ["sku", "left"], "rows": [["A-1", number], ["B-7", None]], "tag": "SELECT 2"},
        started=span.start,
        ended=span.end,
    )
    return span
