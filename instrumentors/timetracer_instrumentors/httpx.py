"""httpx: every request that leaves through a real transport, synchronous or asynchronous.

The seams are the two transports that open sockets, beneath redirects, authentication, cookies and event hooks, which
run for real in a replay. Mock, ASGI, WSGI and custom transports are never touched.
"""

from __future__ import annotations

from typing import Any

import httpx

from timetracer.cassette.model import Exchange, Kind
from timetracer.seams.declaration import CallSeam, Described, Instrumentor, Message
from timetracer.seams.streams import Stream
from timetracer_instrumentors import http

_EXTENSIONS = ("http_version", "reason_phrase")


class BodyStream(Stream, httpx.SyncByteStream, httpx.AsyncByteStream):
    """A teed or replayed body, as both kinds of client want it."""


def request(transport: Any, request: httpx.Request) -> Message:
    """The headers are copied: authentication flows change them and send the same request again."""
    body = request.stream
    return Message(
        (request.method, request.url, request.headers.raw),
        b"".join(body) if isinstance(body, httpx.ByteStream) else body,
    )


def describe_request(fields: tuple[Any, ...], body: bytes) -> Described:
    method, url, headers = fields
    return http.decoded({"method": method, "url": str(url), "headers": http.request_headers(headers)}, body)


def with_request_body(args: tuple[Any, ...], stream: Any) -> tuple[Any, ...]:
    """A twin of the request, so that the app's own keeps the stream that it was given."""
    transport: httpx.HTTPTransport | httpx.AsyncHTTPTransport
    original: httpx.Request
    transport, original = args
    twin = object.__new__(type(original))
    vars(twin).update(vars(original))
    twin.stream = stream
    return transport, twin


def response(result: httpx.Response) -> Message:
    body = result.stream
    return Message(
        (result.status_code, result.headers.raw, result.extensions),
        b"".join(body) if isinstance(body, httpx.ByteStream) else body,
    )


def describe_response(fields: tuple[Any, ...], body: bytes) -> Described:
    status, headers, extensions = fields
    told = {name: extensions[name].decode("latin-1") for name in _EXTENSIONS if name in extensions}
    return http.decoded({"status": status, "headers": http.response_headers(headers), **told}, body)


def with_response_body(result: httpx.Response, stream: Any) -> httpx.Response:
    result.stream = stream
    return result


def rebuild(exchange: Exchange, stream: Any) -> httpx.Response:
    recorded = exchange.response or {}
    extensions = {name: str(recorded[name]).encode("latin-1") for name in _EXTENSIONS if name in recorded}
    return httpx.Response(
        status_code=int(str(recorded["status"])),
        headers=http.true_headers(exchange),
        stream=stream,
        extensions=extensions,
    )


def errors() -> tuple[type[BaseException], ...]:
    """Everything that a transport may raise."""
    found: list[type[BaseException]] = [httpx.TransportError]
    for kind in found:
        found.extend(kind.__subclasses__())
    return (*found, httpx.InvalidURL, httpx.StreamError, *httpx.StreamError.__subclasses__())


def _seam(target: str) -> CallSeam:
    return CallSeam(
        target,
        request=request,
        with_request_body=with_request_body,
        response=response,
        with_response_body=with_response_body,
        rebuild=rebuild,
    )


INSTRUMENTOR = Instrumentor(
    library="httpx",
    kind=Kind.CLIENT,
    seams=(_seam("httpx:HTTPTransport.handle_request"), _seam("httpx:AsyncHTTPTransport.handle_async_request")),
    scopes=("opentelemetry.instrumentation.httpx",),
    describe_request=describe_request,
    describe_response=describe_response,
    key=http.key,
    identity=http.identity,
    writes=http.writes,
    wire_body=http.wire_body,
    http=True,
    stream=BodyStream,
    errors=errors,
)
