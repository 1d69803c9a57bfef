"""What a query can ask of a span, and which spans of a trace answer it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from timetracer.analysis import overlay
from timetracer.analysis.query import Query, Value
from timetracer.analysis.semconv import about, libraries
from timetracer.analysis.shape import category, gist, statement
from timetracer.analysis.spelling import spelt
from timetracer.analysis.sql import tables
from timetracer.analysis.trace import Trace
from timetracer.analysis.tree import Node, oddities
from timetracer.cassette.model import Exchange, Span

FIELDS: Final = {
    "dur": "how long it took: `dur>10ms`",
    "self": "its own time, without its children's: `self>1s`",
    "at": "when it began, after the first span: `at<100ms`",
    "size": "bytes of its bodies: `size>10kB`",
    "status": "`error`, `ok`, `404`, `4xx`, `status>=500`",
    "kind": "`http`, `db`, `messaging`, `rpc`, `internal`; `client`, `server`, `producer`, `consumer`",
    "lib": "the library: `lib:httpx`; what is recorded as `postgresql` is found as `lib:asyncpg` too",
    "name": "its title or its name: `name:/orders`",
    "key": "the request's key",
    "method": "`method:POST`",
    "table": "a table that its SQL names: `table:orders`",
    "error": "the error's text: `error:timeout`",
    "replay": "what became of it in the replay that is laid over: `missed`, `unplayed`, `relaxed`, `played`",
    "id": "its id, or the beginning of it",
    "has": "`body`, `error`, `chunks`, `redaction`, `events`, `links`, `oddity`, `exchange`",
    "text": "anything of all that, attributes and payloads too; a word alone asks for it",
}
"""Each field with what it is, in Markdown."""

SHOWN: Final = 2**20
"""Bytes of one body that a search looks through."""


def matching(trace: Trace, query: Query) -> set[int]:
    """The numbers of the spans that answer a query."""
    return {node.number for node in trace.nodes if query.holds(partial(values, trace, node))}


def values(trace: Trace, node: Node, field: str) -> Iterable[Value]:
    """What a span has in a field: one of `FIELDS`, or the name of an attribute."""
    span = node.span
    exchange = span.exchange
    if field == "dur":
        return (max(0, span.end - span.start),)
    if field == "self":
        return (trace.self_time(node),)
    if field == "at":
        return (span.start - trace.start,)
    if field == "size":
        return (len(exchange.request_body or b"") + len(exchange.response_body or b""),) if exchange else ()
    if field == "kind":
        return category(span), span.kind.name.lower()
    if field == "key":
        return (exchange.key,) if exchange else ()
    if field == "table":
        return tables(statement(span))
    if field == "replay":
        return tuple(filter(None, [overlay.word(span)]))
    if field == "id":
        return (span.span_id,)
    if field == "has":
        return _has(node)
    if field == "text":
        return (searchable(span),)
    if field in FIELDS:
        return _facts(span, field)
    value = span.attributes.get(field)
    return () if value is None else (value,) if isinstance(value, (int, float)) else (spelt(value),)


def _facts(span: Span, field: str) -> Iterable[Value]:
    facts = about(span)
    if field == "lib":
        return libraries(span)
    if field == "name":
        return facts.title, span.name, gist(span)
    if field == "method":
        return (facts.title.partition(" ")[0],)
    if field == "error":
        return (facts.error,) if facts.failed else ()
    status = [facts.status, "error" if facts.failed else "ok"]  # the field "status"
    if len(facts.status) == 3 and facts.status.isdigit():
        status.append(f"{facts.status[0]}xx")
    return status


def _has(node: Node) -> Iterable[str]:
    span, exchange = node.span, node.span.exchange
    has = {
        "error": about(span).failed,
        "events": bool(span.events),
        "links": bool(span.links),
        "exchange": exchange is not None,
        "oddity": bool(oddities(node)),
        "redaction": bool(span.redactions or (exchange and exchange.redactions)),
        "body": bool(exchange and (exchange.request_body or exchange.response_body)),
        "chunks": bool(exchange and exchange.chunks is not None),
    }
    return [name for name, there in has.items() if there]


def searchable(span: Span) -> str:
    """Everything that can be found in a span by its text, a line each; of very long bodies the beginning."""
    facts = about(span)
    parts = [span.name, facts.title, facts.library, facts.error, span.status_message, span.span_id]
    parts += [f"{name} = {spelt(value)}" for name, value in span.attributes.items()]
    for event in span.events:
        parts += [event.name, *(f"{name} = {spelt(value)}" for name, value in event.attributes.items())]
    if span.exchange:
        parts += _payload(span.exchange)
    return "\n".join(parts)


def _payload(exchange: Exchange) -> Iterable[str]:
    yield exchange.key
    for message in (exchange.request, exchange.response, exchange.error):
        if message:
            yield spelt(message)
    for body in (exchange.request_body, exchange.response_body):
        if body:
            yield body[:SHOWN].decode(errors="replace")
