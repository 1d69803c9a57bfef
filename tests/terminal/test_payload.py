"""Everything about a span as a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from decimal import Decimal

import recordings
from timetracer.analysis.trace import Trace
from timetracer.analysis.underway import standing
from timetracer.cassette.model import Cassette, Event, Exchange, Kind, Link, Plain, Span
from timetracer.terminal.paper import REDACTED, Paper
from timetracer.terminal.payload import SHOWN, Part, parts, sql_lines


def lines(made: Iterable[Part], depth: int = 0, *, all_of_it: bool = False) -> Iterator[str]:
    for part in made:
        yield "  " * depth + part.label.plain
        if part.below and (part.open or all_of_it):
            yield from lines(part.below(), depth + 1, all_of_it=all_of_it)


def told(cassette: Cassette, number: int, *, all_of_it: bool = False, ascii_only: bool = False) -> str:
    trace = Trace(cassette)
    made = parts(trace.by_number[number], trace, Paper(ascii_only=ascii_only))
    return "\n".join(lines(made, all_of_it=all_of_it))


def test_a_query_has_its_sql_its_parameters_and_its_rows(basket: Cassette) -> None:
    assert (
        told(basket, 3)
        == """\
SELECT s.sku, s.left FROM stock s WHERE s.sku = $1 AND s.left > $2
client · asyncpg · +8.00 ms · took 10.0 ms · own 10.0 ms · 7% of the critical path
2025-01-02 03:04:05.686 UTC
request
  SELECT s.sku, s.left
  FROM stock s
  WHERE s.sku = $1
    AND s.left > $2
  parameters: [2]
    0: A-0
    1: 0
response
  2 rows
    sku  left
    A-1     3
    B-7  NULL
  tag: SELECT 2
attributes 3
identity"""
    )


def test_json_is_a_tree_with_numbers_as_written(order: Cassette) -> None:
    shown = told(order, 4)
    assert "  body 56 B\n    total: 12345678901234567890123\n    tags: [0]\n    price: 1.10\n" in shown
    assert "authorization: redacted-authorization-1" in shown


def test_what_stands_for_a_secret_has_its_colour(order: Cassette) -> None:
    trace = Trace(order)
    request = next(part for part in parts(trace.by_number[4], trace, Paper()) if part.label.plain == "request")
    assert request.below
    headers = next(part for part in request.below() if part.label.plain.startswith("headers"))
    assert headers.below
    label = [*headers.below()][1].label
    (mark,) = (span for span in label.spans if span.style == REDACTED)
    assert label.plain[mark.start : mark.end] == "redacted-authorization-1"


def test_forms_streams_errors_and_marks(order: Cassette) -> None:
    charge = order.spans[6].exchange
    assert charge
    charge.request["headers"] = [["content-type", "application/x-www-form-urlencoded"]]
    assert "  body 36 B\n    amount = 20\n    card = redacted-card-1\n    note = \n" in told(order, 7) + "\n"
    assert "error httpx.ReadTimeout: timed out" in told(order, 7)
    assert "2 chunks\n   +60.0 ms       9 B\n    +290 ms       9 B  230 ms after the one before" in told(order, 8)
    assert "redacted 1\n  request.headers.authorization  (authorization)" in told(order, 8)
    assert "✗ shop.PaymentError: gateway timed out" in told(order, 6)


def only(request: dict[str, Plain], **more: object) -> Cassette:
    span = Span("a", "t", "a", "", Kind.CLIENT, 0, 10, exchange=Exchange("lib", "k", request, **more))  # type: ignore[arg-type]
    return Cassette([span])


def test_values_of_other_kinds_say_what_they_are() -> None:
    moment = datetime(2025, 1, 2, tzinfo=timezone.utc)
    shown = told(
        only({"filter": {"at": moment, "price": {"$gt": Decimal("1.50")}, "raw": b"\x00\xff", "on": True, "x": None}}),
        1,
    )
    assert "at: 2025-01-02 00:00:00+00:00 datetime" in shown
    assert "$gt: 1.50 decimal" in shown
    assert "raw: 00 ff (2 B)" in shown
    assert "on: true" in shown
    assert "x: null" in shown
    assert "no outcome" in shown


def test_binary_bodies_are_shown_in_hexadecimal() -> None:
    assert "00000000  00 01 02 ff" in told(only({}, request_body=b"\x00\x01\x02\xff"), 1)


def test_events_links_and_ids() -> None:
    cassette = only({})
    cassette.spans[0].events = [Event("retry", 5, {"attempt": 2})]
    cassette.spans[0].links = [Link("t" * 3, "s" * 3, {"why": "batch"})]
    shown = told(cassette, 1, all_of_it=True)
    assert "event retry +5 ns 1\n  attempt: 2" in shown
    assert "link to span sss of trace ttt 1\n  why: batch" in shown
    assert "identity\n  span: a\n  trace: t" in shown


def test_ten_megabytes_cost_nothing_until_they_are_unfolded() -> None:
    body = b'{"items":[' + b",".join(b'{"id":%d}' % number for number in range(500_000)) + b"]}"
    cassette = only({}, response={}, response_body=body)
    assert "body 6.89 MB" in told(cassette, 1)
    trace = Trace(cassette)
    shown = [*lines(parts(trace.nodes[0], trace, Paper()), all_of_it=True)]
    assert any("[499,000 more]" in line for line in shown)
    assert len(shown) < 3 * SHOWN


HOSTILE = "\x1b[2J[red]\u202e\n日本" * 3


def test_hostile_text_stays_text() -> None:
    body = f'{{"{HOSTILE[:4]}": "{"x" * 10**7}"}}'.encode()
    cassette = only(
        {HOSTILE: HOSTILE, "sql": HOSTILE, "headers": [[HOSTILE, HOSTILE]]},
        response={"rows": [[HOSTILE]]},
        request_body=body,
    )
    cassette.spans[0].attributes = {HOSTILE: HOSTILE}
    shown = told(cassette, 1, all_of_it=True)
    assert all(line.isprintable() for line in shown.splitlines())
    assert max(map(len, shown.splitlines())) < 5_000


def test_sql_keeps_its_tokens() -> None:
    drawn = [*sql_lines("select 'it''s', $1 from t", Paper())]
    assert [line.plain for line in drawn] == ["select 'it''s', $1", "from t"]


def test_what_has_not_ended_is_open() -> None:
    trace = standing(recordings.order_underway(), recordings.BEGAN + 400 * recordings.MS)
    facts = {number: [*parts(trace.by_number[number], trace, Paper())][1].label.plain for number in (1, 4)}
    assert facts[1] == "server · asgi · +0 ns · open"
    assert "took 87.0 ms" in facts[4]
