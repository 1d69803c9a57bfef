"""The query language."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.analysis.query import Query, QueryError, Term, Value, amount, parsed

FIELDS = ("dur", "status", "name", "error", "lib", "has")
THING: dict[str, list[Value]] = {
    "dur": [25_000_000],
    "status": ["404", "4xx"],
    "name": ["GET /Orders/{id}"],
    "text": ['say "out of stock" loudly'],
    "http.route": ["/orders/{id}"],
}


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("", True),
        ("dur>10ms", True),
        ("dur>25ms", False),
        ("dur>=25ms dur<=25ms dur<0.1s", True),
        ("dur:25ms", True),
        ("duration>1s", False),
        ("status:404", True),
        ("status:4xx", True),
        ("status:500,404", True),
        ("status>=400", True),
        ("status<400", False),
        ("name:/orders", True),
        ("name=/orders", False),
        ('name="get /orders/{id}"', True),
        ("name:get*{id}", True),
        ("name=get*", True),
        ("name=orders*", False),
        ("-name:orders", False),
        ("-error:x", True),
        ("error:x", False),
        ("http.route:/orders", True),
        ("no.such:1", False),
        ("STOCK", True),
        ('"out of stock"', True),
        ('"stock out"', False),
        ("out stock", True),
        ("-bananas", True),
        ("dur>10ms status:404 loudly", True),
        ("dur>10ms status:200 loudly", False),
        ("name>5", False),
    ],
)
def test_what_holds(query: str, holds: bool) -> None:
    assert parsed(query, FIELDS).holds(lambda field: THING.get(field, [])) is holds


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("colour:red", "there is no field 'colour'; there are dur, error, has, lib, name, status, text"),
        ("dur>fast", "'fast' is no amount"),
        ("dur>10parsecs", "no amount"),
        ('name:"open', "a quote has no end"),
    ],
)
def test_what_cannot_be_understood_says_why(query: str, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        parsed(query, FIELDS)


def test_a_url_in_quotes_is_text() -> None:
    assert parsed('"http://shop/"', FIELDS).terms == (Term("text", ":", ("http://shop/",), False),)


def test_plain_words_can_be_looked_for_beforehand() -> None:
    assert parsed('a "b c" -d text:e,f name:g', FIELDS).texts == ["a", "b c"]
    assert Query().texts == []


@pytest.mark.parametrize(
    ("text", "value"),
    [("10ms", 10e6), ("1.5s", 1.5e9), ("2kB", 2000), ("500", 500), ("3d", 3 * 86_400e9), ("1m", 60e9), ("7µs", 7e3)],
)
def test_amounts(text: str, value: float) -> None:
    assert amount(text) == value


@given(st.text('ab:"<>=-,.* 1ms', max_size=30))
def test_any_text_is_a_query_or_an_error(text: str) -> None:
    with contextlib.suppress(QueryError):
        parsed(text, FIELDS).holds(lambda field: THING.get(field, []))
