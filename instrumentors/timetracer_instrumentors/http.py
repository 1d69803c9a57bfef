"""What every HTTP library has in common: how a request is described, recognised, and how a body was on the wire.

Shapes: a request is ``{"method": str, "url": str, "headers": [[name, value], …]}``, a response ``{"status": int,
"headers": [[name, value], …], …}``. Header bytes are Latin-1 (RFC 9110, section 5.5), names as they were written.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping

from timetracer.cassette.model import Exchange, Plain
from timetracer.seams.declaration import Described

_TRACE = """
    traceparent tracestate baggage b3 x-b3-traceid x-b3-spanid x-b3-parentspanid x-b3-sampled x-b3-flags uber-trace-id
    x-amzn-trace-id x-cloud-trace-context x-datadog-trace-id x-datadog-parent-id x-datadog-sampling-priority
    x-datadog-tags sentry-trace
"""
_TRANSPORT = """
    accept-encoding connection content-length date host keep-alive te transfer-encoding user-agent
    x-goog-api-client x-amz-user-agent
"""
TRACE_HEADERS = frozenset(_TRACE.split())
"""Propagation headers: the span has the ids already, and a replay has others."""

TRANSPORT_HEADERS = TRACE_HEADERS | frozenset(_TRANSPORT.split())
CLIENT_HEADERS = ("x-stainless-", "amz-sdk-")
"""Headers (and prefixes of headers) that say how a message travels and which client sent it, not what is asked. They
are kept in the cassette, and are not part of a request's identity."""

_SIGNATURE = """
    X-Amz-Algorithm X-Amz-Credential X-Amz-Date X-Amz-Security-Token X-Amz-Signature
    AWSAccessKeyId Expires Signature x-amz-security-token
"""
SIGNATURE = frozenset(_SIGNATURE.split())
"""Parameters of a signed URL (version 4, and version 2 of AWS's signatures) that each signing makes anew."""

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

_GZIP_LEVELS = (6, 9, 1)


def request_headers(raw: Iterable[tuple[bytes, bytes]]) -> list[Plain]:
    """A request's header fields as the cassette holds them; trace propagation left out."""
    return [
        [told, value.decode("latin-1")]
        for name, value in raw
        if (told := name.decode("latin-1")).lower() not in TRACE_HEADERS
    ]


def response_headers(raw: Iterable[tuple[bytes, bytes]]) -> list[Plain]:
    """A response's header fields as the cassette holds them: all, in order, names as they were written."""
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in raw]


def header_pairs(values: Mapping[str, Plain]) -> list[tuple[str, str]]:
    """The header fields of a request or a response, in order. Anything misshapen is left out."""
    fields = values.get("headers")
    if not isinstance(fields, (list, tuple)):
        return []
    return [(str(field[0]), str(field[1])) for field in fields if isinstance(field, (list, tuple)) and len(field) == 2]


def header(values: Mapping[str, Plain], name: str) -> str:
    """The first header of this (lower-case) name, or nothing."""
    return next((value for key, value in header_pairs(values) if key.lower() == name), "")


def key(request: dict[str, Plain]) -> str:
    """``GET http://shop/items``: without the query, which may be long; `identity` is what counts."""
    return f"{text(request, 'method')} {text(request, 'url').partition('?')[0]}"


def text(values: Mapping[str, Plain], name: str) -> str:
    """A value that is text; nothing where it is not, for a cassette may say anything."""
    value = values.get(name)
    return value if isinstance(value, str) else ""


def identity(request: dict[str, Plain], body: bytes | None) -> dict[str, str | bytes]:
    """The parts by which a request is recognised: method, host (with the scheme), path, query, headers, body."""
    address, _, query = text(request, "url").partition("#")[0].partition("?")
    scheme, sign, rest = address.partition("://")
    netloc, slash, path = (rest if sign else address).partition("/")
    told = [
        f"{low}: {value}"
        for name, value in header_pairs(request)
        if (low := name.lower()) not in TRANSPORT_HEADERS and not low.startswith(CLIENT_HEADERS)
    ]
    return {
        "method": text(request, "method"),
        "host": f"{scheme if sign else ''}://{netloc}",
        "path": slash + path,
        "query": _unsigned(query),
        "headers": "\n".join(sorted(told)),
        "body": body or b"",
    }


def _unsigned(query: str) -> str:
    """The query of a URL that was signed for AWS's S3, without what makes the signature: who signed, when, and it."""
    if "X-Amz-Signature=" in query or ("AWSAccessKeyId=" in query and "Signature=" in query):
        return "&".join(pair for pair in query.split("&") if pair.partition("=")[0] not in SIGNATURE)
    return query


def writes(request: dict[str, Plain]) -> bool:
    """Whether the request may bring identifiers that nobody has seen yet (RFC 9110, section 9.2.1: not *safe*)."""
    return request.get("method") in WRITES


def decoded(values: dict[str, Plain], body: bytes) -> Described:
    """A message whose gzip or deflate body is stored decoded, when coding it again gives the very same bytes.

    The setting that does is kept as ``coding``: ``["gzip", level, first ten bytes]``. Other codings, and encoders
    other than zlib's, stay as they were on the wire: exact bytes come before readable ones.
    """
    coding = header(values, "content-encoding").strip().lower() if body else ""
    if coding in ("gzip", "deflate"):
        for level in _GZIP_LEVELS:
            plain = _undo(coding, level, body)
            if plain is not None:
                values["coding"] = [coding, level, body[:10]]
                return Described(values, plain)
    return Described(values, body)


def _undo(coding: str, level: int, body: bytes) -> bytes | None:
    try:
        unpacker = zlib.decompressobj(47)
        plain = unpacker.decompress(body, 256 * 1024 * 1024)
    except zlib.error:
        return None
    if not unpacker.eof or unpacker.unused_data or unpacker.unconsumed_tail:
        return None
    return plain if _code(coding, level, plain, body[:10]) == body else None


def _code(coding: str, level: int, plain: bytes, head: bytes = b"") -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, 31 if coding == "gzip" else 15)
    packed = packer.compress(plain) + packer.flush()
    if coding == "gzip" and head:
        # RFC 1952: bytes 4 to 9 are time, flags and system, which say nothing of the content.
        return packed[:4] + head[4:10] + packed[10:]
    return packed


def wire_body(exchange: Exchange) -> bytes:
    """The response's body as it was on the wire: coded again where it was stored decoded."""
    response, body = exchange.response or {}, exchange.response_body or b""
    coding = response.get("coding")
    if isinstance(coding, (list, tuple)) and len(coding) == 3:
        name, level, head = coding
        if name in ("gzip", "deflate") and level in _GZIP_LEVELS and isinstance(head, bytes):
            return _code(str(name), int(str(level)), body, head)
    return body


def true_headers(exchange: Exchange) -> list[tuple[bytes, bytes]]:
    """The response's headers as they were on the wire; the content-length of a redacted body is made true."""
    found = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in header_pairs(exchange.response or {})]
    marks = exchange.redactions
    if marks and exchange.response_body and any(mark.path.startswith("response.body") for mark in marks):
        length = str(len(wire_body(exchange))).encode()
        return [(name, length if name.lower() == b"content-length" else value) for name, value in found]
    return found
