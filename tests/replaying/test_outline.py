"""What two runs of one call have in common."""

from __future__ import annotations

import pytest

from replaying.recording import SECOND, START, A, X, http
from timetracer.replaying.fields import Parts
from timetracer.replaying.noise import Noise
from timetracer.replaying.outline import outline


def digest(parts: Parts, library: str = "httpx", **fixed: str) -> bytes:
    return outline(parts, Noise(), START).digest(library, lambda mark: fixed.get(mark.kind))


def test_marks_stand_where_the_tokens_were() -> None:
    parts = http(f"POST /users/{A}?at=1764000001", {"by": "redacted-email-3@example.com"}, x_request_id="42")
    marks = outline(parts, Noise(), START).marks
    assert [(mark.kind, mark.text, ".".join(mark.path), mark.free) for mark in marks] == [
        ("identifier", A.replace("-", ""), "path", False),
        ("time", "1764000001", "query.at", False),
        ("identifier", "42", "headers.x-request-id", True),
        ("pseudonym", "redacted-email-3", "body.by", False),
    ]
    assert marks[1].moment is not None
    assert marks[1].moment.time == START + SECOND


def test_a_mark_stands_for_anything_of_its_shape_unless_it_is_fixed() -> None:
    one, other = http(f"GET /users/{A}"), http(f"GET /users/{X}")
    assert digest(one) == digest(other)
    assert digest(one, identifier=A) != digest(other, identifier=X)
    assert digest(one) != digest(http(f"GET /users/{A.replace('-', '')}"))


@pytest.mark.parametrize(
    "other",
    [
        http("GET /a?b=1&c=2", accept="*/*"),
        http("GET /b?c=2&b=1", accept="*/*"),
        http("GET /a?c=2&b=1", accept="*/*", via="x"),
        http("GET /a?c=2&b=1", "x", accept="*/*"),
        http("GET /a?c=2&b=", accept="*/*"),
        http("GET /a?c=2&b", accept="*/*"),
        http('GET /a?c=2&b="1"', accept="*/*"),
    ],
)
def test_everything_else_must_be_the_same(other: Parts) -> None:
    same = http("GET /a?c=2&b=1", accept="*/*")
    assert digest(same) == digest(dict(same)) != digest(other)


def test_libraries_are_apart() -> None:
    assert digest(http("GET /a")) != digest(http("GET /a"), library="requests")


def test_a_mark_is_not_the_text_it_stands_for() -> None:
    assert digest({"a": f"x {A} y"}) != digest({"a": "x \0uuid y"})


def test_noise_is_told_apart_and_left_out() -> None:
    noise = Noise(["request.body.items"])
    one = outline(http("POST /", {"items": [1, 2], "n": 1}), noise, START)
    other = outline(http("POST /", {"items": [], "n": 1}), noise, START)
    assert one.noise == {"noise rule (request.body.items)": "12"}
    assert one.digest("httpx", lambda _: None) == other.digest("httpx", lambda _: None)
    absent = outline(http("POST /", {"n": 1}), noise, START)
    assert one.digest("httpx", lambda _: None) != absent.digest("httpx", lambda _: None)


def test_what_is_called_an_object_id_is_an_identifier_with_decimal_digits_alone() -> None:
    parts = http("POST /a", {"_id": {"$oid": "1" * 24}, "account": "1" * 24})
    assert [(mark.kind, ".".join(mark.path)) for mark in outline(parts, Noise(), START).marks] == [
        ("identifier", "body._id.$oid")
    ]
