"""Exchanges in full."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.cassette.model import Cassette, Event, Exchange, Kind, Link, Plain, Redaction, Scope, Span
from timetracer.terminal.exchange import span_lines, stable_lines
from timetracer.terminal.paper import REDACTED, Paper

SHOWN = Path(__file__).parent / "shown"
PLAIN = Paper(colour=False)
MS = 1_000_000


def text(span: Span, paper: Paper = PLAIN, *, details: bool = False) -> str:
    return "\n".join(line.plain for line in span_lines(span, paper, number=3, start=0, details=details))


def recorded(request: dict[str, Plain], **rest: object) -> Span:
    exchange = Exchange("lib", "the key", request, **rest)  # type: ignore[arg-type]
    return Span("name", "0" * 32, "1" * 16, kind=Kind.CLIENT, start=5 * MS, end=7 * MS, exchange=exchange)


def test_the_spans_of_an_order(order: Cassette) -> None:
    start = order.spans[0].start
    lines = [
        line
        for number, span in enumerate(order.spans, 1)
        for line in span_lines(span, PLAIN, number=number, start=start)
    ]
    shown = "".join(f"{line.plain.rstrip()}\n" for line in lines)
    assert shown == (SHOWN / "order.txt").read_text(encoding="utf-8")


def test_the_stable_form_of_an_order(order: Cassette) -> None:
    shown = "".join(f"{line.plain.rstrip()}\n" for line in stable_lines(order, range(len(order.spans))))
    assert shown == (SHOWN / "order-stable.txt").read_text(encoding="utf-8")


def test_the_stable_form_does_not_tell_when_or_how_long(order: Cassette) -> None:
    before = [line.plain for line in stable_lines(order, range(9))]
    for number, span in enumerate(order.spans):
        span.start, span.end, span.trace_id, span.span_id = number, 3 * number, "ab" * 16, f"{number + 77:016x}"
        if span.exchange:
            span.exchange.started, span.exchange.ended = number, 2 * number
            span.exchange.chunks = span.exchange.chunks and [
                (length, time + 1) for length, time in span.exchange.chunks
            ]
    assert [line.plain for line in stable_lines(order, range(9))] == before


def test_the_stable_form_tells_of_a_change_past_what_is_shown() -> None:
    bodies = [b"x" * 1_000_000 + last for last in (b"a", b"b")]
    first, second = (
        [line.plain for line in stable_lines(Cassette([recorded({}, request_body=body)]), [0])] for body in bodies
    )
    assert first != second


def test_what_is_not_http_is_shown_by_name() -> None:
    span = recorded({"command": "GET", "args": ["k", b"\x00"]}, response={"value": None})
    assert text(span).splitlines()[3:] == [
        "",
        "   > (command) GET",
        '   > (args) ["k",{"$bytes":"AA=="}]',
        "",
        "   < (value) null",
    ]


def test_what_else_an_http_message_has_comes_after_its_headers() -> None:
    span = recorded(
        {"method": "GET", "url": "http://h/", "http_version": "2"}, response={"status": 299, "coding": "gzip"}
    )
    assert [line for line in text(span).splitlines() if line[3:4] in "<>" and line.strip()] == [
        "   > GET http://h/",
        "   > (http_version) 2",
        "   < 299",
        "   < (coding) gzip",
    ]


@pytest.mark.parametrize(
    "headers", [[["a"]], ["a: b"], "a: b", {"a": "b"}, [["a", 1], ["b", b"\xff"]], [[["x"], ["y"]]], 7]
)
def test_headers_of_any_shape_are_shown(headers: Plain) -> None:
    assert "> " in text(recorded({"method": "GET", "url": "/", "headers": headers}))


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ({"error": {"type": "cancelled"}}, "   ✗ cancelled"),
        ({"error": {"type": "E", "args": ["x"]}, "response": {"status": 200}}, "   ✗ E: x"),
        ({}, "   no outcome: the process ended, or the caller went away"),
        ({"fact": True}, "   a fact: served any number of times"),
    ],
)
def test_how_it_ended_is_told(outcome: dict[str, object], told: str) -> None:
    assert told in text(recorded({}, **outcome)).splitlines()


def test_many_chunks_are_counted() -> None:
    shown = text(recorded({}, response={}, chunks=[(2_000, number * MS) for number in range(10_000)]))
    assert "   in 10,000 chunks" in shown
    assert "      +99.0 ms  2.00 kB\n     [9,900 more]" in shown


@pytest.mark.parametrize(
    ("value", "marked"),
    [
        ("Bearer redacted-authorization-1!", ["redacted-authorization-1"]),
        ("redacted-email-2@example.com", ["redacted-email-2@example.com"]),
        ("9999990000000012, redacted-jwt-3", ["9999990000000012", "redacted-jwt-3"]),
        ("unredacted redacted- redacted-x", []),
    ],
)
def test_pseudonyms_stand_out(value: str, marked: list[str]) -> None:
    span = recorded({"method": "GET", "url": "/", "headers": [["x", value]]})
    found = [
        line.plain[style.start : style.end]
        for line in span_lines(span, PLAIN, number=1, start=0)
        for style in line.spans
        if style.style == REDACTED
    ]
    assert found == marked


def test_redactions_are_listed_with_their_path_and_kind() -> None:
    span = recorded({}, redactions=[Redaction("request.headers.cookie", "cookie")])
    span.redactions = [Redaction("span.attributes.url.full", "email")]
    assert [line for line in text(span).splitlines() if "redacted" in line] == [
        "   redacted  request.headers.cookie  (cookie)",
        "   redacted  span.attributes.url.full  (email)",
    ]


def test_details_are_attributes_events_and_links() -> None:
    span = Span("job", "a" * 32, "b" * 16, "c" * 16, start=5 * MS, end=6 * MS, scope=Scope("shop", "1"))
    span.attributes = {"z": 1, "a": ["x", None]}
    span.events = [Event("retry", 6 * MS, {"n": 2})]
    span.links = [Link("d" * 32, "e" * 16, {"why": "batch"})]
    assert text(span, details=True).splitlines()[2:] == [
        "   at 1970-01-01 00:00:00.005 UTC, trace " + "a" * 32,
        "   parent " + "c" * 16,
        "   scope shop 1",
        '   a = ["x",null]',
        "   z = 1",
        "   event retry at +6.00 ms",
        "      n = 2",
        f"   link to span {'e' * 16} of trace {'d' * 32}",
        "      why = batch",
        "",
    ]
    assert "event retry" not in text(span)


HOSTILE = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
VALUES = HOSTILE | st.binary(max_size=20) | st.integers() | st.none() | st.lists(HOSTILE, max_size=3)


@given(
    st.dictionaries(st.sampled_from(["method", "url", "headers", "status", "sql"]) | HOSTILE, VALUES),
    HOSTILE,
    st.binary(max_size=50),
    st.booleans(),
)
def test_nothing_recorded_steers_the_terminal(
    parts: dict[str, Plain], said: str, body: bytes, ascii_only: bool
) -> None:
    span = recorded(
        parts,
        request_body=body,
        response=parts,
        error={"type": said, "args": [said]},
        redactions=[Redaction(said, said)],
    )
    span.name, span.span_id, span.attributes = said, said, {said: said}
    for line in span_lines(span, Paper(ascii_only=ascii_only), number=1, start=0, details=True):
        assert line.plain.isprintable()
        assert line.plain.isascii() or not ascii_only
