"""A service in replay: each request has a replay of its own; what happens outside them has another."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from opentelemetry.sdk.trace import TracerProvider

from timetracer import sessions
from timetracer.cassette.model import Cassette, Exchange, Kind, Plain, Span
from timetracer.errors import UnmatchedCall
from timetracer.recording import notes, providers
from timetracer.recording.assembler import assemble
from timetracer.recording.session import Choice, Recording
from timetracer.replaying import service
from timetracer.replaying.service import ServiceReplay
from timetracer.replaying.session import Manner, Replay
from timetracer.replaying.shelf import Shelf
from toy import TOY, exchanged, instrumentor, load


def identity(request: dict[str, Plain], body: bytes | None) -> dict[str, str | bytes]:
    url = urlsplit(str(request["url"]))
    return {"method": str(request["verb"]), "path": url.path, "query": url.query, "body": body or b""}


SERVER = replace(instrumentor(Kind.SERVER), identity=identity)


def cassette(*calls: Exchange, asked: Exchange | None = None) -> Cassette:
    """An inbound request, if there is one, and the calls that were made for it."""
    root = [Span("GET", "1" * 32, "1" * 16, kind=Kind.SERVER, exchange=asked)] if asked else []
    sent = [Span("send", "1" * 32, f"{n:016x}", kind=Kind.CLIENT, exchange=call) for n, call in enumerate(calls, 2)]
    return Cassette(root + sent)


def unit(url: str, *calls: Exchange, body: bytes = b"") -> Cassette:
    return cassette(*calls, asked=exchanged("GET", url, body=body))


def serving(
    *units: Cassette, outside: Replay | Recording | None = None, recording: Recording | None = None, **manner: object
) -> ServiceReplay:
    """A service with these units on its shelf."""
    named = {str(number): one for number, one in enumerate(units)}
    asked = [("GET", urlsplit(str(one.exchanges[0].request["url"])).path, name) for name, one in named.items()]
    chosen = Manner(**manner)  # type: ignore[arg-type]
    return ServiceReplay(Shelf(asked, named.__getitem__), outside or Replay([], load, chosen), load, chosen, recording)


def call(address: str = "stock") -> bytes:
    """What the app gets when it calls out now."""
    session = sessions.current()
    assert session is not None
    found = session.outside
    assert isinstance(found, Replay)
    return found.answer(TOY, ("GET", address), b"").exchange.response_body or b""


def test_each_request_is_answered_from_the_cassette_of_the_same_request() -> None:
    replay = serving(unit("/a?n=1", exchanged("GET", "stock", b"1")), unit("/a?n=2", exchanged("GET", "stock", b"2")))
    for n in (2, 1):
        with replay.open(SERVER, ("GET", f"/a?n={n}"), b"") as session:
            assert sessions.current() is session
            assert call() == str(n).encode()
    assert sessions.current() is None
    assert (replay.verdict().played, replay.verdict().unplayed) == (2, [])


def test_a_request_is_recognised_by_its_body() -> None:
    replay = serving(
        unit("/a", exchanged("GET", "stock", b"1"), body=b"one"),
        unit("/a", exchanged("GET", "stock", b"2"), body=b"two"),
    )
    with replay.open(SERVER, ("GET", "/a"), b"two"):
        assert call() == b"2"


def test_a_secret_in_a_request_matches_its_pseudonym() -> None:
    replay = serving(unit("/a?api_key=redacted-apikey-1", exchanged("GET", "stock", b"1")))
    with replay.open(SERVER, ("GET", "/a?api_key=quiteanothersecret99"), b""):
        assert call() == b"1"


def test_requests_at_once_do_not_mix() -> None:
    replay = serving(*(unit(f"/a?n={n}", exchanged("GET", "stock", str(n).encode())) for n in (1, 2)))
    with replay.open(SERVER, ("GET", "/a?n=1"), b""):
        with replay.open(SERVER, ("GET", "/a?n=2"), b""):
            assert call() == b"2"
        assert call() == b"1"


def test_a_request_that_was_never_recorded_is_served_and_its_calls_are_misses() -> None:
    replay = serving(unit("/a", exchanged("GET", "stock", b"1")))
    with replay.open(SERVER, ("GET", "/b"), b""), pytest.raises(UnmatchedCall):
        call()
    assert replay.requests().missed == ["GET stock"]
    (problem,) = replay.problems()
    assert "GET stock" in problem


def test_where_it_may_record_it_records_what_was_never_recorded() -> None:
    recording = Recording(Choice(), lambda unit: None)
    replay = serving(unit("/a", exchanged("GET", "stock", b"1")), recording=recording)
    with replay.open(SERVER, ("GET", "/b"), b"") as session:
        assert session is recording
        assert sessions.current() is recording
    with replay.open(SERVER, ("GET", "/a"), b"") as session:
        assert isinstance(session, Replay)
    assert sessions.current() is None


def test_what_happens_outside_any_request_has_recordings_of_its_own() -> None:
    outside = Replay([cassette(exchanged("GET", "settings", b"on"), exchanged("GET", "left", b""))], load)
    replay = serving(unit("/a", exchanged("GET", "stock", b"1")), outside=outside)
    with sessions.in_context(replay):
        assert call("settings") == b"on"
        with replay.open(SERVER, ("GET", "/a"), b""), pytest.raises(UnmatchedCall):
            call("settings")
        with pytest.raises(UnmatchedCall):
            call("stock")
    assert (replay.elsewhere().played, replay.elsewhere().missed) == (1, ["GET stock"])
    assert (replay.requests().played, replay.requests().missed) == (0, ["GET settings"])
    both = replay.verdict()
    assert (both.played, both.missed) == (1, ["GET settings", "GET stock"])
    assert both.unplayed == ["GET stock", "GET left"]
    assert len(replay.problems()) == 2


def test_what_is_recorded_outside_any_request_has_no_verdict() -> None:
    replay = serving(outside=Recording(Choice(), lambda unit: None))
    assert replay.verdict().ok(strict=True)
    assert replay.problems() == []


def test_a_request_may_fail() -> None:
    replay = serving(unit("/a", exchanged("GET", "stock", b"1")))
    with pytest.raises(LookupError), replay.open(SERVER, ("GET", "/a"), b""):
        raise LookupError
    assert sessions.current() is None
    assert replay.verdict().unplayed == ["GET stock"]


def test_of_old_requests_the_verdict_is_kept_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "KEPT", 2)
    replay = serving(unit("/a", exchanged("GET", "stock", b"1")))
    for n in range(5):
        with replay.open(SERVER, ("GET", "/a"), b""):
            call()
            with pytest.raises(UnmatchedCall):
                call(f"miss {n}")
    assert replay.verdict().played == 5
    assert replay.verdict().missed == [f"GET miss {n}" for n in range(5)]
    assert [problem.count(f"miss {n}") > 0 for n, problem in enumerate(replay.problems())] == [True] * 5


def test_live_libraries_are_those_of_its_replays() -> None:
    replay = serving(live=frozenset({"toy"}))
    with replay.open(SERVER, ("GET", "/a"), b"") as session:
        assert replay.live == session.live == {"toy"}


def test_spans_outside_any_request_are_the_outsides() -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    providers.adopt(provider, lambda timeout: True)
    tracer = provider.get_tracer("app")
    recording = Recording(Choice(), lambda unit: None, single=True)
    with sessions.in_context(serving(outside=recording)), tracer.start_as_current_span("job"):
        pass
    with sessions.in_context(serving()), tracer.start_as_current_span("place") as span:
        note = notes.of(span)
    providers.forget()
    assert [span.name for span in assemble(recording.pieces()).spans] == ["job"]
    assert note is not None
    assert note.place == "place"


def test_a_miss_within_a_request_that_was_never_recorded_says_so() -> None:
    session = Replay([], load, Manner(serving="GET /price/7?currency=usd"))
    with pytest.raises(UnmatchedCall, match=r"within    GET /price/7\?currency=usd, a request that was never recorded"):
        session.answer(TOY, ("GET", "a"), b"")
    (problem,) = session.problems
    assert "never recorded" in problem
