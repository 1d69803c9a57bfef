"""The same world gives the same cassette, and another world does not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from cassette.worlds import cassettes, orders
from timetracer.cassette.model import Cassette, Event, Exchange, Redaction, Scope, Span, Status
from timetracer.cassette.sameness import unchanged


def exchange_of(cassette: Cassette, index: int) -> Exchange:
    exchange = cassette.spans[index].exchange
    assert exchange is not None
    return exchange


def again() -> Cassette:
    """The same world, recorded a day later by newer versions."""
    cassette = copy.deepcopy(orders())
    trace = "f" * 32
    renamed = {span.span_id: f"{number:016x}" for number, span in enumerate(cassette.spans, 1)}
    for number, span in enumerate(cassette.spans):
        span.trace_id, span.span_id = trace, renamed[span.span_id]
        span.parent_id = renamed.get(span.parent_id, "")
        span.start += 86_400 * 10**9
        span.end += 86_400 * 10**9 + number
        span.scope = Scope(span.scope.name, "9.9")
        span.attributes["thread.id"] = number
        span.attributes["client.port"] = 40_000 + number
        if span.exchange is not None:
            span.exchange.started, span.exchange.ended = span.start + 5, span.end + 7
        for event in span.events:
            event.time += 1
            event.attributes = {**event.attributes, "exception.stacktrace": f"line {number}"}
    asked, answered = exchange_of(cassette, 1).request, exchange_of(cassette, 1).response
    assert answered is not None
    asked["headers"] = [["TraceParent", f"00-{trace}-{cassette.spans[1].span_id}-01"], ["b3", "1"]]
    answered["headers"] = [["Date", "Tue, 24 Nov 2026 13:36:05 GMT"]]
    asked["connection"], answered["connection"] = {"process": 7}, {"process": 8}
    exchange_of(cassette, 1).chunks = [(10, 1)]
    cassette.versions = {"python": "3.99.0"}
    cassette.resource = {"process.pid": 7, "telemetry.sdk.version": "9", **cassette.resource}
    return cassette


def test_the_same_world_at_another_time() -> None:
    assert unchanged(orders(), orders())
    assert unchanged(orders(), again())
    assert unchanged(again(), orders())


@given(cassettes())
def test_every_cassette_is_the_same_as_itself(cassette: Cassette) -> None:
    assert unchanged(cassette, copy.deepcopy(cassette))


def test_what_was_read_is_the_same_as_what_was_recorded_although_lists_were_tuples() -> None:
    recorded = orders()
    recorded.spans[1].attributes["hosts"] = ("a", "b")
    recorded.spans[1].attributes = dict(reversed(recorded.spans[1].attributes.items()))
    assert unchanged(orders(), recorded)


CHANGES: dict[str, Callable[[Cassette], Any]] = {
    "a status": lambda c: exchange_of(c, 1).response.update(status=404),  # type: ignore[union-attr]
    "a type in an answer": lambda c: exchange_of(c, 1).response.update(status=200.0),  # type: ignore[union-attr]
    "a header": lambda c: exchange_of(c, 1).response["headers"].append(["etag", "1"]),  # type: ignore[union-attr, index]
    "no answer": lambda c: setattr(exchange_of(c, 1), "response", None),
    "an answer's body": lambda c: setattr(exchange_of(c, 1), "response_body", b"other"),
    "no body": lambda c: setattr(exchange_of(c, 0), "request_body", None),
    "a request's body": lambda c: setattr(exchange_of(c, 1), "request_body", b"other"),
    "a request": lambda c: exchange_of(c, 1).request.update(method="POST"),
    "a request's header": lambda c: exchange_of(c, 1).request["headers"].append(["accept", "*"]),  # type: ignore[union-attr]
    "one piece, not a stream": lambda c: setattr(exchange_of(c, 1), "chunks", None),
    "an error": lambda c: exchange_of(c, 2).error.update(args=["other"]),  # type: ignore[union-attr]
    "no error": lambda c: setattr(exchange_of(c, 2), "error", None),
    "a fact": lambda c: setattr(exchange_of(c, 2), "fact", False),
    "a redaction": lambda c: exchange_of(c, 1).redactions.append(Redaction("a", "b")),
    "a span's redaction": lambda c: c.spans[1].redactions.clear(),
    "an attribute": lambda c: c.spans[1].attributes.update(ratio=0.25),
    "a type in an attribute": lambda c: c.spans[1].attributes.update(sampled=1),
    "an event": lambda c: c.spans[1].events.append(Event("a", 1)),
    "a link": lambda c: c.spans[2].links.clear(),
    "a span's status": lambda c: setattr(c.spans[0], "status", Status.ERROR),
    "a span's name": lambda c: setattr(c.spans[3], "name", "other"),
    "a scope": lambda c: setattr(c.spans[3], "scope", Scope("other")),
    "a parent": lambda c: setattr(c.spans[3], "parent_id", c.spans[1].span_id),
    "one call less": lambda c: c.spans.pop(1),
    "one call more": lambda c: c.spans.append(copy.deepcopy(c.spans[3])),
    "a name": lambda c: setattr(c, "name", "other"),
    "a service": lambda c: c.resource.update({"service.name": "other"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_world(change: Callable[[Cassette], Any]) -> None:
    other = again()
    change(other)
    assert not unchanged(orders(), other)
    assert not unchanged(other, orders())


def calls(*answers: str, parent: str = "0" * 15 + "1", first: int = 2) -> list[Span]:
    """One call each, to the path before the ``=``, answered with what is behind it."""
    spans = []
    for number, answer in enumerate(answers, first):
        url, _, body = answer.partition("=")
        exchange = Exchange("httpx", f"GET {url}", {"url": url}, response={}, response_body=body.encode())
        spans.append(Span("GET", "0" * 32, f"{number:016}", parent, start=number, exchange=exchange))
    return spans


ROOT = Span("root", "0" * 32, "0" * 15 + "1", start=1)


@pytest.mark.parametrize(
    ("new", "same"),
    [
        (("/a=1", "/b=1", "/a=2"), True),
        (("/b=1", "/a=1", "/a=2"), True),  # threads
        (("/a=2", "/b=1", "/a=1"), False),  # which of two equal calls got which answer is part of the world
        (("/a=1", "/b=2", "/a=2"), False),
        (("/a=1", "/b=1"), False),
    ],
)
def test_order_counts_among_equal_calls_only(new: tuple[str, ...], same: bool) -> None:
    old = Cassette([ROOT, *calls("/a=1", "/b=1", "/a=2")])
    assert unchanged(old, Cassette([ROOT, *calls(*new)])) is same


def test_the_same_answers_below_another_of_two_equal_parents() -> None:
    steps = [Span("step", "0" * 32, f"{number:016}", start=number) for number in (1, 2)]
    one = Cassette(
        [*steps, *calls("/a=1", parent=steps[0].span_id, first=3), *calls("/a=1", parent=steps[1].span_id, first=4)]
    )
    other = Cassette([*steps, *calls("/a=1", "/a=1", parent=steps[0].span_id, first=3)])
    assert not unchanged(one, other)


def test_a_call_tree_without_a_root_or_very_deep_is_compared_all_the_same() -> None:
    ring = Cassette([Span("a", "0" * 32, "1" * 16, "2" * 16), Span("b", "0" * 32, "2" * 16, "1" * 16)])
    assert unchanged(ring, ring)
    assert not unchanged(ring, Cassette(ring.spans[:1]))
    deep = Cassette([Span("a", "0" * 32, f"{n:016}", f"{n - 1:016}", start=n) for n in range(5000)])
    assert unchanged(deep, copy.copy(deep))
