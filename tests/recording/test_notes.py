"""The side-channel: what is known of a live span is found by the span or by its id, and goes when the span goes."""

from __future__ import annotations

import gc

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from timetracer.recording import notes
from timetracer.recording.notes import Note


@pytest.fixture
def tracer() -> trace.Tracer:
    return TracerProvider(shutdown_on_exit=False).get_tracer("app")


def test_a_note_is_found_by_its_span_and_by_its_id(tracer: trace.Tracer) -> None:
    span, other = tracer.start_span("a"), tracer.start_span("b")
    note = Note(None, "a")
    notes.attach(span, note)
    assert notes.of(span) is note
    assert notes.by_id(span.get_span_context().span_id) is note
    assert notes.of(other) is None
    assert notes.by_id(other.get_span_context().span_id) is None


def test_a_span_carries_no_attribute_of_it(tracer: trace.Tracer) -> None:
    span = tracer.start_span("a")
    notes.attach(span, Note(None, "a"))
    span.end()
    assert dict(span.attributes) == {}  # type: ignore[attr-defined]


def test_a_span_that_never_ends_leaks_nothing(tracer: trace.Tracer) -> None:
    span = tracer.start_span("a")
    notes.attach(span, Note(None, "a"))
    number = span.get_span_context().span_id
    del span
    gc.collect()
    assert notes.by_id(number) is None


@pytest.mark.parametrize("span", [trace.INVALID_SPAN, trace.NonRecordingSpan(trace.INVALID_SPAN_CONTEXT), None])
def test_what_is_not_recorded_has_none(span: object) -> None:
    assert notes.of(span) is None


def test_a_strangers_attribute_of_that_name_is_no_note(tracer: trace.Tracer) -> None:
    span = tracer.start_span("a")
    span._timetracer_note = "not ours"  # type: ignore[attr-defined]
    assert notes.of(span) is None
