"""A replay answers by place and key, remembers what it could not, and gives back what was recorded."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

from timetracer import sessions
from timetracer.cassette.model import Cassette, Exchange, Kind, Plain, Redaction, Span
from timetracer.errors import ReplayError, UnmatchedCall
from timetracer.recording import providers
from timetracer.recording.session import Choice, Recording
from timetracer.redaction.redactor import Redactor
from timetracer.redaction.rules import DEFAULT
from timetracer.replaying.session import Manner, Replay, placed
from toy import TOY, ToyError, exchanged, load


def span(
    name: str, identity: int, parent: int = 0, exchange: Exchange | None = None, kind: Kind = Kind.INTERNAL
) -> Span:
    return Span(
        name,
        f"{1:032x}",
        f"{identity:016x}",
        f"{parent:016x}" if parent else "",
        kind,
        start=identity,
        end=identity + 1,
        exchange=exchange,
    )


def cassette(*exchanges: Exchange) -> Cassette:
    return Cassette([span("send", n, exchange=one, kind=Kind.CLIENT) for n, one in enumerate(exchanges, 1)])


def replay(*exchanges: Exchange, **manner: object) -> Replay:
    return Replay([cassette(*exchanges)], load, Manner(**manner))  # type: ignore[arg-type]


def ask(session: Replay, verb: str = "GET", url: str = "a", body: bytes = b"") -> bytes | None:
    return session.answer(TOY, (verb, url), body).exchange.response_body


def test_an_inbound_request_never_answers_a_call() -> None:
    inbound = Cassette([span("GET", 1, exchange=exchanged("GET", "a"), kind=Kind.SERVER)])
    with pytest.raises(UnmatchedCall):
        ask(Replay([inbound], load))


def test_libraries_without_an_instrumentor_here_are_left_out() -> None:
    other = exchanged("GET", "a")
    other.library = "unknown"
    assert replay(other, exchanged("GET", "a", b"mine")).verdict().unplayed == ["GET a"]


class Watched(Redactor):
    """Counts the requests that it is shown."""

    seen = 0

    def redact_request(self, *args: Any, **kwargs: Any) -> Any:
        self.seen += 1
        return super().redact_request(*args, **kwargs)


def test_a_call_that_is_recorded_word_for_word_is_not_redacted_again() -> None:
    redactor = Watched()
    session = replay(exchanged("GET", "a", b"1"), exchanged("GET", "b", b"2"), redactor=redactor)
    assert (ask(session), ask(session, url="b"), redactor.seen) == (b"1", b"2", 0)
    with pytest.raises(UnmatchedCall):
        ask(session, url="c")
    assert redactor.seen == 1


def test_a_secret_that_came_before_is_not_looked_for_again() -> None:
    redactor = Watched()
    session = replay(*[exchanged("GET", f"a?token=redacted-token-{n}") for n in (1, 2, 1)], redactor=redactor)
    for secret in ("a7Tz0qLmX2", "b8Uy1rMnW3", "a7Tz0qLmX2"):
        ask(session, url=f"a?token={secret}")
    assert (redactor.seen, session.verdict().ok(strict=True)) == (2, True)
    assert (session.verdict().relaxed, session.verdict().played) == ([], 3)


def test_a_function_that_rewrites_requests_rewrites_each() -> None:
    """The recorded "b" was an "a": a live "b", which would have been recorded as "c", is another request."""
    rules = DEFAULT.also(function=lambda path, value: {"a": "b", "b": "c"}.get(str(value)))
    session = replay(exchanged("GET", "b", b"of a"), redactor=Redactor(rules))
    with pytest.raises(UnmatchedCall):
        ask(session, url="b")
    assert ask(session, url="a") == b"of a"


def test_a_miss_is_remembered_in_full() -> None:
    session = replay(exchanged("GET", "a"), hint="make record")
    with pytest.raises(UnmatchedCall):
        ask(session, url="b")
    verdict = session.verdict()
    assert verdict.missed == ["GET b"]
    assert not verdict.ok()
    (problem,) = session.problems
    assert "make record" in problem


def test_what_the_guard_blocked_is_a_miss() -> None:
    session = replay()
    session.missed("connection to example.com:443", "somebody wanted out")
    assert session.verdict().missed == ["connection to example.com:443"]
    assert session.problems == ["somebody wanted out"]


def test_a_recorded_error_comes_back_as_itself() -> None:
    error: dict[str, Plain] = {"type": "toy.ToyError", "args": ["slow", 3]}
    answer = replay(exchanged("GET", "a", response=None, error=error)).answer(TOY, ("GET", "a"), b"")
    assert isinstance(answer.error, ToyError)
    assert answer.error.args == ("slow", 3)


def test_a_cancelled_call_waits_as_long_as_it_did_and_a_little() -> None:
    one = exchanged("GET", "a", response=None, error={"type": "cancelled"})
    one.ended = one.started + 2_000_000_000
    session = replay(one)
    answer = session.answer(TOY, ("GET", "a"), b"")
    assert (answer.complete, answer.error, answer.patience) == (False, None, 7.0)
    assert session.verdict().ok()
    assert isinstance(answer.ending(), ReplayError)
    assert session.verdict().missed == ["GET a"]


def test_a_body_that_was_not_kept_cannot_be_replayed() -> None:
    session = replay(exchanged("GET", "a", response={"status": 200, "omitted": 99}))
    with pytest.raises(ReplayError, match="TIMETRACER_MAX_BODY_BYTES"):
        ask(session)


def test_a_request_too_long_to_keep_is_recognised_by_its_length() -> None:
    one = exchanged("GET", "a", b"yes")
    one.request["omitted"] = 5
    assert ask(replay(one, max_body_bytes=4), body=b"12345") == b"yes"
    with pytest.raises(UnmatchedCall):
        ask(replay(one, max_body_bytes=4), body=b"123456")


def test_secrets_match_under_their_pseudonyms() -> None:
    session = replay(exchanged("GET", "https://shop/?api_key=redacted-apikey-1", b"yes"))
    assert ask(session, url="https://shop/?api_key=quiteanothersecret99") == b"yes"


def test_places_are_the_names_of_the_ancestors() -> None:
    tree = Cassette([span("root", 1), span("a", 2, 1), span("b", 3, 2), span("orphan", 4, 99)])
    assert [place for _, place in placed(tree)] == ["", "root", "root > a", ""]


def test_places_of_a_hostile_cassette_end() -> None:
    assert len(list(placed(Cassette([span("a", 1, 2), span("b", 2, 1), span("c", 3, 3)])))) == 3


def test_the_same_call_at_two_places_gets_the_answer_of_its_place() -> None:
    recorded = Cassette(
        [
            span("left", 1),
            span("send", 2, 1, exchanged("GET", "a", b"left", started=2), Kind.CLIENT),
            span("right", 3),
            span("send", 4, 3, exchanged("GET", "a", b"right", started=4), Kind.CLIENT),
        ]
    )
    provider = TracerProvider(shutdown_on_exit=False)
    providers.adopt(provider, lambda timeout: True)
    session = Replay([recorded], load)
    tracer = provider.get_tracer("app")
    with sessions.in_context(session):
        with tracer.start_as_current_span("right"):
            assert ask(session) == b"right"
        with tracer.start_as_current_span("left"):
            assert ask(session) == b"left"
    providers.forget()


def test_the_clock_goes_on_from_the_recorded_start() -> None:
    session = Replay([Cassette([span("root", 1_000)])], load)
    first = session.now()
    assert first >= 1_000
    assert session.now() >= first


def test_times_in_requests_are_by_the_clock_that_the_app_sees() -> None:
    """A service's is not moved."""

    def url(moment: datetime) -> str:
        return f"http://shop/?since={moment.isoformat()}"

    recorded, now = datetime(2020, 1, 1, 12, tzinfo=timezone.utc), datetime.now(timezone.utc)
    session = replay(exchanged("GET", url(recorded), b"new", started=int(recorded.timestamp()) * 10**9))
    with pytest.raises(UnmatchedCall):
        ask(session, url=url(recorded + timedelta(minutes=1)))
    assert ask(session, url=url(now)) == b"new"


