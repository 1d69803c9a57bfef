"""Open spans are told of as far as they have come, and each once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

from timetracer import sessions
from timetracer.cassette.model import Cassette
from timetracer.recording import providers, underway
from timetracer.recording.session import Choice, Recording
from timetracer.recording.unit import Unit
from timetracer.redaction.redactor import Redactor
from timetracer.store import underway as told_there
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
    recording = Recording(Choice(), complete.append, begun=lambda: None)
    sessions.open_in_process(recording)
    app, toy = provider.get_tracer("app"), provider.get_tracer("opentelemetry.instrumentation.toy")
    with app.start_as_current_span("request", kind=SpanKind.SERVER):
        with app.start_as_current_span("done") as done:  # still held, as by a task that it started
            pass
        with toy.start_as_current_span("send", kind=SpanKind.CLIENT):
            claimed, own = recording.begin(TOY, ("GET", "a")), recording.begin(TOY, ("GET", "b"))
            (told,) = map(underway.cassette, underway.units(recording))
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
    assert underway.units(recording) == []
    assert len(complete) == 1


@pytest.mark.parametrize("follows", [True, False])
def test_only_a_recording_that_follows_tells_and_no_background_work(provider: TracerProvider, *, follows: bool) -> None:
    recording = Recording(Choice(), lambda unit: None, begun=(lambda: None) if follows else None)
    sessions.open_in_process(recording)
    app = provider.get_tracer("app")
    with app.start_as_current_span("tick"):
        assert underway.units(recording) == []
    with app.start_as_current_span("request", kind=SpanKind.SERVER):
        assert len(underway.units(recording)) == int(follows)
    sessions.close_in_process(recording)


def test_a_request_without_a_span_of_opentelemetrys_is_told_too() -> None:
    recording = Recording(Choice(), lambda unit: None, begun=lambda: None)
    with recording.arrival(TOY, ("GET", "a")) as tape:
        tape.answered(("200",))
        (told,) = map(underway.cassette, underway.units(recording))
        assert [(span.name, span.end) for span in told.spans] == [("GET a", 0)]
        for chunk in (b"a", b"bc"):
            tape.response_reel.heard(chunk)
        (told,) = map(underway.cassette, underway.units(recording))
        (exchange,) = told.exchanges
        assert (exchange.response, exchange.error) == (None, None)
        assert [length for length, _ in exchange.chunks or ()] == [1, 2]
    assert underway.units(recording) == []


def test_what_is_not_sampled_is_not_told() -> None:
    recording = Recording(Choice(sample_rate=0.0), lambda unit: None, begun=lambda: None)
    with recording.arrival(TOY, ("GET", "a")):
        assert underway.units(recording) == []


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(underway, "MOMENT", 0.0)


def teller(place: Path, recording: Recording, *, excluded: bool = False) -> underway.Teller:
    return underway.Teller(recording, place, Redactor(), lambda _: excluded)


@pytest.mark.usefixtures("at_once")
def test_a_teller_tells_while_somebody_looks_redacted_and_without_bodies(tmp_path: Path) -> None:
    recording = Recording(Choice(), lambda unit: None, begun=lambda: None)
    tell, look = teller(tmp_path, recording), told_there.Look(tmp_path)
    assert tell() is None
    with recording.arrival(TOY, ("GET", "a?password=hunter22")) as tape:
        tape.request_reel.whole(b"much")
        assert tell() == underway.UNSEEN
        assert [*tmp_path.iterdir()] == []
        look.renew()
        assert tell() == underway.EVERY
        (told,) = told_there.read(tmp_path)
        assert "hunter22" not in str(told)
        assert told.exchanges[0].request_body is None
        look.end()
        assert tell() == underway.UNSEEN
        assert [*told_there.read(tmp_path)] == []
        look.renew()
        tell()
    assert tell() is None
    assert [*told_there.read(tmp_path)] == []


@pytest.mark.usefixtures("at_once")
def test_what_is_excluded_is_not_told(tmp_path: Path) -> None:
    recording = Recording(Choice(), lambda unit: None, begun=lambda: None)
    told_there.Look(tmp_path).renew()
    with recording.arrival(TOY, ("GET", "a")):
        teller(tmp_path, recording, excluded=True)()
        assert [*told_there.read(tmp_path)] == []
        teller(tmp_path, recording)()
        assert len([*told_there.read(tmp_path)]) == 1


def test_what_has_just_begun_is_not_told_yet(tmp_path: Path) -> None:
    recording = Recording(Choice(), lambda unit: None, begun=lambda: None)
    told_there.Look(tmp_path).renew()
    with recording.arrival(TOY, ("GET", "a")):
        assert teller(tmp_path, recording)() == underway.EVERY
        assert [*told_there.read(tmp_path)] == []


@pytest.mark.usefixtures("at_once")
def test_a_teller_that_has_ended_leaves_nothing(tmp_path: Path) -> None:
    recording = Recording(Choice(), lambda unit: None, begun=lambda: None)
    told_there.Look(tmp_path).renew()
    with recording.arrival(TOY, ("GET", "a")):
        tell = teller(tmp_path, recording)
        tell()
        tell.end()
        tell()
        assert [*told_there.read(tmp_path)] == []


@pytest.mark.usefixtures("at_once")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_tells_of_its_own_and_leaves_its_parents(tmp_path: Path) -> None:
    recording = Recording(Choice(), lambda unit: None, begun=lambda: None)
    told_there.Look(tmp_path).renew()
    with recording.arrival(TOY, ("GET", "parents")):
        tell = teller(tmp_path, recording)
        tell()
        child = os.fork()
        if not child:
            status = 1
            try:
                inherited = underway.units(recording)
                with recording.arrival(TOY, ("GET", "childs")):
                    tell()
                    names = {span.name for told in told_there.read(tmp_path) for span in told.spans}
                tell.end()
                status = int(inherited != [] or names != {"GET parents", "GET childs"})
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert [told.spans[0].name for told in told_there.read(tmp_path)] == ["GET parents"]


@pytest.mark.usefixtures("at_once")
def test_a_span_that_changes_while_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = Recording(Choice(), lambda unit: None, begun=lambda: None)
    told_there.Look(tmp_path).renew()
    fails = [RuntimeError("deque mutated during iteration")]
    real = underway.cassette

    def changing(unit: underway.Open) -> Cassette:
        if fails:
            raise fails.pop()
        return real(unit)

    monkeypatch.setattr(underway, "cassette", changing)
    with recording.arrival(TOY, ("GET", "a")):
        tell = teller(tmp_path, recording)
        tell()
        assert len([*told_there.read(tmp_path)]) == 1
        fails += [RuntimeError()] * 10
        tell()
        assert [*told_there.read(tmp_path)] == []
