"""Requests, exchanges and cassettes to be redacted."""

from __future__ import annotations

from typing import Any

from timetracer.cassette.model import Cassette, Exchange, Plain, Redaction, Span
from timetracer.redaction.pseudonyms import Pseudonyms
from timetracer.redaction.redactor import Redactor

REDACTOR = Redactor()

JSON_TYPE = "application/json"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) + b"ada@engines.uk 4111111111111111"

FORM_TYPE = "application/x-www-form-urlencoded"


def message(media_type: str = "", *headers: tuple[str, str], url: str = "http://shop/items") -> dict[str, Plain]:
    given = [[name, value] for name, value in headers]
    return {"method": "POST", "url": url, "headers": [*given, ["Content-Type", media_type]] if media_type else given}


def redacted(
    request: dict[str, Plain], body: bytes = b"", redactor: Redactor = REDACTOR, pseudonyms: Pseudonyms | None = None
) -> tuple[dict[str, Any], bytes, list[Redaction]]:
    new, new_body, marks = redactor.redact_request(request, body, pseudonyms or Pseudonyms())
    assert new_body is not None
    return new, new_body, marks


def redacted_body(body: str | bytes, media_type: str = JSON_TYPE, redactor: Redactor = REDACTOR) -> str:
    raw = body.encode() if isinstance(body, str) else body
    return redacted(message(media_type), raw, redactor)[1].decode("utf-8", "surrogateescape")


def span(exchange: Exchange | None = None, **fields: Any) -> Span:
    return Span(**{"name": "GET", "trace_id": "0" * 32, "span_id": "1" * 16, **fields}, exchange=exchange)


def exchange(**fields: Any) -> Exchange:
    return Exchange(**{"library": "httpx", "key": "", "request": message(), **fields})


def cassette(*exchanges: Exchange) -> Cassette:
    recording = Cassette([span(exchange) for exchange in exchanges])
    REDACTOR.redact_cassette(recording, Pseudonyms())
    return recording
