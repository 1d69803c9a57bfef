"""An inbound request opens a unit of work, in recording and in replay; what is no request passes."""

from __future__ import annotations

import asyncio
import gc
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any
from weakref import ref

import pytest
from opentelemetry.instrumentation.utils import suppress_instrumentation

from seams.toy_library import serving as server
from timetracer import sessions
from timetracer.cassette.model import Exchange, Kind
from timetracer.recording import faults
from timetracer.recording.assembler import assemble
from timetracer.recording.session import Choice, Recording
from timetracer.recording.unit import Unit, scene
from timetracer.replaying.service import ServiceReplay
from timetracer.replaying.session import Manner, Replay
from timetracer.seams.declaration import Message, ServerSeam
from timetracer.seams.exchange import Invoke, adrive, drive
from timetracer.seams.serving import serving
from toy import ToyError, instrumentor, load


def listen(args: tuple[Any, ...], tape: Any) -> tuple[Any, ...]:
    tape.request_reel.whole(b"asked")
    tape.answered((200,))
    tape.response_reel.whole(b"told")
    return args


async def receive(args: tuple[Any, ...]) -> tuple[tuple[Any, ...], bytes]:
    return (args[0], f"{args[1]}, received"), b"asked"


SERVER = server(instrumentor(Kind.SERVER), listen, receive)


def serve(app: Any, *args: str) -> Any:
    (seam,) = SERVER.seams
    assert isinstance(seam, ServerSeam)
    return adrive(serving(SERVER, seam, Invoke(app, args, {})))


async def app(verb: str, address: str) -> str:
    """Says what it was given, and whose request it serves."""
    current = scene.get()
    return f"{verb} {address} {'within' if current else 'alone'}"


@pytest.fixture(autouse=True)
def faults_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "raising", True)


@pytest.fixture
def units() -> list[Unit]:
    return []


@pytest.fixture
def recording(units: list[Unit]) -> Any:
    session = Recording(Choice(), units.append)
    with sessions.in_context(session):
        yield session


def exchanges(unit: Unit) -> list[Exchange]:
    return assemble(unit.snapshot()).exchanges


def run(app: Any, *args: str) -> Any:
    return asyncio.run(serve(app, *args))


def test_without_a_session_it_passes() -> None:
    assert run(app, "GET", "a") == "GET a alone"


def test_a_request_is_a_unit_of_work(recording: Recording, units: list[Unit]) -> None:
    assert run(app, "GET", "a") == "GET a within"
    assert scene.get() is None
    (unit,) = units
    (exchange,) = exchanges(unit)
    assert (exchange.key, exchange.request_body, exchange.response_body) == ("GET a", b"asked", b"told")
    assert not unit.background


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_unit_held_is_freed_without_the_garbage_collector(fails: bool) -> None:
    units: list[ref[Unit]] = []

    async def work(verb: str, address: str) -> str:
        if fails:
            raise ToyError("no")
        return f"{verb} {address}"

    gc.collect()
    gc.disable()
    try:
        with sessions.in_context(Recording(Choice(), lambda unit: units.append(ref(unit)))), suppress(ToyError):
            run(work, "GET", "a")
        assert [unit() for unit in units] == [None]
    finally:
        gc.enable()


