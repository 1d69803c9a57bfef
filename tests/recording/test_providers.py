"""Listening to tracer providers: those there are, those to come, each once, and without a trace afterwards."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, TraceIdRatioBased

from timetracer import sessions
from timetracer.cassette.model import Cassette
from timetracer.recording import faults, providers
from timetracer.recording.assembler import assemble
from timetracer.recording.sampler import RecordOnlySampler
from timetracer.recording.session import Choice, Recording
from timetracer.replaying.session import Replay
from toy import load


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever was listened to before is left alone by the test, and the other way round."""
    monkeypatch.setattr(faults, "raising", True)
    providers.forget()
    yield
    while providers._listening:
        providers.forget()
    providers.forget()


def flushed(timeout: float) -> bool:
    return True


@pytest.fixture
def recording() -> Iterator[Recording]:
    made = Recording(Choice(), lambda unit: None, single=True)
    with sessions.in_context(made):
        yield made


def names(recording: Recording) -> list[str]:
    cassette: Cassette = assemble(recording.pieces())
    return [span.name for span in cassette.spans]


def span(provider: TracerProvider, name: str) -> trace.Span:
    """One span, made and ended."""
    with provider.get_tracer("app").start_as_current_span(name) as made:
        return made


def test_a_provider_that_comes_later_is_heard(recording: Recording) -> None:
    providers.listen(flushed)
    span(TracerProvider(), "later")
    assert names(recording) == ["later"]


def test_the_global_provider_is_heard_and_stays_what_it_is(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = TracerProvider()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: theirs)
    providers.listen(flushed)
    span(theirs, "global")
    assert names(recording) == ["global"]


def test_without_a_provider_of_the_sdk_there_is_nothing_to_hear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "get_tracer_provider", trace.NoOpTracerProvider)
    providers.listen(flushed)


def test_a_span_is_recorded_once_however_often_we_are_asked_to_listen(recording: Recording) -> None:
    providers.listen(flushed)
    providers.listen(flushed)
    provider = TracerProvider()
    providers.adopt(provider, flushed)
    providers.adopt(provider, flushed)
    span(provider, "once")
    assert names(recording) == ["once"]


def test_a_provider_may_be_heard_again(recording: Recording) -> None:
    provider = TracerProvider(sampler=ALWAYS_OFF)
    for name in ("first", "again"):
        providers.adopt(provider, flushed)
        span(provider, name)
        providers.forget()
        assert not span(provider, "between").is_recording()
    assert names(recording) == ["first", "again"]


def test_the_class_is_left_as_it_was(recording: Recording) -> None:
    original = TracerProvider.__init__
    providers.listen(flushed)
    providers.listen(flushed)
    providers.forget()
    assert TracerProvider.__init__ is not original, "somebody listens still"
    providers.forget()
    assert TracerProvider.__init__ is original
    providers.forget()
    assert TracerProvider.__init__ is original
    span(TracerProvider(), "unheard")
    assert names(recording) == []


def test_a_provider_is_made_with_its_arguments_and_keeps_its_sampler_within() -> None:
    providers.listen(flushed)
    theirs = TraceIdRatioBased(0.25)
    provider = TracerProvider(theirs, shutdown_on_exit=False)
    assert isinstance(provider.sampler, RecordOnlySampler)
    assert provider.sampler.inner is theirs
    assert provider.sampler.get_description() == theirs.get_description()
    providers.forget()
    assert provider.sampler is theirs


def test_tracers_that_exist_already_record_unsampled_spans_too(recording: Recording) -> None:
    provider = TracerProvider(sampler=ParentBased(ALWAYS_OFF))
    tracer = provider.get_tracer("early")
    providers.adopt(provider, flushed)
    with tracer.start_as_current_span("root"), tracer.start_as_current_span("child"):
        pass
    assert names(recording) == ["root", "child"]
    providers.forget()
    assert not tracer.start_span("afterwards").is_recording()


@pytest.mark.parametrize("sampler", [ALWAYS_ON, ALWAYS_OFF])
def test_the_users_exporters_see_what_they_saw(recording: Recording, sampler: object) -> None:
    exported = InMemorySpanExporter()
    provider = TracerProvider(sampler=sampler)  # type: ignore[arg-type]
    provider.add_span_processor(SimpleSpanProcessor(exported))
    providers.adopt(provider, flushed)
    span(provider, "theirs")
    seen: tuple[ReadableSpan, ...] = exported.get_finished_spans()
    assert [one.name for one in seen] == (["theirs"] if sampler is ALWAYS_ON else [])
    assert [dict(one.attributes or {}) for one in seen] == [{}] * len(seen)
    assert names(recording) == ["theirs"]


def test_without_a_recording_unsampled_spans_are_dropped_as_ever() -> None:
    provider = TracerProvider(sampler=ALWAYS_OFF)
    providers.adopt(provider, flushed)
    assert not providers.recording()
    assert not span(provider, "dropped").is_recording()
    with sessions.in_context(Replay([], load)):
        assert not providers.recording()
        assert not span(provider, "dropped").is_recording()


def test_flushing_and_ending_a_provider_writes_what_is_complete() -> None:
    timeouts: list[float] = []

    def flush(timeout: float) -> bool:
        timeouts.append(timeout)
        return False

    provider = TracerProvider()
    for _ in range(2):
        providers.adopt(provider, flush)
    assert not provider.force_flush(1500)
    assert timeouts == [pytest.approx(1.5, abs=0.1)]
    provider.shutdown()
    assert len(timeouts) == 2


def test_a_provider_that_is_done_is_not_kept() -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    providers.adopt(provider, flushed)
    gone = weakref.ref(provider)
    del provider
    gc.collect()
    assert gone() is None


def test_other_processors_are_left_alone() -> None:
    class Theirs(SpanProcessor):
        ended = 0

        def on_end(self, span: ReadableSpan) -> None:
            self.ended += 1

    theirs = Theirs()
    provider = TracerProvider()
    provider.add_span_processor(theirs)
    providers.adopt(provider, flushed)
    span(provider, "a")
    providers.forget()
    span(provider, "b")
    assert theirs.ended == 2


OUTLIVING = """
import sys
from pathlib import Path
import timetracer
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind
home = Path({home!r})
timetracer.instrument(home / "first")
provider = TracerProvider()
timetracer.uninstrument()
timetracer.instrument(home / "second")
provider.get_tracer("app").start_span("job", kind=SpanKind.SERVER).end()
provider.force_flush()
print(*sorted(path.parent.name for path in home.rglob("*.json*")))
"""


def test_a_provider_that_outlives_a_recording_flushes_the_next_one(
    fresh_python: Callable[[str], str], tmp_path: Path
) -> None:
    assert "second" in fresh_python(OUTLIVING.format(home=str(tmp_path)))
