"""Open spans are told of as far as they have come, and each once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

from timetracer import sessions
from timetracer.recording import providers, underway
from timetracer.recording.session import Choice, Recording
from timetracer.recording.unit import Unit
from toy import TOY


@pytest.fixture
def provider() -> Iterator[TracerProvider]:
    made = TracerProvider()
    providers.adopt(made, lambda timeout: True)
    yield made
    providers.forget()
    made.shutdown()


def test_a_request_under_way_has_its_open_spans_and_calls(provider: TracerProvider) -> None:
    complete: list[Unit] = []
    recording = Recording(Choice(), complete.append, underway=True)
    sessions.open_in_process(recording)
    app, toy = provider.get_tracer("app"), provider.get_tracer("opentelemetry.instrumentation.toy")
    with app.start_as_current_span("request", kind=SpanKind.SERVER):
        with app.start_as_current_span("done") as done:  # still held, as by a task that it started
            pass
        with toy.start_as_current_span("send", kind=SpanKind.CLIENT):
            claimed, own = recording.begin(TOY, ("GET", "a")), recording.begin(TOY, ("GET", "b"))
            (told,) = underway.cassettes(recording)
            assert claimed is not None
            assert own is not None
            claimed.finish()
            own.finish()
    sessions.close_in_process(recording)
    assert done is not None
    assert len(told.spans) == 4
    spans = {span.name: span for span in told.spans}
    assert [*spans] == ["request", "done", "send", "GET b"]
    assert [name for name, span in spans.items() if not span.end] == ["request", "send", "GET b"]
    exchange = spans["send"].exchange
    assert exchange is not None
    assert (exchange.request["url"], exchange.response) == ("a", None)
    assert underway.cassettes(recording) == []
    assert len(complete) == 1


@pytest.mark.parametrize("follows", [True, False])
def test_only_a_recording_that_follows_tells_and_no_background_work(provider: TracerProvider, *, follows: bool) -> None:
    recording = Recording(Choice(), lambda unit: None, underway=follows)
    sessions.open_in_process(recording)
    app = provider.get_tracer("app")
    with app.start_as_current_span("tick"):
        assert underway.cassettes(recording) == []
    with app.start_as_current_span("request", kind=SpanKind.SERVER):
        assert len(underway.cassettes(recording)) == int(follows)
    sessions.close_in_process(recording)
