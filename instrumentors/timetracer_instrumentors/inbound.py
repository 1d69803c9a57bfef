"""What every web framework has in common: how a request that enters is told, recognised, and claimed by its span.

Whatever the gateway (`asgi`, `wsgi`), a request is ``(method, url, headers)``, a response ``(status, headers)``;
headers are pairs of bytes, as they were on the wire.
"""

from __future__ import annotations

from typing import Any

from timetracer.cassette.model import Kind
from timetracer.seams.declaration import Described, Instrumentor, ServerSeam
from timetracer_instrumentors import http


def instrumentor(library: str, scopes: tuple[str, ...], *seams: ServerSeam) -> Instrumentor:
    """That of a web framework, whose requests enter through these seams."""
    return Instrumentor(
        library=library,
        kind=Kind.SERVER,
        seams=seams,
        scopes=scopes,
        describe_request=describe_request,
        describe_response=describe_response,
        key=http.key,
        identity=identity,
        writes=http.writes,
        wire_body=http.wire_body,
        http=True,
    )


def describe_request(fields: tuple[Any, ...], body: bytes) -> Described:
    method, url, headers = fields
    return http.decoded({"method": method, "url": url, "headers": http.request_headers(headers)}, body)


def describe_response(fields: tuple[Any, ...], body: bytes) -> Described:
    status, headers = fields
    return http.decoded({"status": status, "headers": http.response_headers(headers)}, body)


def identity(request: dict[str, Any], body: bytes | None) -> dict[str, str | bytes]:
    """Which recorded request this is: method, path, query, body. Neither the host that served it nor its headers."""
    parts = http.identity(request, body)
    return {name: parts[name] for name in ("method", "path", "query", "body")}
