"""An exchange as attributes of its span, all under ``timetracer.``, and back.

Requests, responses and errors are strings of JSON (`values`), bodies stand by themselves: as text where they are exact
UTF-8, as bytes otherwise. What can be derived is not written.
"""

from __future__ import annotations

from typing import Any, Final

from timetracer.cassette import values
from timetracer.cassette.model import AttributeValue, Exchange, Plain, Redaction, Span
from timetracer.cassette.places import Wrong, is_list, is_object, shown

LIBRARY: Final = "timetracer.library"
KEY: Final = "timetracer.key"
REQUEST: Final = "timetracer.request"
REQUEST_BODY: Final = "timetracer.request.body"
RESPONSE: Final = "timetracer.response"
RESPONSE_BODY: Final = "timetracer.response.body"
CHUNKS: Final = "timetracer.response.chunks"
"""``[[length in bytes, ns since the exchange began], …]``."""
ERROR: Final = "timetracer.error"
TIME: Final = "timetracer.time"
"""``[began, was complete]`` in ns after the start of the span; left out where it is the span's own start and end."""
FACT: Final = "timetracer.fact"
REDACTIONS: Final = "timetracer.redactions"
"""``[[path, kind], …]`` of the exchange."""
SPAN_REDACTIONS: Final = "timetracer.span.redactions"
"""The same of the span's own attributes."""

_EXCHANGE: Final = (LIBRARY, KEY, REQUEST, REQUEST_BODY, RESPONSE, RESPONSE_BODY, CHUNKS, ERROR, TIME, FACT, REDACTIONS)
NAMES: Final = frozenset((*_EXCHANGE, SPAN_REDACTIONS))


def write(span: Span) -> dict[str, AttributeValue]:
    """The attributes that are ours: the span's exchange and its redactions.

    Raises:
        ValueError: the exchange holds something that is not a plain value.
    """
    written: dict[str, AttributeValue] = {}
    exchange = span.exchange
    if exchange is not None:
        written[LIBRARY] = exchange.library
        written[KEY] = exchange.key
        written[REQUEST] = values.dumps(exchange.request)
        if exchange.request_body is not None:
            written[REQUEST_BODY] = _text_or_bytes(exchange.request_body)
        if exchange.response is not None:
            written[RESPONSE] = values.dumps(exchange.response)
        if exchange.response_body is not None:
            written[RESPONSE_BODY] = _text_or_bytes(exchange.response_body)
        if exchange.chunks is not None:
            written[CHUNKS] = values.dumps([[*chunk] for chunk in exchange.chunks])
        if exchange.error is not None:
            written[ERROR] = values.dumps(exchange.error)
        if exchange.fact:
            written[FACT] = True
        if exchange.started != span.start or exchange.ended != span.end:
            written[TIME] = f"[{exchange.started - span.start},{exchange.ended - span.start}]"
        if exchange.redactions:
            written[REDACTIONS] = _write_redactions(exchange.redactions)
    if span.redactions:
        written[SPAN_REDACTIONS] = _write_redactions(span.redactions)
    return written


def take(span: Span) -> None:
    """Turn what is ours among the attributes of `span` into its exchange and its redactions.

    Raises:
        Wrong: with the attribute's name as its place.
    """
    attributes = span.attributes
    names = [name for name in attributes if name in NAMES]
    if not names:
        return
    ours: dict[str, Any] = {name: attributes.pop(name) for name in names}
    if SPAN_REDACTIONS in ours:
        span.redactions = _read_redactions(ours, SPAN_REDACTIONS)
        if len(ours) == 1:
            return
    began, complete = _read_times(ours) if TIME in ours else (0, span.end - span.start)
    request = _object(ours, REQUEST)
    if request is None:
        raise Wrong(f"an exchange without {REQUEST}", next(name for name in _EXCHANGE if name in ours))
    span.exchange = Exchange(
        library=_string(ours, LIBRARY),
        key=_string(ours, KEY),
        request=request,
        request_body=_bytes(ours, REQUEST_BODY),
        response=_object(ours, RESPONSE),
        response_body=_bytes(ours, RESPONSE_BODY),
        chunks=_read_chunks(ours) if CHUNKS in ours else None,
        error=_object(ours, ERROR),
        started=span.start + began,
        ended=span.start + complete,
        fact=_boolean(ours, FACT),
        redactions=_read_redactions(ours, REDACTIONS) if REDACTIONS in ours else [],
    )


def _text_or_bytes(body: bytes) -> str | bytes:
    try:
        # NUL is UTF-8 too, but what holds it is binary, and six times as long as text.
        return body if b"\0" in body else body.decode()
    except UnicodeDecodeError:
        return body


def _write_redactions(redactions: list[Redaction]) -> str:
    return values.dumps([[redaction.path, redaction.kind] for redaction in redactions])


def _string(ours: dict[str, Any], name: str) -> str:
    value = ours.get(name)
    if type(value) is str:
        return value
    raise Wrong(f"{name} must be a string, not {shown(value)}", name if name in ours else "")


def _boolean(ours: dict[str, Any], name: str) -> bool:
    value = ours.get(name, False)
    if type(value) is bool:
        return value
    raise Wrong(f"{name} must be a boolean, not {shown(value)}", name)


def _bytes(ours: dict[str, Any], name: str) -> bytes | None:
    value = ours.get(name)
    if type(value) is str:
        return value.encode()
    if type(value) is bytes:
        return value
    if name not in ours:
        return None
    raise Wrong(f"{name} must be a string or bytes, not {shown(value)}", name)


def _json(ours: dict[str, Any], name: str) -> Any:
    written = _string(ours, name)
    try:
        return values.loads(written)
    except ValueError as cause:
        raise Wrong(f"{name}: {cause}", name) from None


def _object(ours: dict[str, Any], name: str) -> dict[str, Plain] | None:
    if name not in ours:
        return None
    value = _json(ours, name)
    if is_object(value):
        return value
    raise Wrong(f"{name} must be a JSON object, not {shown(value)}", name)


def _pairs(ours: dict[str, Any], name: str, kind: type) -> list[Any]:
    pairs = _json(ours, name)
    if is_list(pairs) and all(is_list(pair) and [*map(type, pair)] == [kind, kind] for pair in pairs):
        return pairs
    raise Wrong(f"{name}: expected a list of pairs of {kind.__name__}", name)


def _read_times(ours: dict[str, Any]) -> tuple[int, int]:
    pair = _json(ours, TIME)
    if is_list(pair) and len(pair) == 2 and type(pair[0]) is type(pair[1]) is int:
        return pair[0], pair[1]
    raise Wrong(f"{TIME}: expected a pair of int", TIME)


def _read_chunks(ours: dict[str, Any]) -> list[tuple[int, int]]:
    return [(length, after) for length, after in _pairs(ours, CHUNKS, int)]


def _read_redactions(ours: dict[str, Any], name: str) -> list[Redaction]:
    return [Redaction(path, kind) for path, kind in _pairs(ours, name, str)]
