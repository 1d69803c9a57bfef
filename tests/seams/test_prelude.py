"""A prelude: a function's arguments looked at, or replaced, where a session wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from opentelemetry.instrumentation.utils import suppress_http_instrumentation, suppress_instrumentation

from seams.toy_library import Library
from timetracer import sessions
from timetracer.cassette.model import Cassette, Kind, Span
from timetracer.recording import faults
from timetracer.recording.session import Choice, Recording
from timetracer.replaying.session import Manner, Replay
from timetracer.seams import installed
from timetracer.seams.declaration import Instrumentor, Prelude
from toy import TOY, exchanged, load

LIBRARY = "seams.toy_library"


def always(library: Any, verb: str, address: str, *body: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (library, verb, f"told {address}", *body), {}


def replaying(recorded: Any, library: Any, verb: str, *rest: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (library, f"{verb} of {[request['url'] for request in recorded]}", *rest), {}


def prelude(arguments: Any, **options: Any) -> tuple[Prelude, ...]:
    return tuple(Prelude(f"{LIBRARY}:Library.{name}", arguments, **options) for name in ("send", "asend"))


@pytest.fixture(autouse=True)
def only_the_toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    point = EntryPoint(LIBRARY, "x:Y", installed.GROUP)
    monkeypatch.setattr(installed, "entry_points", lambda group: [point])
    monkeypatch.setattr(faults, "raising", True)
    for name in ("_wanted", "_awaited", "_placed"):
        monkeypatch.setattr(installed, name, type(getattr(installed, name))())
    forget()
    yield
    forget()


def forget() -> None:
    installed.found.cache_clear()
    installed.load.cache_clear()


def asked(monkeypatch: pytest.MonkeyPatch, instrumentor: Instrumentor, session: Any) -> list[Any]:
    """What the library was asked, by a blocking caller and by a coroutine."""
    monkeypatch.setattr(EntryPoint, "load", lambda self: instrumentor)
    before = vars(Library)["send"]
    installed.place()
    try:
        library = Library([b"one", b"two"])
        token = sessions.own.set(session)
        library.send("GET", address="a")
        asyncio.run(library.asend(verb="GET", address="a"))
        sessions.own.reset(token)
    finally:
        installed.take_out()
    assert vars(Library)["send"] is before
    return [(verb, address) for verb, address, _ in library.asked]


def recording(**choice: Any) -> Recording:
    return Recording(Choice(**choice), lambda unit: None, single=True)


def replay(**manner: Any) -> Replay:
    span = Span("send", "1" * 32, "1" * 16, kind=Kind.CLIENT, exchange=exchanged("GET", "there"))
    return Replay([Cassette([span])], load, Manner(**manner))


@pytest.mark.parametrize(
    ("session", "wanted"),
    [
        (None, False),
        (recording(), True),
        (replay(), True),
        (recording(live=frozenset({"toy"})), False),
        (replay(live=frozenset({"toy"})), False),
    ],
    ids=["none", "recording", "replay", "live recording", "live replay"],
)
def test_where_it_is_wanted(session: Any, wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    found = asked(monkeypatch, replace(TOY, seams=prelude(always)), session)
    assert found == [("GET", "told a" if wanted else "a")] * 2


def test_one_for_replays_alone_knows_what_was_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    instrumentor = replace(TOY, seams=prelude(replaying, replaying=True))
    assert asked(monkeypatch, instrumentor, recording()) == [("GET", "a")] * 2
    assert asked(monkeypatch, instrumentor, replay()) == [("GET of ['there']", "a")] * 2


@pytest.mark.parametrize("http", [False, True])
def test_where_opentelemetry_is_switched_off(http: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is switched off for HTTP libraries alone is so for those alone."""
    instrumentor = replace(TOY, seams=prelude(always), http=http)
    with suppress_instrumentation():
        assert asked(monkeypatch, instrumentor, recording()) == [("GET", "a")] * 2
    with suppress_http_instrumentation():
        assert asked(monkeypatch, instrumentor, recording()) == [("GET", "a" if http else "told a")] * 2


def test_within_an_exchange_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    token = sessions.inside.set(True)
    try:
        assert asked(monkeypatch, replace(TOY, seams=prelude(always)), recording()) == [("GET", "a")] * 2
    finally:
        sessions.come_out(token)


def test_a_fault_of_it_does_not_reach_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise LookupError

    monkeypatch.setattr(faults, "raising", False)
    noted: list[str] = []
    monkeypatch.setattr(faults, "note", lambda doing, error: noted.append(doing))
    assert asked(monkeypatch, replace(TOY, seams=prelude(broken)), recording()) == [("GET", "a")] * 2
    assert noted == ["preparing a call"] * 2
