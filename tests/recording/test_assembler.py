"""Pieces become a cassette: every field of a span, as OpenTelemetry had it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, set_span_in_context

from timetracer.cassette import model
from timetracer.recording import faults
from timetracer.recording.assembler import assemble, span_of
from timetracer.recording.tape import Tape
from timetracer.recording.unit import Own, Piece
from timetracer.seams.declaration import Described
from toy import TOY


class Counted(IdGenerator):
    """Ids that a test can write down."""

    def __init__(self) -> None:
        self.last = 0

    def generate_span_id(self) -> int:
        self.last += 1
        return self.last

    def generate_trace_id(self) -> int:
        return 0xABC


def ended(name: str = "GET /orders", **attributes: str) -> ReadableSpan:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(
        id_generator=Counted(), shutdown_on_exit=False, resource=Resource.create({"service.name": "shop"})
    )
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("app", "1.2")
    parent = tracer.start_span("parent", start_time=5)
    link = Link(SpanContext(1, 2, is_remote=True), {"why": "batch"})
    span = tracer.start_span(
        name, set_span_in_context(parent), SpanKind.SERVER, attributes, links=[link], start_time=10
    )
    span.add_event("log", {"level": "info"}, timestamp=12)
    span.set_status(Status(StatusCode.ERROR, "broken"))
    span.end(end_time=20)
    (found,) = exporter.get_finished_spans()
    return found


def test_a_span_keeps_everything_that_opentelemetry_had() -> None:
    assert span_of(ended(user="u1")) == model.Span(
        name="GET /orders",
        trace_id="00000000000000000000000000000abc",
        span_id="0000000000000002",
        parent_id="0000000000000001",
        kind=model.Kind.SERVER,
        start=10,
        end=20,
        attributes={"user": "u1"},
        events=[model.Event("log", 12, {"level": "info"})],
        links=[model.Link(f"{1:032x}", f"{2:016x}", {"why": "batch"})],
        status=model.Status.ERROR,
        status_message="broken",
        scope=model.Scope("app", "1.2"),
        flags=span_of(ended()).flags,
    )
    assert span_of(ended()).flags & 1


def test_a_cassette_has_the_service_the_versions_and_a_name() -> None:
    attributes = {"http.route": "/orders/{id}", "http.request.method": "GET"}
    cassette = assemble([Piece(ended(**attributes), None, None)])
    assert cassette.name == "GET /orders/{id}"
    assert cassette.resource["service.name"] == "shop"
    assert set(cassette.versions) >= {"python", "timetracer"}


def test_spans_stand_in_the_order_of_their_start() -> None:
    tapes = [Tape(TOY, ("GET", name), 100, lambda: None) for name in "abc"]
    pieces = [Piece(None, Own.under(1, 0), tape) for tape in reversed(tapes)]
    assert [exchange.key for exchange in assemble(pieces).exchanges] == ["GET a", "GET b", "GET c"]


def test_a_span_of_our_own_says_whose_it_is_and_how_it_ended() -> None:
    tape = Tape(TOY, ("GET", "a"), 100, lambda: None)
    tape.fail(OSError(111, "refused"))
    (span,) = assemble([Piece(None, Own(0xA, 0xB, 0xC), tape)]).spans
    assert (span.trace_id, span.span_id, span.parent_id) == (f"{10:032x}", f"{11:016x}", f"{12:016x}")
    assert (span.name, span.kind, span.scope.name) == ("GET a", model.Kind.CLIENT, "timetracer")
    assert (span.status, span.status_message) == (model.Status.ERROR, "[Errno 111] refused")
    assert (span.start, span.end) == (tape.started, tape.ended)


def broken(where: str) -> Tape:
    """An exchange whose instrumentor fails to describe a side of it."""

    def fail(*_: object) -> Described:
        raise ValueError("ours")

    tape = Tape(replace(TOY, **{where: fail}), ("GET", "b"), 100, lambda: None)
    tape.answered((200,))
    tape.finish()
    return tape


@pytest.mark.parametrize(
    ("where", "asked", "key"),
    [
        ("describe_request", {}, "toy (lost)"),
        ("key", {}, "toy (lost)"),
        ("describe_response", {"verb": "GET", "url": "b", "unread": True}, "GET b"),
    ],
)
def test_what_cannot_be_described_is_lost_alone_and_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, where: str, asked: object, key: str
) -> None:
    monkeypatch.setattr(faults, "raising", False)
    faults.forget()
    whole = Tape(TOY, ("GET", "a"), 100, lambda: None)
    whole.answered((200,))
    whole.finish()
    pieces = [Piece(None, Own.under(1, 0), tape) for tape in (whole, broken(where), broken(where))]
    first, *lost = assemble(pieces).exchanges
    assert (first.key, first.lost, first.response) == ("GET a", False, {"status": 200})
    assert [(one.key, one.request, one.lost, one.response) for one in lost] == [(key, asked, True, None)] * 2
    assert faults.counts() == {"describing an exchange of toy: ValueError": 2}
    assert len(caplog.records) == 1
    faults.forget()
