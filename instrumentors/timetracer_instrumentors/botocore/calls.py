"""What a call to AWS says: described for the cassette, recognised in a replay. For every service alike.

A request is ``{"service": "dynamodb", "operation": "GetItem", "region": "eu-west-1", "method", "url", "headers"}``
and a body as the service's protocol has it (https://smithy.io/2.0/aws/index.html): between them they hold every
parameter that the caller gave. A response is as in `http`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from timetracer.cassette.model import Exchange, Plain
from timetracer.seams.declaration import Described
from timetracer_instrumentors import http

_OF_THE_MESSAGE = """
    authorization x-amz-date x-amz-security-token x-amz-content-sha256 x-amz-target x-amzn-query-mode x-amz-trailer
    x-amz-decoded-content-length x-amz-sdk-checksum-algorithm content-md5 expect user-agent content-length
    transfer-encoding
"""
_NOT_KEPT = http.TRACE_HEADERS | frozenset(_OF_THE_MESSAGE.split())
_NOT_KEPT_PREFIXES = ("amz-sdk-", "x-amz-checksum-")
"""Headers that are made anew for each request (signature, attempt), or follow from its body (check sums)."""
_CHECKED = ("x-amz-checksum-", "x-amz-crc32", "content-md5")
"""Check sums of a response's body, which a redacted body has no more."""
_ACCOUNT_HOST = re.compile(r"^(\w+://)\d{12}\.ddb\.")
"""DynamoDB's endpoint of one account, which botocore takes if the credentials tell the account."""
_READS = re.compile(r"(?:Batch)?(?:Get|List|Describe|Head|Query|Scan|Search|Select|Lookup|Check|Count)|TransactGet")
"""How the names of operations begin that change nothing; those of a server that gives a new name each time do not."""


def describe_request(fields: tuple[Any, ...], body: bytes) -> Described:
    """Args: fields: (operation model or None, region, method, URL, headers)."""
    operation, region, method, url, headers = fields
    told, coding = _kept(headers)
    values: dict[str, Plain] = {
        "service": operation.service_model.service_name if operation else "",
        "operation": operation.name if operation else "",
        "region": region,
        "method": method,
        "url": url,
        "headers": told,
    }
    return http.decoded(values, _unchunked(body) if "aws-chunked" in coding else body)


def _kept(headers: Any) -> tuple[list[Plain], list[str]]:
    """The headers worth keeping, and the content codings. Values are bytes or text, whoever set them."""
    told: list[Plain] = []
    coding: list[str] = []
    for name, value in headers.items():
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        low = name.lower()
        if low == "content-encoding":
            coding = [each.strip() for each in text.split(",")]
            text = ",".join(each for each in coding if each != "aws-chunked")
        if text and low not in _NOT_KEPT and not low.startswith(_NOT_KEPT_PREFIXES):
            told.append([name, text])
    return told, coding


def _unchunked(body: bytes) -> bytes:
    """The content of a body in S3's ``aws-chunked`` coding, in which unsigned trailers are sent; any other as it is."""
    pieces: list[bytes] = []
    start = 0
    while True:
        line, end, _ = body[start : start + 200].partition(b"\r\n")
        size = line.partition(b";")[0]
        if not end or not re.fullmatch(rb"[0-9a-fA-F]{1,16}", size):
            return body
        start += len(line) + 2
        length = int(size, 16)
        if not length:
            return b"".join(pieces)
        pieces.append(body[start : start + length])
        start += length + 2


def describe_response(fields: tuple[Any, ...], body: bytes) -> Described:
    """Args: fields: (status, headers)."""
    status, headers = fields
    return http.decoded({"status": status, "headers": [[name, value] for name, value in headers.items()]}, body)


