"""Calls that every HTTP client must survive, as data; a client's subject says how each is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from services.routes import PASSWORD, USER


@dataclass(frozen=True)
class Call:
    """One request, and how its answer is read.

    Args:
        path: with the query; a whole URL for one that is not the upstream's.
        method: in capitals.
        read: ``whole``, or how the client streams: ``raw``, ``bytes``, ``text``, ``lines``.
        pieces: most pieces to read of a stream before it is closed; 0: all.
        parts: a body that is generated piece by piece.
        options: makes what else the client is given with the request.
    """

    path: str
    method: str = "GET"
    read: str = "whole"
    pieces: int = 0
    parts: tuple[bytes, ...] | None = None
    options: Callable[[], Mapping[str, Any]] = dict


@dataclass(frozen=True)
class Conversation:
    """Calls one after the other, with one client that is made with `client`."""

    calls: tuple[Call, ...]
    client: Callable[[], Mapping[str, Any]] = dict


def one(path: str, method: str = "GET", **more: Any) -> Conversation:
    client = more.pop("client", dict)
    return Conversation((Call(path, method, **more),), client)


def files() -> dict[str, Any]:
    upload = {
        "photo": ("p.png", BytesIO(b"\x89PNG\r\n\x00\xff"), "image/png"),
        "note": ("n.txt", b"Gr\xc3\xbc\xc3\x9fe"),
    }
    return {"files": upload, "data": {"name": "Zo\xeb", "tags": ["a", "b"]}, "headers": {"Content-Type": BOUNDARY}}


BOUNDARY = "multipart/form-data; boundary=once-and-for-all"
STREAM = "/stream?pause=0.01"
JSON_BODY = {"name": "Zo\xeb", "price": 1.5, "nested": {"list": [1, 2, None]}}

ANSWERS: dict[str, Conversation] = {
    **{
        name: one(path)
        for name, path in {
            "text": "/text",
            "latin-1": "/latin1",
            "html": "/html",
            "json": "/json",
            "odd json": "/json/odd",
            "png": "/png",
            "every byte": "/bytes",
            "empty": "/empty",
            "until close": "/until-close",
            "headers": "/headers",
            "etag": "/etag",
            "404": "/nowhere",
            "503 with Retry-After": "/unavailable",
            "599": "/status/599",
            "gzip": "/coded/gzip",
            "deflate": "/coded/deflate",
            "br": "/coded/br",
            "zstd": "/coded/zstd",
            "5 MB": "/big?bytes=5000000",
            "query": "/echo?b=2&a=1&a=3&empty=&sp=%20+&u=%C3%BC",
        }.items()
    },
    "204": one("/status/204", "DELETE"),
    "304": one("/etag", options=lambda: {"headers": {"If-None-Match": '"v1"'}}),
    "HEAD": one("/html", "HEAD"),
    "OPTIONS": one("/echo", "OPTIONS"),
    "chunked": one(STREAM, read="raw"),
    "chunked, read whole": one(STREAM),
    "lines": one(STREAM, read="lines"),
    "text pieces": one(STREAM, read="text"),
    "gzip in pieces, raw": one("/stream/gzip?pause=0.01", read="raw"),
    "gzip in pieces, decoded": one("/stream/gzip?pause=0.01", read="bytes"),
    "events": one("/sse?pause=0.01", read="lines"),
    "raw gzip": one("/coded/gzip", read="raw"),
    "raw zstd": one("/coded/zstd", read="raw"),
    "not read": one(STREAM, read="none"),
    "JSON body": one("/echo", "POST", options=lambda: {"json": JSON_BODY}),
    "empty body": one("/echo", "POST"),
    "form": one("/echo", "POST", options=lambda: {"data": {"a": "1", "b": ["2", "Zo\xeb"]}}),
    "binary body": one("/echo", "PUT", options=lambda: {"content": bytes(range(256)) * 20}),
    "multipart": one("/echo", "POST", options=files),
    "generated body": one("/echo", "POST", parts=(b"one ", b"", b"two ", b"three" * 1000)),
    "generated empty body": one("/echo", "PATCH", parts=()),
    "redirect": one("/redirect/3", options=lambda: {"follow_redirects": True}),
    "redirect, not followed": one("/redirect/3"),
    "redirect that keeps the method": one(
        "/redirect?status=307&to=/echo", "POST", options=lambda: {"follow_redirects": True, "json": JSON_BODY}
    ),
    "same call twice": Conversation((Call("/counter"), Call("/counter"), Call("/counter"))),
}
"""Each answered without a secret in it."""

FAILURES: dict[str, Conversation] = {
    "no answer": one("/dies/silently"),
    "reset": one("/dies/reset"),
    "dies within the length": one("/dies/length"),
    "dies within the length, streamed": one("/dies/length", read="raw"),
    "dies within chunks": one("/dies/chunked", read="raw"),
    "dies within chunks, lines": one("/dies/chunked", read="lines"),
    "not HTTP": one("/garbage"),
    "time-out": one("/hangs", options=lambda: {"timeout": 0.4}),
    "time-out within the body": one("/hangs/body", read="raw", options=lambda: {"timeout": 0.4}),
    "time-out, then success": Conversation((Call("/flaky", options=lambda: {"timeout": 0.4}), Call("/flaky"))),
    "DNS": one("http://nowhere.invalid/"),
    "refused": one("http://127.0.0.1:1/"),
    "TLS": one("tls:/text"),
}
"""Each ends in an exception (of the first call). ``tls:`` asks the upstream, which has no TLS, for TLS."""

SECRETS: dict[str, Conversation] = {
    "cookies": Conversation((Call("/cookies/set?a=1&b=2"), Call("/cookies"))),
    "redirect with cookies": one("/redirect/3", options=lambda: {"follow_redirects": True}),
    "basic": one("/auth/basic", client=lambda: {"auth": (USER, PASSWORD)}),
    "basic, wrong": one("/auth/basic", client=lambda: {"auth": (USER, "guess")}),
    "login": one("/login", "POST", options=lambda: {"json": {"user": USER, "password": PASSWORD}}),
}
"""Each has something that redaction takes out."""
