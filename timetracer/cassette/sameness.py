"""Whether two recordings are of the same world: then the file of the older one stays as it is, byte for byte.

Apart from the world are ids, times and durations, how a stream was cut into chunks, versions, and what a header or an
attribute says of the moment or of the connection, and what an instrumentor calls ``connection``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import orjson

from timetracer.cassette import attributes, values
from timetracer.cassette.model import AttributeValue, Cassette, Exchange, Span
from timetracer.cassette.places import is_list

TRACE_HEADERS: Final = frozenset(
    (
        "traceparent",  # https://www.w3.org/TR/trace-context/
        "tracestate",
        "b3",  # https://github.com/openzipkin/b3-propagation
        "x-b3-traceid",
        "x-b3-spanid",
        "x-b3-parentspanid",
        "x-b3-sampled",
        "x-b3-flags",
        "uber-trace-id",
        "x-amzn-trace-id",
        "x-cloud-trace-context",
        "x-datadog-trace-id",
        "x-datadog-parent-id",
        "x-datadog-sampling-priority",
        "sentry-trace",
    )
)
"""Names, in lower case, of the headers that carry a trace's ids from one service to the next."""

CONNECTION: Final = "connection"
"""What an instrumentor calls what is true of one connection alone: the server's process, say."""

_MOMENT: Final = TRACE_HEADERS | {"date"}
_ATTRIBUTES: Final = frozenset(
    (
        "client.port",
        "network.peer.port",
        "net.peer.port",
        "net.sock.peer.port",
        "thread.id",
        "thread.name",
        "exception.stacktrace",
    )
)
_RESOURCE: Final = ("process.", "host.", "os.", "container.", "telemetry.", "service.instance.")

_World: TypeAlias = "tuple[bytes, dict[tuple[int, bytes], list[bytes]]]"


def unchanged(old: Cassette, new: Cassette) -> bool:
    """Whether `new` says of the world what `old` says.

    Calls are compared at their place in the call tree. The order of different calls does not count (threads start them
    in the scheduler's), the order of answers to equal calls does.

    Raises:
        ValueError: one of them holds something that is not a plain value.
    """
    places: dict[tuple[int, bytes, int], int] = {}
    return _world(old, places) == _world(new, places)


def _world(cassette: Cassette, places: dict[tuple[int, bytes, int], int]) -> _World:
    """The answers to each call at each place in the call tree, in their order; `places` numbers the spans' places."""
    seen: dict[str, int] = {}
    answers: dict[tuple[int, bytes], list[bytes]] = {}
    for span in cassette.spans:
        parent = seen.get(span.parent_id, -1)
        call = _call(span)
        equals = answers.setdefault((parent, call), [])
        seen[span.span_id] = places.setdefault((parent, call, len(equals)), len(places))
        equals.append(_answer(span))
    resource = {key: value for key, value in cassette.resource.items() if not key.startswith(_RESOURCE)}
    return orjson.dumps([cassette.name, _attributes(resource)]), answers


def _call(span: Span) -> bytes:
    asked: list[Any] = [span.name, int(span.kind), span.scope.name]
    if span.exchange is not None:
        exchange = span.exchange
        asked += [
            exchange.library,
            exchange.key,
            values.dumps(_lasting(exchange.request)),
            _body(exchange.request_body),
        ]
    return orjson.dumps(asked)


def _answer(span: Span) -> bytes:
    events = [[event.name, _attributes(event.attributes)] for event in span.events]
    links = [_attributes(link.attributes) for link in span.links]
    redactions = [[redaction.path, redaction.kind] for redaction in span.redactions]
    answered: list[Any] = [
        _attributes(span.attributes),
        int(span.status),
        span.status_message,
        events,
        links,
        redactions,
    ]
    if span.exchange is not None:
        answered += _outcome(span.exchange)
    return orjson.dumps(answered)


def _outcome(exchange: Exchange) -> list[Any]:
    return [
        None if exchange.response is None else values.dumps(_lasting(exchange.response)),
        _body(exchange.response_body),
        exchange.chunks is not None,
        None if exchange.error is None else values.dumps(exchange.error),
        exchange.fact,
        [[redaction.path, redaction.kind] for redaction in exchange.redactions],
    ]


def _lasting(message: dict[str, Any]) -> dict[str, Any]:
    """A request or a response without the headers of the moment, and without what is true of its connection alone."""
    message = {name: value for name, value in message.items() if name != CONNECTION}
    headers = message.get("headers")
    if not is_list(headers):
        return message
    return {**message, "headers": [pair for pair in headers if not _momentary(pair)]}


def _momentary(pair: Any) -> bool:
    name = pair[0] if is_list(pair) and pair else None
    return isinstance(name, str) and name.lower() in _MOMENT


def _attributes(found: Mapping[str, AttributeValue]) -> list[dict[str, Any]]:
    return attributes.write({key: found[key] for key in sorted(found) if key not in _ATTRIBUTES})


def _body(body: bytes | None) -> str | None:
    return None if body is None else body.hex()
