"""Connections: tapped while they are real, answered by a backend in a replay, and never mistaken for one another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import TracerProvider

from seams import toy_wire
from seams.toy_wire import ASEAM, SEAM, TOYWIRE, Connection, Replayed, Server, load
from timetracer import sessions
from timetracer.cassette.model import Cassette, Span
from timetracer.errors import ReplayError, UnmatchedCall
from timetracer.recording import faults
from timetracer.recording.assembler import assemble
from timetracer.recording.processor import SpanListener
from timetracer.recording.session import Choice, Recording
from timetracer.replaying.session import Manner, Replay
from timetracer.seams import patching
from timetracer.seams.wire import Wire
from timetracer.seams.wrapping import wrapper
from toy import TOY


@pytest.fixture(autouse=True)
def placed() -> Iterator[None]:
    for seam in (SEAM, ASEAM):
        patching.place(seam.target, wrapper(TOYWIRE, seam))
    yield
    for seam in (SEAM, ASEAM):
        patching.take_out(seam.target)


def recording(**choice: Any) -> Recording:
    return Recording(Choice(**choice), lambda unit: None, single=True)


def tape_of(session: Recording) -> Cassette:
    return assemble(session.pieces())


def replay(cassette: Cassette, **manner: Any) -> Replay:
    return Replay([cassette], load, Manner(**manner))


def asked(cassette: Cassette) -> list[tuple[str, str, bool]]:
    return [
        (exchange.key, str((exchange.response or {}).get("said")), exchange.fact) for exchange in cassette.exchanges
    ]


def recorded(*lines: str) -> Cassette:
    session, server = recording(), Server()
    with sessions.in_context(session):
        connection = toy_wire.connect(server)
        for line in lines:
            connection.ask(line)
    return tape_of(session)


def test_what_was_asked_on_a_real_connection_is_answered_without_a_server() -> None:
    cassette = recorded("one", "two", "one")
    assert asked(cassette) == [("one", "one 1", False), ("two", "two 2", False), ("one", "one 3", False)]
    again = replay(cassette)
    with sessions.in_context(again):
        connection = toy_wire.connect(None)
        assert isinstance(connection, Replayed)
        assert [connection.ask(line) for line in ("one", "two", "one")] == ["one 1", "two 2", "one 3"]
    assert (again.verdict().played, again.verdict().ok(strict=True)) == (3, True)


def test_so_it_is_for_a_coroutine_function() -> None:
    async def ask(server: Server | None) -> str:
        connection = await toy_wire.aconnect(server)
        return str(connection.ask("one"))

    session = recording()
    with sessions.in_context(session):
        assert asyncio.run(ask(Server())) == "one 1"
    with sessions.in_context(replay(tape_of(session))):
        assert asyncio.run(ask(None)) == "one 1"


def test_a_connection_that_was_opened_early_is_recorded_by_whoever_uses_it() -> None:
    server = Server()
    connection = toy_wire.connect(server)
    assert isinstance(connection, Connection)
    connection.ask("before")
    first, second = recording(), recording()
    for session, line in ((first, "one"), (second, "two")):
        with sessions.in_context(session):
            connection.ask(line)
    assert [asked(tape_of(session)) for session in (first, second)] == [
        [("one", "one 2", False)],
        [("two", "two 3", False)],
    ]


class TestFacts:
    def test_each_recording_has_those_of_the_connections_that_it_uses(self) -> None:
        connection = toy_wire.connect(Server())
        connection.ask("fact: version")
        first, second, third = recording(), recording(), recording()
        for session, lines in ((first, ["one", "fact: types", "two"]), (second, ["three"]), (third, [])):
            with sessions.in_context(session):
                for line in lines:
                    connection.ask(line)
        version, types = ("fact: version", "fact: version 1", True), ("fact: types", "fact: types 3", True)
        assert sorted(asked(tape_of(first))) == sorted(
            [version, types, ("one", "one 2", False), ("two", "two 4", False)]
        )
        assert sorted(asked(tape_of(second))) == sorted([version, types, ("three", "three 5", False)])
        assert asked(tape_of(third)) == []

    def test_they_are_served_any_number_of_times_and_never_missed(self) -> None:
        again = replay(recorded("fact: version", "one"))
        with sessions.in_context(again):
            connection = toy_wire.connect(None)
            assert [connection.ask("fact: version") for _ in range(3)] == ["fact: version 1"] * 3
            connection.ask("one")
        assert (again.verdict().ok(strict=True), again.verdict().relaxed) == (True, [])
        unasked = replay(recorded("fact: version"))
        assert unasked.verdict().unplayed == []

    def test_one_that_changes_is_served_as_it_changed(self) -> None:
        with sessions.in_context(replay(recorded("fact: tables", "one", "fact: tables"))):
            connection = toy_wire.connect(None)
            assert [connection.ask("fact: tables") for _ in range(3)] == [
                "fact: tables 1",
                "fact: tables 3",
                "fact: tables 3",
            ]

    def test_they_claim_no_span(self) -> None:
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SpanListener(lambda timeout: True))
        tracer = provider.get_tracer("opentelemetry.instrumentation.toywire")
        session = recording()
        from opentelemetry.trace import SpanKind

        with sessions.in_context(session):
            connection = toy_wire.connect(Server())
            with tracer.start_as_current_span("ask", kind=SpanKind.CLIENT):
                connection.ask("fact: version")
                connection.ask("one")
        spans = {span.exchange.key: span.name for span in tape_of(session).spans if span.exchange}
        assert spans == {"fact: version": "fact: version", "one": "ask"}


def test_what_pools_do_is_neither_missed_nor_left_over() -> None:
    more, fewer = replay(recorded("pool: begin", "one")), replay(recorded("pool: begin", "pool: begin", "one"))
    for session, times, expected in ((more, 3, ["pool: begin 1", "made up", "made up"]), (fewer, 1, ["pool: begin 1"])):
        with sessions.in_context(session):
            connection = toy_wire.connect(None)
            assert [connection.ask("pool: begin") for _ in range(times)] == expected
            connection.ask("one")
        assert session.verdict().ok(strict=True)


def test_a_miss_is_raised_in_the_caller_and_the_connection_is_of_no_use_any_more() -> None:
    session = replay(recorded("one", "two"))
    with sessions.in_context(session):
        connection = toy_wire.connect(None)
        with pytest.raises(UnmatchedCall, match="three"):
            connection.ask("three")
        with pytest.raises(UnmatchedCall, match="three"):
            connection.ask("one")
    assert session.verdict().missed == ["three"]


class TestMistaken:
    """A connection is real or it is not: using it where it must not be used says so."""

    def test_a_real_one_within_a_replay(self) -> None:
        server = Server()
        connection = toy_wire.connect(server)
        session = replay(recorded("one"))
        with sessions.in_context(session), pytest.raises(ReplayError, match="before this replay began"):
            connection.ask("one")
        assert server.heard == []
        assert session.verdict().missed == ["lines on an open connection"]

    def test_a_replayed_one_after_the_replay(self) -> None:
        with sessions.in_context(replay(recorded("one"))):
            connection = toy_wire.connect(None)
        with pytest.raises(ReplayError, match="leads to no server"):
            connection.ask("one")

    def test_a_replayed_one_in_the_next_replay(self) -> None:
        with sessions.in_context(replay(recorded("one"))):
            connection = toy_wire.connect(None)
        with sessions.in_context(replay(recorded("two"))):
            assert connection.ask("two") == "two 1"


class TestPassedBy:
    def test_within_an_exchange_of_another_seam_it_belongs_to_that_one(self) -> None:
        token = sessions.inside.set(True)
        try:
            with sessions.in_context(recording()):
                assert type(toy_wire.connect(Server())) is toy_wire.Real
        finally:
            sessions.come_out(token)

    def test_one_that_was_opened_while_instrumentation_was_suppressed_carries_nobody_else_in_a_replay(self) -> None:
        server = Server()
        with sessions.in_context(replay(recorded())):
            with suppress_instrumentation():
                connection = toy_wire.connect(server)
                assert connection.ask("one") == "one 1"
            with pytest.raises(ReplayError, match="leads to the real server"):
                connection.ask("two")
        assert server.heard == ["one"]

    def test_one_that_was_opened_while_instrumentation_was_suppressed_is_recorded_for_others(self) -> None:
        session = recording()
        with sessions.in_context(session):
            with suppress_instrumentation():
                connection = toy_wire.connect(Server())
                connection.ask("one")
            connection.ask("two")
        assert asked(tape_of(session)) == [("two", "two 2", False)]

    @pytest.mark.parametrize("live", ["toywire", "lines"])
    def test_a_live_library_reaches_its_server(self, live: str) -> None:
        with sessions.in_context(replay(recorded("one"), live=frozenset({live}))):
            assert toy_wire.connect(Server()).ask("one") == "one 1"
        session = recording(live=frozenset({live}))
        with sessions.in_context(session):
            toy_wire.connect(Server()).ask("one")
        assert asked(tape_of(session)) == []

    def test_a_replay_that_is_kept_has_what_a_live_library_did(self) -> None:
        kept = recording()
        with sessions.in_context(Replay([recorded("one")], load, Manner(live=frozenset({"toywire"})), kept)):
            toy_wire.connect(Server()).ask("one")
        assert asked(tape_of(kept)) == [("one", "one 1", False)]

    def test_what_is_asked_within_an_exchange_is_not_recorded(self) -> None:
        session = recording()
        with sessions.in_context(session):
            connection = toy_wire.connect(Server())
            token = sessions.inside.set(True)
            connection.ask("one")
            sessions.come_out(token)
        assert asked(tape_of(session)) == []


def test_a_fault_of_the_tap_never_reaches_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "raising", False)
    faults.forget()  # what other tests have counted
    session = recording()
    with sessions.in_context(session):
        connection = toy_wire.connect(Server())
        assert [connection.ask(line) for line in ("one", "crash", "two")] == ["one 1", "crash 2", "two 3"]
    assert asked(tape_of(session)) == [("one", "one 1", False)]
    assert sum(faults.counts().values()) == 1
    faults.forget()


def test_a_connection_that_could_not_be_opened_fails_in_the_same_way() -> None:
    session = recording()
    with sessions.in_context(session), pytest.raises(ConnectionRefusedError):
        toy_wire.connect(None)
    cassette = tape_of(session)
    with sessions.in_context(replay(cassette)):
        with pytest.raises(ConnectionRefusedError, match="nobody is there"):
            toy_wire.connect(Server())
        assert isinstance(toy_wire.connect(None), Replayed)


def test_who_called_the_driver_is_known_to_a_thread_that_sees_its_bytes() -> None:
    session, server = recording(), Server()
    connection = toy_wire.connect(server)
    with sessions.in_context(session):
        connection.line.called()
    thread = threading.Thread(target=connection.ask, args=("one",))
    thread.start()
    thread.join()
    assert asked(tape_of(session)) == [("one", "one 1", False)]
    mounted: list[Any] = []
    with sessions.in_context(replay(tape_of(session))):
        replayed = toy_wire.connect(None)
        replayed.line.called()
    thread = threading.Thread(target=lambda: mounted.append(replayed.ask("one")))
    thread.start()
    thread.join()
    assert mounted == ["one 1"]


def test_a_protocol_reads_all_that_was_recorded_once() -> None:
    cassette = recorded("one", "two")
    cassette.spans.append(Span("other", "0" * 32, "1" * 16, kind=cassette.spans[0].kind, exchange=None))
    with sessions.in_context(replay(cassette)):
        assert toy_wire.connect(None).ask("catalogue") == "['one', 'two']"


def test_a_closed_connection_is_told_so_once() -> None:
    connection = toy_wire.connect(Server())
    connection.line.closed()
    connection.line.closed()
    assert connection.ask("late") == "late 1"


def test_wire_seams_need_a_protocol() -> None:
    with pytest.raises(TypeError, match="no WireProtocol"):
        Wire(TOY)
