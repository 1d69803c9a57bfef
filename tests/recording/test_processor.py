"""The span processor: tells the session of a span's context when it starts and ends, once, and harms nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from timetracer import sessions
from timetracer.recording import faults, notes
from timetracer.recording.assembler import assemble
from timetracer.recording.processor import SpanListener
from timetracer.recording.session import Choice, Recording
from timetracer.replaying.session import Replay
from toy import load


@pytest.fixture(autouse=True)
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "raising", True)


def provider_with(*listeners: SpanListener) -> TracerProvider:
    made = TracerProvider(shutdown_on_exit=False)
    for listener in listeners:
        made.add_span_processor(listener)
    return made


@pytest.fixture
def tracer() -> trace.Tracer:
    return provider_with(SpanListener(lambda timeout: True)).get_tracer("app")


def recording() -> Recording:
    return Recording(Choice(), lambda unit: None, single=True)


def names(session: Recording) -> list[str]:
    return [span.name for span in assemble(session.pieces()).spans]


def test_a_span_reaches_the_session_of_its_context(tracer: trace.Tracer) -> None:
    one, other = recording(), recording()
    for session in (one, other):
        with sessions.in_context(session), tracer.start_as_current_span(f"of {session is one}"):
            pass
    assert (names(one), names(other)) == (["of True"], ["of False"])


def test_without_a_session_a_span_is_nobodys(tracer: trace.Tracer) -> None:
    with tracer.start_as_current_span("unheard") as span:
        assert notes.of(span) is None


def test_a_span_that_ends_in_another_context_is_its_first_sessions(tracer: trace.Tracer) -> None:
    one, other = recording(), recording()
    with sessions.in_context(one):
        span = tracer.start_span("moved")
    with sessions.in_context(other):
        span.end()
    assert (names(one), names(other)) == (["moved"], [])


def test_a_span_that_began_before_the_recording_is_not_recorded(tracer: trace.Tracer) -> None:
    session = recording()
    span = tracer.start_span("early")
    with sessions.in_context(session):
        span.end()
    assert names(session) == []


def test_of_several_listeners_one_is_enough() -> None:
    listeners = [SpanListener(lambda timeout: True) for _ in range(3)]
    session = recording()
    with (
        sessions.in_context(session),
        provider_with(*listeners).get_tracer("app").start_as_current_span("once"),
    ):
        pass
    assert names(session) == ["once"]


def test_the_live_span_is_left_as_it_was(tracer: trace.Tracer) -> None:
    exported = InMemorySpanExporter()
    provider = provider_with(SpanListener(lambda timeout: True))
    provider.add_span_processor(SimpleSpanProcessor(exported))
    with sessions.in_context(recording()):
        provider.get_tracer("app").start_span("theirs", attributes={"a": 1}).end()
    (span,) = exported.get_finished_spans()
    assert (span.name, dict(span.attributes or {}), span.events, span.links) == ("theirs", {"a": 1}, (), ())


def test_a_place_is_the_names_of_the_ancestors_in_whichever_context(tracer: trace.Tracer) -> None:
    with sessions.in_context(Replay([], load)), tracer.start_as_current_span("a") as parent:
        given = trace.set_span_in_context(parent, context.Context())
        with tracer.start_as_current_span("b"), tracer.start_as_current_span("c", context=given) as child:
            note = notes.of(child)
            assert note is not None
            assert note.place == "a > c"


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(faults, "raising", False)
    faults.forget()
    yield
    faults.forget()


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("broken", ["span_started", "span_ended"])
def test_a_fault_of_ours_never_reaches_the_app(
    tracer: trace.Tracer, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    session = recording()
    monkeypatch.delattr(Recording, broken)
    with sessions.in_context(session), tracer.start_as_current_span("a"):
        pass
    assert len(faults.counts()) == 1


def test_flushing_says_whether_all_was_written() -> None:
    asked: list[float] = []

    def flush(timeout: float) -> bool:
        asked.append(timeout)
        return len(asked) > 1

    listener = SpanListener(flush)
    assert [listener.force_flush(250), listener.force_flush()] == [False, True]
    assert asked == [0.25, 30.0]
    listener.shutdown()
    assert asked[2:] == [30.0]
