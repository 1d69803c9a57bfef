"""What a replay does is kept: each call as it was asked and answered, with what became of it."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import TracerProvider

from timetracer import sessions
from timetracer.cassette.model import Cassette, Exchange, Kind, Span
from timetracer.cassette.replays import OF, ROOT, WHY, WORD
from timetracer.errors import UnmatchedCall
from timetracer.recording import providers
from timetracer.recording.assembler import assemble
from timetracer.recording.session import Choice, Recording
from timetracer.replaying.session import Replay
from toy import TOY, exchanged, load


def cassette(*exchanges: Exchange) -> Cassette:
    spans = [
        Span("send", "1" * 32, f"{n:016x}", kind=Kind.CLIENT, start=one.started, exchange=one)
        for n, one in enumerate(exchanges, 1)
    ]
    return Cassette(spans, name="GET /items")


def keeping(*exchanges: Exchange) -> Replay:
    return Replay([cassette(*exchanges)], load, None, Recording(Choice(), lambda unit: None, single=True))


def kept(replay: Replay) -> Cassette:
    assert replay.keeping is not None
    return assemble(replay.keeping.recording.pieces())


def ask(replay: Replay, url: str) -> bytes | None:
    return replay.answer(TOY, ("GET", url), b"").exchange.response_body


def test_without_a_recording_nothing_is_kept() -> None:
    assert Replay([cassette(exchanged("GET", "a"))], load).keeping is None


def test_calls_are_kept_as_asked_and_answered() -> None:
    replay = keeping(exchanged("GET", "a", b"1"), exchanged("GET", "b", b"2"))
    assert [ask(replay, "b"), ask(replay, "a")] == [b"2", b"1"]
    found = kept(replay)
    assert [(each.request["url"], each.response_body) for each in found.exchanges] == [("b", b"2"), ("a", b"1")]
    assert [span.attributes for span in found.spans] == [{WORD: "played", WHY: ()}] * 2
    assert found.resource == {OF: "GET /items", ROOT: f"{1:016x}"}


def test_a_missed_call_is_kept_without_an_answer() -> None:
    replay = keeping(exchanged("GET", "a"))
    with pytest.raises(UnmatchedCall):
        ask(replay, "nowhere")
    (span,) = kept(replay).spans
    assert span.exchange is not None
    assert (span.exchange.request["url"], span.exchange.response) == ("nowhere", None)
    assert span.exchange.error is not None
    assert span.exchange.error["type"] == "timetracer.errors.UnmatchedCall"
    assert span.attributes[WORD] == "missed"


def test_a_call_that_can_do_without_leaves_nothing() -> None:
    replay = keeping(exchanged("GET", "a"))
    assert replay.find(TOY, ("GET", "nowhere"), b"") is None
    assert kept(replay).spans == []


def test_a_fact_is_kept_once_however_often_it_answers() -> None:
    fact = exchanged("GET", "fact")
    fact.fact = True
    replay = keeping(fact)
    for _ in range(3):
        ask(replay, "fact")
    assert [each.key for each in kept(replay).exchanges] == ["GET fact"]


def test_a_fact_that_nobody_asks_for_belongs_to_the_calls_that_relied_on_it() -> None:
    early, call, late = (exchanged("GET", name) for name in ("early", "call", "late"))
    early.fact = late.fact = True
    early.started, call.started, late.started = 1, 2, 3
    replay = keeping(early, call, late)
    ask(replay, "call")
    assert [each.key for each in kept(replay).exchanges] == ["GET early", "GET call"]


def test_the_apps_own_spans_are_kept_with_their_calls_in_them() -> None:
    provider = TracerProvider()
    providers.adopt(provider, lambda timeout: True)
    replay = keeping(exchanged("GET", "a"))
    with sessions.in_context(replay), provider.get_tracer("app").start_as_current_span("work") as work:
        ask(replay, "a")
    outer, call = kept(replay).spans
    assert (outer.name, call.parent_id) == ("work", format(work.get_span_context().span_id, "016x"))