def test_a_request_that_we_cannot_read_is_served_all_the_same(
    recording: Recording, units: list[Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "raising", False)
    faults.forget()

    def broken(*_: Any) -> Message:
        raise KeyError("method")

    (seam,) = SERVER.seams
    assert isinstance(seam, ServerSeam)
    served = adrive(serving(SERVER, replace(seam, request=broken), Invoke(app, ("GET", "a"), {})))
    assert asyncio.run(served) == "GET a alone"
    assert (units, faults.counts()) == ([], {"taking an inbound request: KeyError": 1})
    faults.forget()


def test_what_is_no_request_passes(recording: Recording, units: list[Unit]) -> None:
    assert run(app, "HELLO", "a") == "HELLO a alone"
    assert units == []


def test_suppressed_and_live_requests_pass(units: list[Unit]) -> None:
    with sessions.in_context(Recording(Choice(), units.append)), suppress_instrumentation():
        assert run(app, "GET", "a") == "GET a alone"
    with sessions.in_context(Recording(Choice(live=frozenset({"toy"})), units.append)):
        assert run(app, "GET", "a") == "GET a alone"
    assert units == []


def test_an_app_within_an_app_is_one_request(recording: Recording, units: list[Unit]) -> None:
    async def outer(verb: str, address: str) -> str:
        return str(await serve(app, verb, f"{address}/inner"))

    assert run(outer, "GET", "a") == "GET a/inner within"
    assert [len(exchanges(unit)) for unit in units] == [1]


def test_a_request_that_a_task_sends_after_its_own_is_served_is_another(
    recording: Recording, units: list[Unit]
) -> None:
    async def scenario() -> None:
        served = asyncio.Event()

        async def later() -> None:
            await served.wait()
            await serve(app, "GET", "b")

        async def first(verb: str, address: str) -> asyncio.Task[None]:
            return asyncio.create_task(later())

        task = await serve(first, "GET", "a")
        served.set()
        await task

    asyncio.run(scenario())
    assert [[exchange.key for exchange in exchanges(unit)] for unit in units] == [["GET a"], ["GET b"]]


def test_an_app_that_fails(recording: Recording, units: list[Unit]) -> None:
    error = ZeroDivisionError("app")

    async def broken(verb: str, address: str) -> None:
        raise error

    with pytest.raises(ZeroDivisionError) as raised:
        run(broken, "GET", "a")
    assert raised.value is error
    (unit,) = units
    assert exchanges(unit)[0].error == {"type": "builtins.ZeroDivisionError", "args": ["app"]}


class OneAnswer(ServiceReplay):
    """Serves every request with one session."""

    def __init__(self, session: Replay | Recording) -> None:
        self.live = frozenset()
        self.session = session

    @contextmanager
    def open(self, instrumentor: Any, fields: tuple[Any, ...], body: bytes) -> Any:
        assert (fields, body) == (("GET", "a"), b"asked")
        with sessions.in_context(self.session):
            yield self.session


def test_in_replay_the_body_is_read_first_and_again_by_the_app() -> None:
    chosen = Replay([], load, Manner())
    seen: list[Any] = []

    async def curious(verb: str, address: str) -> str:
        seen.append(sessions.current())
        return address

    with sessions.in_context(OneAnswer(chosen)):
        assert run(curious, "GET", "a") == "a, received"
        assert run(curious, "HELLO", "a") == "a"
    assert seen[0] is chosen
    assert isinstance(seen[1], OneAnswer)


def test_in_mode_auto_a_request_that_is_new_is_recorded(units: list[Unit]) -> None:
    with sessions.in_context(OneAnswer(Recording(Choice(), units.append))):
        assert run(app, "GET", "a") == "GET a, received within"
    assert [len(exchanges(unit)) for unit in units] == [1]


def test_within_a_replay_of_a_block_requests_pass() -> None:
    with sessions.in_context(Replay([], load, Manner())):
        assert run(app, "GET", "a") == "GET a alone"


# --- a function that is called to do some work (a worker's) ---


def outcome(result: Any, tape: Any) -> None:
    tape.answered((201,))
    tape.response_reel.whole(result.encode())


WORK = ServerSeam("", lambda verb, address: Message((verb, address), b"asked"), lambda args, _: args, outcome=outcome)


def work(verb: str, address: str) -> str:
    return f"{verb} {address} {'within' if scene.get() else 'alone'}, {'its own' if sessions.inside.get() else 'ours'}"


def do(session: Any) -> Any:
    with sessions.in_context(session):
        token = sessions.inside.set(True)
        try:
            return drive(serving(SERVER, WORK, Invoke(work, ("GET", "a"), {})))
        finally:
            assert sessions.inside.get()
            sessions.come_out(token)


def test_work_that_a_library_calls_for_is_the_apps_again(recording: Recording, units: list[Unit]) -> None:
    assert do(recording) == "GET a within, ours"
    (exchange,) = [each for unit in units for each in exchanges(unit)]
    assert (exchange.request_body, exchange.response) == (b"asked", {"status": 201})
    assert exchange.response_body == b"GET a within, ours"


def test_work_is_replayed_by_what_its_message_says(units: list[Unit]) -> None:
    assert do(OneAnswer(Replay([], load, Manner()))) == "GET a alone, ours"
    assert do(OneAnswer(Recording(Choice(), units.append))) == "GET a within, ours"
