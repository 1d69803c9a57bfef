"""The pieces of a unit become a cassette. Runs on the writer thread: here, and only here, things are serialised."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from timetracer.cassette.model import (
    LOST,
    AttributeValue,
    Cassette,
    Event,
    Exchange,
    Kind,
    Link,
    Plain,
    Scope,
    Span,
    Status,
)
from timetracer.recording.faults import harmless

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from timetracer.recording.tape import Reel, Tape
    from timetracer.recording.unit import Own, Piece


def assemble(pieces: Iterable[Piece], name: str = "", *, underway: bool = False) -> Cassette:
    """The cassette of these pieces, spans in the order of their start; not yet redacted.

    Args:
        underway: of what is open only that is told which cannot change any more: no outcome.
    """
    spans: list[Span] = []
    resource: dict[str, AttributeValue] = {}
    ours: dict[str, AttributeValue] = {}
    libraries: set[str] = set()
    for piece in pieces:
        tape = None if piece.tape is None or piece.tape.dropped else piece.tape
        told = tape.told if tape is not None else None
        exchange = told.exchange if told is not None else None
        exchange = exchange or (exchange_of(tape, underway=underway) if tape is not None else None)
        if tape is not None:
            libraries.add(tape.instrumentor.library)
        if piece.span is not None:
            span = span_of(piece.span)
            resource = resource or dict(piece.span.resource.attributes)
        elif piece.own is not None and tape is not None and exchange is not None:
            span = own_span(piece.own, tape, exchange)
        else:
            continue
        span.exchange = exchange
        if told is not None:
            span.attributes.update(told.attributes)
            ours.update(told.resource)
        spans.append(span)
    spans.sort(key=lambda span: (span.start, span.exchange.started if span.exchange else 0))
    cassette = Cassette(spans=spans, resource={**resource, **ours}, versions=versions(frozenset(libraries)))
    cassette.name = name or name_of(cassette)
    return cassette


def name_of(cassette: Cassette) -> str:
    """``GET /orders/{id}``: the route of the unit's own span, or its name."""
    root = cassette.root
    if root is None:
        return ""
    route = root.attributes.get("http.route")
    method = root.attributes.get("http.request.method") or root.attributes.get("http.method")
    return f"{method} {route}" if route and method else root.name


@cache
def versions(libraries: frozenset[str]) -> dict[str, str]:
    """The versions of Python, of Timetracer and of these libraries (by import name, where a distribution has it)."""
    found = {"python": platform.python_version()}
    for library, distribution in (("timetracer", "timetracer-otel"), *((name, name) for name in sorted(libraries))):
        try:
            found[library] = version(distribution)
        except PackageNotFoundError:
            continue
    return found


def span_of(live: ReadableSpan) -> Span:
    """An ended OpenTelemetry span as plain data, with what its instrumentor wrote, as it wrote it."""
    context = live.get_span_context()
    scope = live.instrumentation_scope
    return Span(
        name=live.name,
        trace_id=format(context.trace_id, "032x") if context else "",
        span_id=format(context.span_id, "016x") if context else "",
        parent_id=format(live.parent.span_id, "016x") if live.parent else "",
        kind=Kind(live.kind.value + 1),
        start=live.start_time or 0,
        end=live.end_time or 0,
        attributes=_attributes(live.attributes),
        events=[Event(event.name, event.timestamp, _attributes(event.attributes)) for event in live.events],
        links=[
            Link(
                format(link.context.trace_id, "032x"),
                format(link.context.span_id, "016x"),
                _attributes(link.attributes),
            )
            for link in live.links
        ],
        status=Status(live.status.status_code.value),
        status_message=live.status.description or "",
        scope=Scope(scope.name, scope.version or "") if scope else Scope(),
        trace_state=context.trace_state.to_header() if context and context.trace_state else "",
        flags=int(context.trace_flags) if context else 0,
    )


def own_span(own: Own, tape: Tape, exchange: Exchange) -> Span:
    """The span of an exchange that no OpenTelemetry span carries. Its scope says that it is ours."""
    failed = exchange.error is not None
    return Span(
        name=exchange.key,
        trace_id=format(own.trace_id, "032x"),
        span_id=format(own.span_id, "016x"),
        parent_id=format(own.parent_id, "016x") if own.parent_id else "",
        kind=tape.instrumentor.kind,
        start=tape.started,
        end=tape.ended or tape.started,
        status=Status.ERROR if failed else Status.UNSET,
        status_message=str(exchange.error.get("message", "")) if exchange.error else "",
        scope=Scope("timetracer"),
    )


def exchange_of(tape: Tape, *, underway: bool = False) -> Exchange:
    """A tape as plain data. What a fault of ours keeps from being told is lost, and nothing else is lost with it."""
    instrumentor = tape.instrumentor
    exchange = Exchange(
        library=instrumentor.name,
        key=f"{instrumentor.name} ({LOST})",
        request={},
        started=tape.started,
        ended=tape.ended,
        fact=tape.fact,
        error={"type": LOST, "message": "a fault of Timetracer kept it from being recorded"},
    )
    with harmless(f"describing an exchange of {instrumentor.name}"):
        _describe_request(exchange, tape)
        if underway and not tape.ended:
            exchange.error, exchange.chunks = None, _chunks(tape) or None
        else:
            _describe_outcome(exchange, tape)
    return exchange


def _describe_request(exchange: Exchange, tape: Tape) -> None:
    instrumentor = tape.instrumentor
    request, body = instrumentor.describe_request(tape.request, tape.request_reel.bytes())
    _mark_omitted(request, tape.request_reel)
    if not tape.request_reel.complete:
        request["unread"] = True
    exchange.key, exchange.secrets = instrumentor.key(request), instrumentor.secrets(request)
    exchange.request, exchange.request_body = request, body


def _describe_outcome(exchange: Exchange, tape: Tape) -> None:
    if tape.response is not None:
        reel = tape.response_reel
        response, body = tape.instrumentor.describe_response(tape.response, reel.bytes())
        _mark_omitted(response, reel)
        if tape.abandoned or not tape.ended:
            response["abandoned"] = True
        if len(reel.times) > 1 or (reel.times and not reel.length):
            exchange.chunks = _chunks(tape)
        exchange.response, exchange.response_body = response, body
    exchange.error = tape.error


def _chunks(tape: Tape) -> list[tuple[int, int]]:
    reel = tape.response_reel  # if it is open one more may come just now: its moment comes after it
    return [(len(chunk), at - tape.started) for chunk, at in zip(reel.chunks, reel.times, strict=False)]


def _mark_omitted(values: dict[str, Plain], reel: Reel) -> None:
    if reel.over:
        values["omitted"] = reel.length


def _attributes(attributes: Mapping[str, AttributeValue] | None) -> dict[str, AttributeValue]:
    return dict(attributes) if attributes else {}
