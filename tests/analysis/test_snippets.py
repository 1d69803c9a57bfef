"""A word in a span, with its path and what is around it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.analysis.snippets import AROUND, Snippet, snippet
from timetracer.cassette.model import Event, Exchange, Span


def answered(body: bytes, **fields: Any) -> Span:
    response = {"status": 200, "headers": [["X-Shop", "corner"]]} | fields
    request = {"method": "GET", "url": "http://stock/items?id=3"}
    return Span(
        "GET", "t" * 32, "1" * 16, exchange=Exchange("httpx", "k", request, response=response, response_body=body)
    )


@pytest.mark.parametrize(
    ("word", "path", "text"),
    [
        ("needle", "response.body.items[1].name", "a needle here"),
        ("NEEDLE", "response.body.items[1].name", "a needle here"),
        ("id=3", "request.url", "http://stock/items?id=3"),
        ("corner", "response.headers.X-Shop", "corner"),
        ("items[1].na", "response.body.items[1].name", "response.body.items[1].name = a needle here"),
        ('"items":', "response.body", '{"items": [{"name": "pin"}, {"name": "a needle he…'),
        ("/orders/{id}", "span.attributes.http.route", "/orders/{id}"),
        ("burnt", "span.events[0].attributes.exception.message", "it burnt"),
        ("lost", "span.message", "all is lost"),
        ("httpx", "library", "httpx"),
    ],
)
def test_a_word_has_the_path_of_its_value(word: str, path: str, text: str) -> None:
    span = answered(b'{"items": [{"name": "pin"}, {"name": "a needle here"}]}')
    span.attributes = {"http.route": "/orders/{id}"}
    span.events = [Event("exception", 0, {"exception.message": "it burnt"})]
    span.status_message = "all is lost"
    found = snippet(span, word)
    assert found is not None
    assert (found.path, found.before + found.match + found.after) == (path, text)
    assert found.match.casefold() == word.casefold()


def test_an_attribute_that_is_asked_for_is_the_place() -> None:
    span = answered(b"x")
    span.attributes = {"http.method": "GET"}
    found = snippet(span, "get", "http.method")
    assert found == Snippet("span.attributes.http.method", "", "GET", "")
    assert snippet(span, "get", "http.route") is None


def test_what_is_nowhere_has_no_snippet() -> None:
    assert snippet(answered(b"pin"), "needle") is None
    assert snippet(answered(b"pin"), "") is None


def test_the_word_stands_in_the_middle_of_a_long_value() -> None:
    assert snippet(answered(b"x" * 1_000 + b"needle" + b"y" * 1_000), "needle") == Snippet(
        "response.body", f"…{'x' * AROUND}", "needle", f"{'y' * AROUND}…"
    )


def test_what_is_no_text_is_a_dot_and_a_line_end_a_blank() -> None:
    found = snippet(answered(b"\xff\xfe\0\x01 a\r\n\r\n needle\0\0\x1b[2J"), "needle")
    assert found == Snippet("response.body", "· a ", "needle", "·[2J")


def test_deep_nesting_and_letters_that_fold_to_two() -> None:
    assert snippet(answered(b"[" * 100_000), "needle") is None
    deep = snippet(answered(b"[" * 300 + b'"needle"' + b"]" * 300), "needle")
    assert deep is not None
    assert deep.path == "response.body" + "[0]" * 300
    folded = snippet(answered("Straße".encode()), "STRASSE")
    assert folded is not None
    assert folded.match == "Straße"


@given(st.binary(max_size=200), st.text(min_size=1, max_size=5))
def test_whatever_a_body_holds_a_snippet_is_short_and_prints(body: bytes, word: str) -> None:
    found = snippet(answered(body), word)
    if found is not None:
        assert len(found.before) <= AROUND + 1
        assert len(found.after) <= AROUND + 1
        assert found.path
