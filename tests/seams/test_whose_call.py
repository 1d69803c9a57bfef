"""Seams that know their call, functions that are the library's own business, and the end of a library's process."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from seams.toy_library import Answer, Library, request, response, toy, with_request_body, with_response_body
from timetracer import sessions
from timetracer.cassette.model import Cassette, Exchange, Kind, Span
from timetracer.recording import faults, providers, writer
from timetracer.recording.assembler import assemble
from timetracer.recording.session import Choice, Recording
from timetracer.replaying.session import Manner, Replay
from timetracer.seams import exchange as engine
from timetracer.seams.declaration import CallSeam, EachCallSeam, Message, OwnSeam
from timetracer.seams.exchange import Invoke, drive
from timetracer.seams.streams import Stream
from toy import exchanged, load


@pytest.fixture(autouse=True)
def faults_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "raising", True)


def of_call(library: Library, verb: str, address: str, body: Any = b"") -> CallSeam:
    """HEAD asks nobody. What is rebuilt says what was asked, and whether it was built within the exchange."""

    def rebuild(exchange: Exchange, stream: Stream) -> Any:
        return verb, address, sessions.inside.get(), b"".join(stream)

    def asked(*args: Any) -> Message | None:
        return None if verb == "HEAD" else request(*args)

    return CallSeam("", asked, with_request_body, response, with_response_body, rebuild)


SEAM = EachCallSeam("seams.toy_library:Library.send", of_call)


def call(*args: Any, answers: Any = None) -> Any:
    library = Library(list(answers or []))
    return drive(engine.exchange(toy(), SEAM, Invoke(Library.send, (library, *args), {})))


def replay(*exchanges: Exchange) -> Replay:
    spans = [Span("send", "1" * 32, "1" * 16, kind=Kind.CLIENT, exchange=each) for each in exchanges]
    return Replay([Cassette(spans)], load, Manner())


def recording() -> Recording:
    return Recording(Choice(), lambda unit: None, single=True)


def test_a_seam_that_knows_its_call_records_it() -> None:
    session = recording()
    with sessions.in_context(session):
        assert call("GET", "a", answers=[Answer(200, b"x")]) == Answer(200, b"x")
    (exchange,) = assemble(session.pieces()).exchanges
    assert (exchange.key, exchange.response_body) == ("GET a", b"x")


def test_a_seam_that_knows_its_call_rebuilds_it_within_the_exchange() -> None:
    with sessions.in_context(replay(exchanged("GET", "a", b"x"))):
        assert call("GET", "a") == ("GET", "a", True, b"x")
        assert not sessions.inside.get()


@pytest.mark.parametrize("session", [recording(), replay()], ids=["recording", "replay"])
def test_what_asks_nobody_passes(session: Any) -> None:
    with sessions.in_context(session):
        assert call("HEAD", "a", answers=[Answer(204)]) == Answer(204)
    assert not isinstance(session, Recording) or session.pieces() == []


# --- the library's own business ---


def business(seam: OwnSeam, **instrumentor: Any) -> Any:
    return engine.own(replace(toy(), **instrumentor), seam, Invoke(lambda: ("done", sessions.inside.get()), (), {}))


def test_own_business_is_within_no_exchange_of_anybodys() -> None:
    plain = OwnSeam("")
    assert business(plain) == ("done", False)
    for session in (recording(), replay()):
        with sessions.in_context(session):
            assert business(plain) == ("done", True)
            assert not sessions.inside.get()


def test_own_business_that_needs_somebody_is_not_done_in_a_replay() -> None:
    seam = OwnSeam("", lambda: "instead")
    with sessions.in_context(recording()):
        assert business(seam) == ("done", True)
    with sessions.in_context(replay()):
        assert business(seam) == "instead"
    with sessions.in_context(Replay([], load, Manner(live=frozenset({"toy"})))):
        assert business(seam) == ("done", True)


def test_all_that_is_complete_is_written_before_a_process_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(writer, "flush", lambda: seen.append("written"))
    assert engine.ended(Invoke(lambda: seen.append("ended"), (), {})) is None
    assert seen == ["written", "ended"]


# --- the span that opens beneath ---


@pytest.mark.parametrize(("scope", "name"), [("toy", "beneath"), ("other", "GET a")])
def test_a_call_has_the_span_that_its_library_opens_beneath_it(scope: str, name: str) -> None:
    provider = TracerProvider()
    providers.adopt(provider, lambda timeout: True)
    tracer = provider.get_tracer(f"opentelemetry.instrumentation.{scope}")
    session = recording()

    def send(library: Library, verb: str, address: str) -> Answer:
        from opentelemetry.trace import SpanKind

        with tracer.start_as_current_span("beneath", kind=SpanKind.CLIENT):
            return Answer(200, b"x")

    sessions.open_in_process(session)
    try:
        drive(engine.exchange(toy(), SEAM, Invoke(send, (Library(), "GET", "a"), {})))
    finally:
        sessions.close_in_process(session)
        providers.forget()
        provider.shutdown()
    carriers = [span for span in assemble(session.pieces()).spans if span.exchange is not None]
    assert [span.name for span in carriers] == [name]
