"""HTTP Archive 1.2, made from cassettes and read into one (http://www.softwareishard.com/blog/har-12-spec/)."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from timetracer.analysis.amounts import MILLISECOND, timestamp
from timetracer.analysis.spelling import spelt
from timetracer.cassette.model import Cassette, Exchange, Kind, Plain, Span
from timetracer.cassette.places import is_list, is_object
from timetracer.errors import CassetteDamaged

_CODED: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers that are untrue of a body that was stored decoded."""


def har(cassettes: Iterable[Cassette], version: str) -> dict[str, Any]:
    """The archive of every HTTP exchange, inbound ones too, in the order of their start."""
    entries = [
        _entry(span, span.exchange)
        for cassette in cassettes
        for span in cassette.spans
        if span.exchange and "method" in span.exchange.request and "url" in span.exchange.request
    ]
    entries.sort(key=lambda entry: str(entry["startedDateTime"]))
    return {"log": {"version": "1.2", "creator": {"name": "timetracer", "version": version}, "entries": entries}}


def read_har(document: Any, path: str, library: str) -> Cassette:
    """One cassette of all the exchanges of an archive, for `library` to replay.

    Raises:
        CassetteDamaged: it is no archive.
    """
    log = document.get("log") if is_object(document) else None
    entries = log.get("entries") if is_object(log) else None
    if not is_list(entries):
        raise CassetteDamaged(path, 'expected a HAR file, an object with "log" and "entries"')
    trace_id = secrets.token_hex(16)
    spans: list[Span] = []
    for number, entry in enumerate(entries):
        try:
            spans.append(_span(entry, trace_id, library))
        except (KeyError, TypeError, ValueError, AttributeError) as cause:
            raise CassetteDamaged(path, f"no entry of a HAR file: {cause!r}"[:200], f"log.entries[{number}]") from None
    return Cassette(sorted(spans, key=lambda span: span.start), {"service.name": "har"}, path)


def _entry(span: Span, exchange: Exchange) -> dict[str, Any]:
    answer: dict[str, Any] = dict(exchange.response or {})
    status = answer.get("status")
    code = status if isinstance(status, int) else 0
    body = exchange.response_body or b""
    url = spelt(exchange.request["url"])
    version = spelt(answer.get("http_version", "HTTP/1.1"))
    sent, got = [*_pairs(exchange.request.get("headers"))], [*_pairs(answer.get("headers"))]
    took = max(0, exchange.ended - exchange.started) / MILLISECOND
    request: dict[str, Any] = {
        "method": spelt(exchange.request["method"]),
        "url": url,
        "httpVersion": version,
        "cookies": [],
        "headers": [{"name": name, "value": value} for name, value in sent],
        "queryString": [{"name": name, "value": value} for name, value in _query(url)],
        "headersSize": -1,
        "bodySize": len(exchange.request_body or b""),
    }
    if exchange.request_body:
        text, coded = _text(exchange.request_body)
        request["postData"] = {"mimeType": _media(sent), "text": text, **({"_encoding": coded} if coded else {})}
    text, coded = _text(body)
    content = {"size": len(body), "mimeType": _media(got), "text": text, **({"encoding": coded} if coded else {})}
    return {
        "startedDateTime": timestamp(exchange.started)[:23] + "Z",
        "time": took,
        "request": request,
        "response": {
            "status": code,
            "statusText": _phrase(code),
            "httpVersion": version,
            "cookies": [],
            "headers": [{"name": name, "value": value} for name, value in got],
            "content": content,
            "redirectURL": next((value for name, value in got if name.lower() == "location"), ""),
            "headersSize": -1,
            "bodySize": len(body),
            **({"_error": spelt(exchange.error.get("type"))} if exchange.error else {}),
        },
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        "_spanId": span.span_id,
    }


def _span(entry: dict[str, Any], trace_id: str, library: str) -> Span:
    asked: dict[str, Any] = entry["request"]
    answered: dict[str, Any] = entry["response"]
    began = datetime.fromisoformat(str(entry["startedDateTime"]).replace("Z", "+00:00"))
    start = round(began.timestamp() * 1_000) * MILLISECOND
    end = start + round(max(0.0, float(entry.get("time") or 0)) * MILLISECOND)
    content: dict[str, Any] = answered.get("content") or {}
    text = str(content.get("text") or "")
    body = b64decode(text) if content.get("encoding") == "base64" else text.encode()
    post: dict[str, Any] = asked.get("postData") or {}
    sent = str(post.get("text") or "")
    method, url = str(asked["method"]), str(asked["url"])
    request: dict[str, Plain] = {"method": method, "url": url, "headers": _headers(asked)}
    response: dict[str, Plain] = {"status": int(answered["status"])}
    response["headers"] = [pair for pair in _headers(answered) if is_list(pair) and pair[0].lower() not in _CODED]
    exchange = Exchange(
        library=library,
        key=f"{method} {url}",
        request=request,
        request_body=b64decode(sent) if post.get("_encoding") == "base64" else sent.encode(),
        response=response if response["status"] else None,
        response_body=body if response["status"] else None,
        error=None if response["status"] else {"type": str(answered.get("_error") or "failed"), "args": []},
        started=start,
        ended=end,
    )
    return Span(method, trace_id, secrets.token_hex(8), "", Kind.CLIENT, start, end, exchange=exchange)


def _headers(message: dict[str, Any]) -> list[Plain]:
    """The headers of an entry; HTTP/2's pseudo-headers, which browsers list, are none."""
    found: list[Any] = message.get("headers") or []
    names = [(str(pair["name"]), str(pair["value"])) for pair in found]
    return [[name, value] for name, value in names if not name.startswith(":")]


def _pairs(headers: Plain) -> Iterator[tuple[str, str]]:
    if is_list(headers):
        yield from ((spelt(pair[0]), spelt(pair[1])) for pair in headers if is_list(pair) and len(pair) == 2)


def _query(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return []


def _media(pairs: list[tuple[str, str]]) -> str:
    return next((value for name, value in pairs if name.lower() == "content-type"), "")


def _text(body: bytes) -> tuple[str, str]:
    """A body as text, and how that is coded: empty where it is not."""
    try:
        return body.decode(), ""
    except UnicodeDecodeError:
        return b64encode(body).decode(), "base64"


def _phrase(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return ""