def test_ports_of_recorded_upstreams_on_loopback_are_known() -> None:
    urls = ("http://127.0.0.1:8001/a", "http://localhost:8002/", "http://example.com:8003/", "http://[::1", "a")
    session = replay(*(exchanged("GET", url, started=n) for n, url in enumerate(urls)))
    assert session.ports == {8001, 8002}


def test_a_secret_that_an_answer_gave_is_never_taken_for_one_of_the_apps_own() -> None:
    login = exchanged(
        "PUT", "login", b'{"token":"redacted-apikey-1"}', redactions=[Redaction("response.body.token", "apikey")]
    )
    own = exchanged("GET", "https://own/?api_key=redacted-apikey-2", b"own", started=2)
    given = exchanged("GET", "https://given/?api_key=redacted-apikey-1", b"given", started=3)
    session = replay(login, own, given)
    assert ask(session, "PUT", "login") == b'{"token":"redacted-apikey-1"}'
    assert ask(session, url="https://own/?api_key=sk-live-0123456789abcdef") == b"own"
    assert ask(session, url="https://given/?api_key=redacted-apikey-1") == b"given"


def test_an_answer_names_a_secret_as_this_replay_does() -> None:
    marks = [Redaction("response.body", "apikey")]
    a = exchanged("GET", "https://a/?api_key=redacted-apikey-1", b"redacted-apikey-1", redactions=marks)
    b = exchanged("GET", "https://b/?api_key=redacted-apikey-2", b"redacted-apikey-2", started=2, redactions=marks)
    session = replay(a, b)
    first = ask(session, url="https://b/?api_key=sk-live-bbbbbbbbbbbbbbbb")
    second = ask(session, url="https://a/?api_key=sk-live-aaaaaaaaaaaaaaaa")
    assert first is not None
    assert second is not None
    assert {first, second}.isdisjoint({b"redacted-apikey-1", b"redacted-apikey-2"})
    assert first != second


