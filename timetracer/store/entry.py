"""What a store says of a cassette without handing it out: one line of a list."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from itertools import product
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from timetracer.cassette.model import Cassette, Span, Status

Kind: TypeAlias = Literal["unit", "process"]
"""A unit of work, or what a process did outside of any."""


class Entry(NamedTuple):
    """One cassette of a store."""

    name: str
    """What `Store.load` takes."""
    kind: Kind
    start: int
    """ns since the epoch."""
    duration: int
    """ns; of the root span, or of all the spans where there is more than one root."""
    method: str
    """Of the inbound request; empty where the unit of work is none."""
    route: str
    """``/orders/{id}``; the path where no route is known; the root span's name where there is no request."""
    target: str
    """``/orders/7?expand=items``; the root span's name where there is no request."""
    status: int | None
    """HTTP's, of the answer."""
    error: bool
    """The root span failed, its exchange ended in an exception, or its status is 500 or more."""
    service: str
    spans: int
    size: int
    """Bytes on disk (of the whole file, where it holds several cassettes)."""
    fingerprint: str
    """16 hex digits, equal for equal inbound requests (method, target and body, as redacted)."""


_TYPES: Final[tuple[tuple[type, ...], ...]] = (
    *((str,),) * 2,
    *((int,),) * 2,
    *((str,),) * 3,
    (int, type(None)),
    (bool, int),
    (str,),
    *((int,),) * 2,
    (str,),
)
"""Of the fields of an `Entry`; SQLite has integers for truth."""
_SHAPES: Final = frozenset(product(*_TYPES))


def entry_of(row: Sequence[Any]) -> Entry | None:
    """The entry whose fields stand in a row of a stranger's table; None if they are not as they should be."""
    if (*map(type, row),) not in _SHAPES:
        return None
    return Entry._make(row if type(row[8]) is bool else (*row[:8], bool(row[8]), *row[9:]))


def describe(cassette: Cassette, name: str, kind: Kind, size: int) -> Entry:
    """The entry of a cassette that its store calls `name` and keeps in `size` bytes."""
    root = cassette.root or Span(cassette.name, "", "")
    exchange = root.exchange
    asked: dict[str, Any] = dict(exchange.request) if exchange else {}
    answered: dict[str, Any] = dict(exchange.response or {}) if exchange else {}
    attributes = root.attributes
    # Both generations of OpenTelemetry's HTTP conventions: https://opentelemetry.io/docs/specs/semconv/http/
    method = (
        _first(str, asked.get("method"), attributes.get("http.request.method"), attributes.get("http.method")) or ""
    )
    status = _first(
        int,
        answered.get("status"),
        attributes.get("http.response.status_code"),
        attributes.get("http.status_code"),
    )
    target = _target(root, asked) or root.name
    path = target.partition("?")[0]
    body = (exchange.request_body if exchange else None) or b""
    failed = root.status == Status.ERROR or bool(exchange and exchange.error is not None)
    several = kind == "process" and cassette.spans
    end = max(span.end for span in cassette.spans) if several else root.end
    return Entry(
        name=name,
        kind=kind,
        start=root.start,
        duration=max(0, end - root.start),
        method=method,
        route=_first(str, attributes.get("http.route")) or path,
        target=target,
        status=status,
        error=failed or (status is not None and status >= 500),
        service=_first(str, cassette.resource.get("service.name")) or "",
        spans=len(cassette.spans),
        size=size,
        fingerprint=blake2b(b"\0".join((_bytes(method), _bytes(target), body)), digest_size=8).hexdigest(),
    )


def _target(root: Span, asked: dict[str, Any]) -> str:
    found = root.attributes
    path = _first(str, found.get("url.path"))
    query = _first(str, found.get("url.query"))
    url: str | None = _first(
        str,
        asked.get("url"),
        found.get("url.full"),
        f"{path}?{query}" if path and query else path,
        found.get("http.target"),
        found.get("http.url"),
    )
    if not url:
        return ""
    before, separator, rest = url.partition("://")
    if not separator or "/" in before or "?" in before:
        return url
    target = rest[min(rest.find(sign) if sign in rest else len(rest) for sign in "/?") :]
    return target if target.startswith("/") else f"/{target}"


def _first(kind: type, *candidates: Any) -> Any:
    return next((value for value in candidates if type(value) is kind), None)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