def headers_to_play(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """The response's headers; without check sums of a body that was redacted."""
    redacted = any(mark.path.startswith("response.body") for mark in exchange.redactions)
    for name, value in http.true_headers(exchange):
        text = name.decode("latin-1")
        if not (redacted and text.lower().startswith(_CHECKED)):
            yield text, value.decode("latin-1")


def key(request: dict[str, Plain]) -> str:
    """``s3.GetObject http://bucket.s3.amazonaws.com/key``."""
    name = f"{http.text(request, 'service')}.{http.text(request, 'operation')}".strip(".") or "AWS"
    return f"{name} {http.text(request, 'url').partition('?')[0]}"


def identity(request: dict[str, Plain], body: bytes | None) -> dict[str, str | bytes]:
    """Service, operation, region; endpoint, path, query, headers and body, which hold the parameters."""
    parts = http.identity(request, None)
    return {
        **{name: http.text(request, name) for name in ("service", "operation", "region")},
        "host": _ACCOUNT_HOST.sub(r"\1dynamodb.", str(parts["host"])),
        **{name: parts[name] for name in ("path", "query", "headers")},
        "body": _comparable(body or b"", http.text(request, "service")),
    }


def writes(request: dict[str, Plain]) -> bool:
    return _READS.match(http.text(request, "operation")) is None


_SECRETS: dict[str, dict[str, str | None]] = {
    "kms": {f"{side}.body.Plaintext": "A" * 43 + "=" for side in ("request", "response")},
    "s3": {
        f"request.headers.x-amz-{source}server-side-encryption-customer-key": None for source in ("", "copy-source-")
    },
    "secretsmanager": {
        f"{side}.body.{place}Secret{form}": {"String": None, "Binary": "cmVkYWN0ZWQ="}[form]
        for side, place in (("request", ""), ("response", ""), ("response", "SecretValues.*."))
        for form in ("String", "Binary")
    },
    "ssm": dict.fromkeys(
        ("request.body.Value", "response.body.Parameter.Value", "response.body.Parameters.*.Value"), None
    ),
}
"""By service: what no name gives away. Where botocore reads base64, that is what stands there: zeroes, ``redacted``."""


def secrets(request: dict[str, Plain]) -> Mapping[str, str | None]:
    return _SECRETS.get(http.text(request, "service"), {})


# What stands in a body otherwise each time. OpenTelemetry's botocore instrumentor puts the trace's ids into messages of
# SQS and SNS and into Lambda's payloads; boto3 writes a DynamoDB set in the order that Python's hashes give it.

_TRACED = (b"traceparent", b"x-amzn-trace-id")
_SETS = {"SS", "NS", "BS"}


def _comparable(body: bytes, service: str) -> bytes:
    """The body without all that; the very same where there is nothing of it."""
    low = body.lower()
    traced = any(name in low for name in _TRACED)
    if not traced and not (service == "dynamodb" and b's": [' in low):
        return body
    if body[:1] != b"{":
        return _untraced_form(body)
    try:
        parsed = json.loads(body, parse_float=lambda raw: {"number": raw})
        return json.dumps(_without_noise(parsed)).encode()
    except (ValueError, RecursionError):
        return body


def _without_noise(value: Any) -> Any:
    """What becomes empty by it goes as well: without tracing, it would not be there."""
    if isinstance(value, list):
        return [_without_noise(each) for each in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    left: dict[str, Any] = {}
    for name, child in cast("dict[str, Any]", value).items():
        pruned = _without_noise(child)
        if name.lower() not in http.TRACE_HEADERS and (pruned or not child):
            left[name] = sorted(pruned, key=json.dumps) if name in _SETS and isinstance(child, list) else pruned
    return left


def _untraced_form(body: bytes) -> bytes:
    """The same for a form: ``MessageAttributes.entry.1.Name=traceparent`` and all its sisters; later ones move up."""
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    traced = {
        name.rpartition(".")[0]
        for name, value in pairs
        if name.endswith(".Name") and value.lower() in http.TRACE_HEADERS
    }
    left = [(name, value) for name, value in pairs if not any(name.startswith(f"{each}.") for each in traced)]
    return urlencode(list(_renumbered(left, {each.rpartition(".")[0] for each in traced}))).encode()


def _renumbered(pairs: Iterable[tuple[str, str]], lists: set[str]) -> Iterator[tuple[str, str]]:
    places: dict[str, dict[str, int]] = {each: {} for each in lists}
    for name, value in pairs:
        told = name
        for each, seen in places.items():
            if name.startswith(f"{each}."):
                number, dot, rest = name[len(each) + 1 :].partition(".")
                told = f"{each}.{seen.setdefault(number, len(seen) + 1)}{dot}{rest}"
        yield told, value
