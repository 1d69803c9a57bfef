"""What HTTP libraries have in common: identity, codings that are undone and done again, headers that stay true."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.cassette.model import Exchange, Redaction
from timetracer_instrumentors import http

TEXT = b'{"a": 1}' * 100


def message(body: bytes, coding: str) -> tuple[dict[str, Any], bytes | None]:
    return http.decoded({"status": 200, "headers": [["Content-Encoding", coding]]}, body)


def again(values: dict[str, Any], body: bytes | None, **more: Any) -> Exchange:
    return Exchange("httpx", "GET x", {}, response=values, response_body=body, **more)


def deflated(data: bytes, level: int, wbits: int = 15) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, wbits)
    return packer.compress(data) + packer.flush()


def huffman_only(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31, 8, zlib.Z_HUFFMAN_ONLY)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        *[("gzip", gzip.compress(TEXT, level, mtime=time)) for level in (1, 6, 9) for time in (0, 1_700_000_000)],
        ("GZIP", gzip.compress(TEXT, mtime=0)),
        *[("deflate", deflated(TEXT, level)) for level in (1, 6, 9)],
    ],
)
def test_a_coded_body_is_kept_readable_and_comes_back_byte_for_byte(coding: str, body: bytes) -> None:
    values, plain = message(body, coding)
    assert plain == TEXT
    assert http.wire_body(again(values, plain)) == body


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"not gzip at all"),
        ("gzip", gzip.compress(TEXT, mtime=0)[:-4]),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"trailing"),
        ("gzip", huffman_only(TEXT)),
        ("gzip", deflated(TEXT[:300], 6, 31) + deflated(TEXT[300:], 6, 31)),
        ("deflate", deflated(TEXT, 6, -15)),
        ("br", b"\x0b\x02\x80ab\x03"),
        ("gzip, br", gzip.compress(TEXT, mtime=0)),
        ("identity", TEXT),
        ("gzip", b""),
    ],
)
def test_what_would_not_come_back_exactly_stays_as_it_is(coding: str, body: bytes) -> None:
    """Torn, two members in one, another encoder's work, a coding that is not ours: exact bytes before readable ones."""
    values, kept = message(body, coding)
    assert kept == body
    assert "coding" not in values
    assert http.wire_body(again(values, kept)) == body


def test_a_sync_flushed_stream_stays_as_it_was() -> None:
    packer = zlib.compressobj(wbits=31)
    body = packer.compress(b"one") + packer.flush(zlib.Z_SYNC_FLUSH) + packer.compress(b"two") + packer.flush()
    values, kept = message(body, "gzip")
    assert http.wire_body(again(values, kept)) == body


@given(st.binary(max_size=2000), st.sampled_from(["gzip", "deflate", "br", "identity"]), st.booleans())
def test_any_body_comes_back(data: bytes, coding: str, packed: bool) -> None:
    body = gzip.compress(data, mtime=0) if packed else data
    values, kept = message(body, coding)
    assert http.wire_body(again(values, kept)) == body


@pytest.mark.parametrize(
    "coding", [["gzip"], ["gzip", "high"], ["gzip", 77, b""], "gzip", ["rot13", 1], None, ["gzip", 6, 7]]
)
def test_a_cassette_with_nonsense_for_a_coding(coding: Any) -> None:
    assert isinstance(http.wire_body(again({"status": 200, "headers": [], "coding": coding}, b"x")), bytes)


HEADERS = [["Host", "shop"], ["X-Tenant", "a"], ["Accept", "*/*"], ["x-tenant", "b"]]


def identity(
    url: str = "http://shop/items?b=2&a=1", headers: Any = HEADERS, body: bytes | None = b"x"
) -> dict[str, Any]:
    return http.identity({"method": "GET", "url": url, "headers": headers}, body)


def test_the_parts_of_a_request() -> None:
    assert identity() == {
        "method": "GET",
        "host": "http://shop",
        "path": "/items",
        "query": "b=2&a=1",
        "headers": "accept: */*\nx-tenant: a\nx-tenant: b",
        "body": b"x",
    }


@pytest.mark.parametrize(
    "name", ["Traceparent", "b3", "User-Agent", "Host", "Content-Length", "X-Stainless-Lang", "Amz-Sdk-Request"]
)
def test_headers_that_say_nothing_of_what_is_asked(name: str) -> None:
    assert identity(headers=[*HEADERS, [name, "anything"]]) == identity()


@pytest.mark.parametrize("headers", [None, "headers", [["one"]], [[]], [7], {"a": "b"}])
def test_a_cassette_with_nonsense_for_headers(headers: Any) -> None:
    assert identity(headers=headers)["headers"] == ""
    assert http.true_headers(again({"status": 200, "headers": headers}, b"")) == []


def test_trace_headers_are_not_kept_of_a_request() -> None:
    raw = [(b"TraceParent", b"00-1-2-01"), (b"X-Name", "Zo\u00eb".encode("latin-1")), (b"x-name", b"")]
    assert http.request_headers(raw) == [["X-Name", "Zo\u00eb"], ["x-name", ""]]
    assert http.response_headers(raw) == [["TraceParent", "00-1-2-01"], ["X-Name", "Zo\u00eb"], ["x-name", ""]]


def test_headers_come_back_as_they_were() -> None:
    raw = [(b"Set-Cookie", b"a=1"), (b"X-Name", "Zo\u00eb".encode("latin-1")), (b"set-cookie", b"b=2")]
    assert http.true_headers(again({"status": 200, "headers": http.response_headers(raw)}, b"x")) == raw


@pytest.mark.parametrize(("path", "length"), [("response.body.token", b"5"), ("response.headers.x", b"9")])
def test_the_length_is_true_where_a_redaction_has_changed_it(path: str, length: bytes) -> None:
    values = {"status": 200, "headers": [["Content-Length", "9"], ["X", "y"]]}
    kept = again(values, b"short", redactions=[Redaction(path, "token")])
    assert http.true_headers(kept) == [(b"Content-Length", length), (b"X", b"y")]


@pytest.mark.parametrize(("method", "writes"), [("GET", False), ("HEAD", False), ("POST", True), ("DELETE", True)])
def test_who_may_bring_something_new(method: str, writes: bool) -> None:
    assert http.writes({"method": method}) is writes


def test_the_key_is_for_people() -> None:
    assert http.key({"method": "GET", "url": "http://shop/items?token=secret"}) == "GET http://shop/items"


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("X-Amz-Date=1&versionId=7&X-Amz-Signature=2&X-Amz-Expires=60", "versionId=7&X-Amz-Expires=60"),
        ("AWSAccessKeyId=a&Signature=b%3D&Expires=1&response-content-type=x", "response-content-type=x"),
        ("Signature=b&Expires=1", "Signature=b&Expires=1"),
        ("X-Amz-Date=1", "X-Amz-Date=1"),
    ],
)
def test_what_signs_a_url_is_not_what_it_asks_for(query: str, left: str) -> None:
    assert http.identity({"method": "GET", "url": f"http://bucket/key?{query}", "headers": []}, b"")["query"] == left
