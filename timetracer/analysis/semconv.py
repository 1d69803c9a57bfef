"""What a span is about, whichever edition of OpenTelemetry's semantic conventions named its attributes.

Both editions are read (``http.method`` became ``http.request.method``, ``http.url`` became ``url.full``, …):
https://opentelemetry.io/docs/specs/semconv/non-normative/http-migration/
What our own exchange says of the real call comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from timetracer.analysis.spelling import spelt
from timetracer.cassette.model import AttributeValue, Exchange, Kind, Plain, Span, Status

_METHOD = ("http.request.method", "http.method")
_ROUTE = ("http.route",)
_PATH = ("url.path", "http.target")
_URL = ("url.full", "http.url")
_CODE = ("http.response.status_code", "http.status_code", "rpc.grpc.status_code", "db.response.status_code")
_INBOUND = (Kind.SERVER, Kind.CONSUMER)
_INSTRUMENTATION = "opentelemetry.instrumentation."


@dataclass(frozen=True, slots=True)
class About:
    """The facts of one span that views show. Text is as it stands in the cassette: untrusted."""

    title: str
    """``GET /orders/{id}``, ``GET http://stock/items?id=3``; if not HTTP, the exchange's key or the span's name."""
    library: str
    """``httpx``; empty where neither an exchange nor the instrumentation scope says."""
    status: str
    """The protocol's own status (``200``), else ``ok``, ``error`` or nothing."""
    failed: bool
    error: str
    """``httpx.ReadTimeout: timed out``; empty where nothing is said, even if the span failed."""


def about(span: Span) -> About:
    """Reads a span's facts from its exchange, then from its attributes and events."""
    failed = has_failed(span)
    code = _code(span)
    return About(
        title=_title(span),
        library=_library(span),
        status=code or ("error" if failed else "ok" if span.status is Status.OK else ""),
        failed=failed,
        error=_error(span) if failed else "",
    )


def has_failed(span: Span) -> bool:
    """Whether the span's status says error, or its exchange ended in one, or the server answered with one."""
    exchange = span.exchange
    return span.status is Status.ERROR or (
        exchange is not None and (exchange.error is not None or refusal(exchange) != "")
    )


def refusal(exchange: Exchange) -> str:
    """What a server that answered with an error said: ``23505: duplicate key``; empty where it did not."""
    said = exchange.response.get("error") if exchange.response else None
    if isinstance(said, dict):
        return _joined(_text(said.get("sqlstate", said.get("code"))), _text(said.get("message")))
    return _text(said)


def exchange_error(exchange: Exchange) -> str:
    """``httpx.ReadTimeout: timed out``, ``cancelled``; empty without an error."""
    if exchange.error is None:
        return ""
    args = exchange.error.get("args")
    said = ", ".join(map(spelt, args)) if isinstance(args, (list, tuple)) else ""
    return _joined(spelt(exchange.error.get("type", "error")), said)


def _title(span: Span) -> str:
    request: Mapping[str, Plain] = span.exchange.request if span.exchange else {}
    method = _text(request.get("method")) or _first(span, _METHOD)
    url = _text(request.get("url")) or _first(span, _URL)
    if not method:
        return (span.exchange.key if span.exchange else "") or span.name
    if span.kind in _INBOUND:
        target = _first(span, _ROUTE) or _path(url) or _first(span, _PATH)
    else:
        target = url or _first(span, _PATH)
    return f"{method} {target}" if target else span.name or method


def _path(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return parts.path + (f"?{parts.query}" if parts.query else "")


def libraries(span: Span) -> tuple[str, ...]:
    """What it may be looked for under: ``postgresql``, which can play it, and ``asyncpg``, which asked."""
    return (span.exchange.library, _instrumented(span)) if span.exchange else (_instrumented(span),)


def _library(span: Span) -> str:
    return libraries(span)[0]


def _instrumented(span: Span) -> str:
    return span.scope.name[len(_INSTRUMENTATION) :] if span.scope.name.startswith(_INSTRUMENTATION) else ""


def _code(span: Span) -> str:
    answered = span.exchange.response.get("status") if span.exchange and span.exchange.response else None
    return _text(answered) or _first(span, _CODE)


def _error(span: Span) -> str:
    if span.exchange and span.exchange.error is not None:
        return exchange_error(span.exchange)
    if span.exchange and (said := refusal(span.exchange)):
        return said
    for event in span.events:
        if event.name == "exception":
            kind, message = event.attributes.get("exception.type"), event.attributes.get("exception.message")
            return _joined(_text(kind), _text(message))
    kind = _first(span, ("error.type",))
    return span.status_message or ("" if kind == _code(span) else kind)


def _joined(kind: str, message: str) -> str:
    return ": ".join(part for part in (kind, message) if part)


def _first(span: Span, names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := _text(span.attributes.get(name)))), "")


def _text(value: Plain | AttributeValue) -> str:
    """A string or an integer as text; anything else is no fact that a view could show."""
    return spelt(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
