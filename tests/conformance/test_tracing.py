"""Laws 9 and 10: OpenTelemetry before us, after us, off, twice; its users see the spans that they saw without us."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

import timetracer
from conformance.subject import Server, Subject
from conformance.subjects import SUBJECTS, each_subject
from conformance.three_ways import operations, spans
from conformance.tracing import Watched, reset_global_provider, stop_time
from timetracer.cassette.model import Span, Status

pytestmark = pytest.mark.filterwarnings("ignore:Attempting to instrument while already instrumented")


@pytest.fixture(autouse=True)
def fresh_tracing(monkeypatch: pytest.MonkeyPatch) -> None:
    reset_global_provider(monkeypatch)


@contextmanager
def traced(subject: Subject, **options: Any) -> Iterator[None]:
    """OpenTelemetry's instrumentor is on."""
    assert subject.tracing is not None
    tracing = subject.tracing()
    tracing.instrument(**options)
    try:
        yield
    finally:
        tracing.uninstrument()


def theirs(path: Path) -> list[Span]:
    return [span for span in spans(path) if span.scope.name.startswith("opentelemetry.")]


@each_subject
@pytest.mark.parametrize(
    ("first", "rate", "seen"),
    [
        (("us", "provider", "tracing"), 1.0, 16),
        (("provider", "tracing", "us"), 0.3, 10),
        (("provider", "us", "tracing"), 0.3, 10),
        (("us", "provider", "tracing"), 0.3, 10),
        (("tracing", "us", "provider"), 0.3, 10),
        (("us", "tracing", "provider"), 0.01, 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_the_users_exporter_sees_what_it_saw_without_us(
    subject: Subject,
    first: tuple[str, ...],
    rate: float,
    seen: int,
    path: Path,
    upstream: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whole spans, by everything that an exporter is given, recorded and replayed; all but the text of tracebacks."""

    def run(block: Any = None) -> list[dict[str, Any]]:
        reset_global_provider(monkeypatch)
        stop_time(monkeypatch)
        with ExitStack() as stack:
            for who in first:
                if who == "provider":
                    watched = Watched(ParentBased(TraceIdRatioBased(rate)))
                    trace.set_tracer_provider(watched.provider)
                elif who == "tracing":
                    stack.enter_context(traced(subject))
                elif block is not None:
                    stack.enter_context(block)
            tracer = trace.get_tracer("app")
            for act in [*subject.traced, *[subject.once] * 4]:
                with tracer.start_as_current_span("work", attributes={"n": 1}) as span:
                    act(upstream.url)
                    span.add_event("done")
        return watched.spans

    plain = run()
    assert len(plain) == seen
    assert run(timetracer.record(path)) == plain
    assert len(theirs(path)) == sum(span.name == "work" for span in spans(path)) == 8, "sampled or not"
    upstream.stop()
    assert run(timetracer.replay(path, strict=True)) == plain


@each_subject
@pytest.mark.parametrize("tracing_first", [True, False], ids=["traced before us", "traced after us"])
def test_an_exchange_sits_on_the_span_of_its_library(
    subject: Subject, tracing_first: bool, path: Path, upstream: Server
) -> None:
    watched = Watched()
    trace.set_tracer_provider(watched.provider)
    failing = subject.traced[2]
    with ExitStack() as stack:
        if tracing_first:
            stack.enter_context(traced(subject))
        stack.enter_context(timetracer.record(path))
        if not tracing_first:
            stack.enter_context(traced(subject))
        with trace.get_tracer("app").start_as_current_span("work"):
            subject.once(upstream.url)
            failing(upstream.url)
    (work,) = [span for span in spans(path) if span.name == "work"]
    assert (work.exchange, work.scope.name) == (None, "app")
    once, failed = operations(path, subject)
    assert theirs(path) == [once, failed]
    for span in (once, failed):
        assert span.scope.name.startswith(subject.instrumentor.scopes)
        assert span.parent_id == work.span_id
        assert span.exchange is not None
        assert span.exchange.library == subject.instrumentor.name
        assert not [name for name in span.attributes if name.startswith("timetracer.")]
    if failing in subject.failures.values():
        assert failed.status is Status.ERROR or (failed.exchange is not None and failed.exchange.error)


@each_subject
def test_without_any_tracing_an_exchange_has_a_span_of_ours(subject: Subject, path: Path, upstream: Server) -> None:
    with timetracer.record(path):
        subject.once(upstream.url)
    (span,) = operations(path, subject)
    assert {span.scope.name for span in spans(path)} == {"timetracer"}
    assert (span.scope.name, span.parent_id, span.kind) == ("timetracer", "", subject.instrumentor.kind)


@each_subject
def test_without_the_librarys_instrumentor_it_hangs_below_the_apps_span(
    subject: Subject, path: Path, upstream: Server
) -> None:
    with timetracer.record(path):
        watched = Watched()
        trace.set_tracer_provider(watched.provider)
        with trace.get_tracer("app").start_as_current_span("work"):
            subject.once(upstream.url)
    (own,) = operations(path, subject)
    (work,) = [span for span in spans(path) if span.scope.name != "timetracer"]
    assert (own.trace_id, own.parent_id) == (work.trace_id, work.span_id)
    assert [span["name"] for span in watched.spans] == ["work"], "our own span is the cassette's alone"


@each_subject
def test_instrumented_twice(subject: Subject, path: Path, upstream: Server) -> None:
    watched = Watched()
    with traced(subject, tracer_provider=watched.provider), traced(subject, tracer_provider=watched.provider):
        with timetracer.record(path):
            trace.set_tracer_provider(watched.provider)
            recorded = subject.once(upstream.url)
        upstream.stop()
        with timetracer.replay(path, strict=True):
            assert subject.once(upstream.url) == recorded
    assert len(operations(path, subject)) == 1


@each_subject
@pytest.mark.parametrize("traced_too", [True, False])
def test_with_the_sdk_disabled(
    subject: Subject, traced_too: bool, path: Path, upstream: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    watched = Watched()
    trace.set_tracer_provider(watched.provider)
    with traced(subject) if traced_too else ExitStack():
        with timetracer.record(path):
            recorded = subject.once(upstream.url)
        upstream.stop()
        with timetracer.replay(path, strict=True):
            assert subject.once(upstream.url) == recorded
    assert watched.spans == []
    assert {span.scope.name for span in spans(path)} == {"timetracer"}
    assert len(operations(path, subject)) == 1


@each_subject
def test_limits_of_the_users_spans_do_not_touch_what_went_over_the_wire(
    subject: Subject, tmp_path: Path, upstream: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchanges = []
    for limited in (False, True):
        if limited:
            monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "64")
            monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "8")
        reset_global_provider(monkeypatch)
        watched = Watched()
        trace.set_tracer_provider(watched.provider)
        path = tmp_path / f"{limited}.json"
        with traced(subject), timetracer.record(path), trace.get_tracer("app").start_as_current_span("work") as span:
            span.set_attributes({f"name {number}": "x" * 100 for number in range(20)})
            subject.traced[0](upstream.url)
            subject.traced[1](upstream.url)
        exchanges.append([each.exchange for each in operations(path, subject) if each.exchange is not None])
        (work,) = [each for each in watched.spans if each["name"] == "work"]
    assert len(work["attributes"]) == 8
    assert work["attributes"]["name 19"] == "x" * 64
    free, bound = exchanges
    assert len(free) == len(bound) >= 2
    assert max(len(repr((one.response, one.response_body))) for one in bound) > 64
    for one, other in zip(free, bound, strict=True):
        assert (one.request, one.request_body) == (other.request, other.request_body)
        assert one.response == other.response
        # A server may tell the time in each answer.
        assert re.sub(rb"\d+", b"", one.response_body or b"") == re.sub(rb"\d+", b"", other.response_body or b"")


def test_there_are_subjects_with_tracing() -> None:
    assert any(subject.tracing for subject in SUBJECTS)
