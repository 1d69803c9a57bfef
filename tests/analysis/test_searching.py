"""Searching cassettes."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

import recordings
from timetracer.analysis.query import parsed
from timetracer.analysis.searching import ENTRY_FIELDS, Search, entry_values
from timetracer.cassette import layouts
from timetracer.cassette.model import Cassette, Exchange, Span
from timetracer.store.entry import describe

ENTRY = describe(recordings.order(), "cassettes/a.json", "unit", 2_000)


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("route:/orders", True),
        ("route:/orders/7", True),
        ("method:GET", False),
        ("status:502 status:5xx status:error status>=500", True),
        ("status:ok", False),
        ("dur>1s dur<2s", True),
        ("age<1d", False),
        ("age>1d", True),
        ("when:2025-01-02T03", True),
        ("service:shop", True),
        ("spans:9", True),
        ("size:2kB", True),
        ("kind:unit name:a.json", True),
    ],
)
def test_what_an_entry_tells(query: str, holds: bool) -> None:
    search = Search.of(parsed(query, ENTRY_FIELDS))
    assert not search.within.terms
    assert search.outside.holds(partial(entry_values, ENTRY, now=lambda: ENTRY.start + 2 * 86_400 * 10**9)) is holds


def number(cassette: Cassette, query: str) -> int | None:
    search = Search.of(parsed(query, ENTRY_FIELDS))
    found = search.found(cassette)
    if found is not None:
        assert search.may_hold(layouts.encode_line(cassette))
        assert search.may_hold(layouts.encode_document(cassette))
    return found.number if found else None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('"payment failed"', 1),
        ("PaymentError", 6),
        ("httpx.ReadTimeout:", 7),
        ("lib:httpx", 4),
        ("lib:redis", None),
        ("-lib:redis", 1),
        ("-lib:httpx", None),
        ("http.route:/orders lib:httpx", 1),
        ("http.status_code:200", 4),
        ("12345678901234567890123", 4),
        ("bananas", None),
        ('"[{"', 1),
    ],
)
def test_what_spans_tell(query: str, found: int | None) -> None:
    assert number(recordings.order(), query) == found


def test_the_first_term_names_the_span() -> None:
    assert number(recordings.order(), "quote lib:asgi") == 5


@pytest.mark.parametrize("body", [b"\xff needle", b"\0needle", "Straße NEEDLE".encode(), b'"\\u006eeedle"'])
def test_a_quick_look_never_misses_what_is_there(body: bytes) -> None:
    cassette = Cassette([Span("a", "t" * 32, "1" * 16, exchange=Exchange("httpx", "k", {}, body))])
    assert number(cassette, "needle" if b"\\u" not in body else "eedle") == 1
    assert number(cassette, "STRASSE") == (1 if "Straße".encode() in body else None)


def test_a_quick_look_spares_most_work() -> None:
    data = layouts.encode_line(recordings.order())
    assert not Search.of(parsed("bananas", ENTRY_FIELDS)).may_hold(data)
    assert Search.of(parsed("-bananas", ENTRY_FIELDS)).may_hold(data)


@given(st.text(min_size=1, max_size=20), st.data())
def test_whatever_stands_in_a_body_is_found(text: str, data: st.DataObject) -> None:
    body = f"before {text} after".encode(errors="surrogatepass")
    cassette = Cassette([Span("a", "t" * 32, "1" * 16, exchange=Exchange("httpx", "k", {}, body))])
    decoded = body.decode(errors="replace")
    start = data.draw(st.integers(0, len(decoded) - 1))
    piece = decoded[start : start + data.draw(st.integers(1, 12))].replace('"', "").replace("*", "").strip()
    if piece and piece in decoded and not piece.isspace() and "," not in piece:
        assert number(cassette, f'"{piece}"') == 1