def lost(verb: str, url: str, *, request: bool) -> Exchange:
    one = exchanged(verb, url)
    one.request, one.response, one.response_body = one.request if request else {}, None, None
    one.error = {"type": "lost", "message": "a fault"}
    return one


def test_a_call_whose_answer_was_lost_is_a_miss_that_says_so() -> None:
    session = replay(lost("GET", "a", request=True))
    with pytest.raises(ReplayError, match="GET a: its answer was lost by a fault"):
        ask(session)
    assert session.verdict().missed == ["GET a"]


def test_a_miss_says_that_a_request_was_lost() -> None:
    session = replay(lost("GET", "a", request=False), exchanged("GET", "b", b"whole"))
    assert ask(session, url="b") == b"whole"
    with pytest.raises(UnmatchedCall, match="lost      an exchange of toy"):
        ask(session)
    assert session.verdict().unplayed == []


@pytest.mark.parametrize("keep", [False, True])
def test_equal_calls_of_two_pipelines_keep_their_own_answers(keep: bool) -> None:
    """The first call of a pipeline has its span, the others are beneath it: so it was recorded."""
    spans = [span("work", 100)]
    for first, answers in ((1, (b"a1", b"a2")), (11, (b"b1", b"b2"))):
        one, other = (exchanged("GET", "same", answer) for answer in answers)
        one.started, other.started = first, first + 1
        spans.append(span("PIPELINE", first, 100, one, Kind.CLIENT))
        spans.append(span("GET same", first + 1, first, other, Kind.CLIENT))
    recording = Recording(Choice(), lambda unit: None, single=True) if keep else None
    session = Replay([Cassette(spans)], load, None, recording)
    provider = TracerProvider()
    providers.adopt(provider, lambda timeout: True)
    told = []
    with sessions.in_context(session), provider.get_tracer("app").start_as_current_span("work"):
        for _ in range(2):
            with provider.get_tracer(TOY.scopes[0]).start_as_current_span("PIPELINE", kind=SpanKind.CLIENT):
                told.append([ask(session, url="same"), ask(session, url="same")])
    assert told == [[b"a1", b"a2"], [b"b1", b"b2"]]
