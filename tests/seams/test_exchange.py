"""What happens at a call seam: passed by, recorded or answered, blocking and not, with the app none the wiser."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from weakref import ref

import pytest
from opentelemetry.instrumentation.utils import suppress_instrumentation

from seams.toy_library import ASEND, SEND, Answer, Library, aparts, parts, toy
from timetracer import sessions
from timetracer.cassette.model import Cassette, Exchange, Kind, Span
from timetracer.errors import ReplayError, UnmatchedCall
from timetracer.recording import faults
from timetracer.recording.assembler import assemble
from timetracer.recording.session import Choice, Recording
from timetracer.recording.unit import Unit
from timetracer.replaying import session as replaying
from timetracer.replaying.session import Manner, Replay
from timetracer.seams import exchange as engine
from timetracer.seams.exchange import Invoke, adrive, drive
from toy import ToyError, exchanged, load


class Blocking:
    """The library, called by a blocking caller."""

    name = "blocking"

    def __init__(self, *answers: Any) -> None:
        self.library = Library(list(answers))
        self.instrumentor = toy(SEND)

    def call(self, *args: Any) -> Any:
        invoke = Invoke(Library.send, (self.library, *args), {})
        return drive(engine.exchange(self.instrumentor, SEND, invoke))

    def read(self, answer: Answer) -> list[bytes]:
        return [answer.body] if isinstance(answer.body, bytes) else list(answer.body)

    def stream(self, *pieces: Any) -> Any:
        return parts(*pieces)


class Asynchronous(Blocking):
    """The same, by an asynchronous one."""

    name = "asynchronous"

    def __init__(self, *answers: Any) -> None:
        super().__init__(*answers)
        self.instrumentor = toy(ASEND)

    async def acall(self, *args: Any) -> Any:
        invoke = Invoke(Library.asend, (self.library, *args), {})
        return await adrive(engine.exchange(self.instrumentor, ASEND, invoke))

    def call(self, *args: Any) -> Any:
        return asyncio.run(self.acall(*args))

    def read(self, answer: Answer) -> list[bytes]:
        async def collect() -> list[bytes]:
            return [chunk async for chunk in answer.body]

        return [answer.body] if isinstance(answer.body, bytes) else asyncio.run(collect())

    def stream(self, *pieces: Any) -> Any:
        return aparts(*pieces)


Caller = Callable[..., Blocking]
both = pytest.mark.parametrize("caller", [Blocking, Asynchronous], ids=lambda kind: kind.name)


@pytest.fixture(autouse=True)
def faults_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "raising", True)


@pytest.fixture
def recording() -> Iterator[Recording]:
    session = Recording(Choice(), lambda unit: None, single=True)
    with sessions.in_context(session):
        yield session


def exchanges(recording: Recording) -> list[Exchange]:
    return assemble(recording.pieces()).exchanges


def replay(*exchanges: Exchange, **manner: Any) -> Replay:
    spans = [
        Span("send", "1" * 32, f"{number:016x}", kind=Kind.CLIENT, exchange=each)
        for number, each in enumerate(exchanges, 1)
    ]
    return Replay([Cassette(spans)], load, Manner(**manner))


# --- passed by ---


@both
def test_without_a_session_the_call_goes_through(caller: Caller) -> None:
    answer = Answer(200, b"x")
    assert caller(answer).call("GET", "a") is answer


@both
def test_within_an_exchange_the_outermost_seam_has_it(caller: Caller, recording: Recording) -> None:
    token = sessions.inside.set(True)
    caller(Answer(200)).call("GET", "a")
    sessions.come_out(token)
    assert exchanges(recording) == []


@both
def test_suppressed_calls_pass(caller: Caller, recording: Recording) -> None:
    with suppress_instrumentation():
        caller(Answer(200)).call("GET", "a")
    assert exchanges(recording) == []


@both
@pytest.mark.parametrize(
    "session", [Recording(Choice(live=frozenset({"toy"})), print), replay(live=frozenset({"toy"}))]
)
def test_live_libraries_pass_and_what_they_do_within_as_well(caller: Caller, session: Any) -> None:
    seen: list[bool] = []

    class Nosy(Library):
        def _next(self) -> Any:
            seen.append(sessions.inside.get())
            return Answer(200)

    one = caller()
    one.library = Nosy()
    with sessions.in_context(session):
        one.call("GET", "a")
    assert seen == [True]
    assert not sessions.inside.get()


@both
def test_a_replay_that_is_kept_has_live_calls_as_they_came(caller: Caller) -> None:
    kept = Recording(Choice(), lambda unit: None, single=True)
    with sessions.in_context(Replay([], load, Manner(live=frozenset({"toy"})), kept)):
        caller(Answer(200)).call("GET", "a")
    (exchange,) = assemble(kept.pieces()).exchanges
    assert (exchange.key, exchange.error) == ("GET a", None)


# --- recorded ---


@both
def test_an_answer_in_one_piece(caller: Caller, recording: Recording) -> None:
    answer = Answer(200, b"body")
    assert caller(answer).call("PUT", "a", b"asked") is answer
    (one,) = exchanges(recording)
    assert (one.library, one.key, one.request) == ("toy", "PUT a", {"verb": "PUT", "url": "a"})
    assert (one.request_body, one.response, one.response_body) == (b"asked", {"status": 200}, b"body")
    assert (one.chunks, one.error) == (None, None)
    assert 0 < one.started <= one.ended


@both
def test_streams_in_and_out(caller: Caller, recording: Recording) -> None:
    one = caller()
    one.library.answers.append(Answer(200, one.stream(b"a", b"", b"bc")))
    answer = one.call("PUT", "a", one.stream(b"1", b"2"))
    assert exchanges(recording)[0].response == {"status": 200, "abandoned": True}, "so far"
    assert one.read(answer) == [b"a", b"", b"bc"]
    (recorded,) = exchanges(recording)
    assert one.library.asked == [("PUT", "a", b"12")]
    assert (recorded.request_body, recorded.response_body) == (b"12", b"abc")
    assert recorded.response == {"status": 200}
    assert [length for length, _ in recorded.chunks or []] == [1, 0, 2]


@both
def test_an_exception_passes_as_it_is(caller: Caller, recording: Recording) -> None:
    error = ToyError("no", 7)
    with pytest.raises(ToyError) as raised:
        caller(error).call("GET", "a")
    assert raised.value is error
    assert error.__context__ is None
    assert exchanges(recording)[0].error == {"type": "toy.ToyError", "args": ["no", 7], "message": "('no', 7)"}


@both
def test_tracebacks_are_not_about_us(caller: Caller, recording: Recording) -> None:
    with pytest.raises(ToyError) as raised:
        caller(ToyError()).call("GET", "a")
    frames = traceback.extract_tb(raised.value.__traceback__)
    assert [frame.name for frame in frames if frame.filename == engine.__file__] in (["drive"], ["adrive"])
    assert frames[-1].name == "_next"


@both
@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(lambda _: Answer(200, b"whole"), id="whole"),
        pytest.param(lambda one: Answer(200, one.stream(b"a", b"b")), id="streamed"),
        pytest.param(lambda one: Answer(200, one.stream(b"a", ToyError("cut"))), id="cut"),
        pytest.param(lambda _: ToyError("no"), id="failed"),
    ],
)
def test_what_a_unit_held_is_freed_without_the_garbage_collector(
    caller: Caller, ending: Callable[[Blocking], Any]
) -> None:
    units: list[ref[Unit]] = []

    def call() -> None:
        one = caller()
        one.library.answers.append(ending(one))
        with suppress(ToyError):
            one.read(one.call("GET", "a"))

    gc.collect()
    gc.disable()
    try:
        with sessions.in_context(Recording(Choice(), lambda unit: units.append(ref(unit)))):
            call()
        assert [unit() for unit in units] == [None]
    finally:
        gc.enable()


@both
def test_an_error_within_a_stream(caller: Caller, recording: Recording) -> None:
    one = caller()
    one.library.answers.append(Answer(200, one.stream(b"a", ToyError("cut"))))
    answer = one.call("GET", "a")
    with pytest.raises(ToyError, match="cut"):
        one.read(answer)
    (recorded,) = exchanges(recording)
    assert (recorded.response_body, recorded.error) == (b"a", {"type": "toy.ToyError", "args": ["cut"]})


@both
def test_a_fault_of_ours_does_not_reach_the_app(
    caller: Caller, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither on the way out nor on the way back."""
    monkeypatch.setattr(faults, "raising", False)
    monkeypatch.setattr(faults, "note", lambda doing, error: noted.append(doing))
    noted: list[str] = []
    answer = Answer(200, object())  # a body that is no stream is only found out by who reads it
    assert caller(answer).call("GET", "a").status == 200
    with pytest.raises(AttributeError):
        caller(None).call("GET", "a").status  # noqa: B018
    assert noted == ["taking a response"]


@both
def test_after_a_call_we_are_outside_again(caller: Caller, recording: Recording) -> None:
    one = caller(Answer(200), ToyError())
    one.call("GET", "a")
    assert not sessions.inside.get()
    with pytest.raises(ToyError):
        one.call("GET", "a")
    assert not sessions.inside.get()


def test_a_call_that_is_closed_in_another_context(recording: Recording) -> None:
    """As the garbage collector does with one that nobody awaits any more."""

    async def never() -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    call = Asynchronous(never()).acall("GET", "a")
    loop = asyncio.new_event_loop()

    async def begin() -> None:
        call.send(None)

    contextvars.copy_context().run(loop.run_until_complete, begin())
    loop.close()
    call.close()
    assert exchanges(recording)[0].error == {"type": "cancelled"}


# --- answered ---


@both
def test_the_recorded_answer_is_given_and_nobody_asked(caller: Caller) -> None:
    one = caller()
    with sessions.in_context(replay(exchanged("GET", "a", b"abc", chunks=[(1, 5), (2, 9)]))):
        answer = one.call("GET", "a")
    assert (answer.status, one.read(answer)) == (200, [b"a", b"bc"])
    assert one.library.asked == []


@both
def test_a_streamed_request_is_read_to_be_recognised(caller: Caller) -> None:
    one = caller()
    with sessions.in_context(replay(exchanged("PUT", "a", b"x", body=b"12"))):
        assert one.read(one.call("PUT", "a", one.stream(b"1", b"2"))) == [b"x"]


@both
def test_a_recorded_exception_is_raised(caller: Caller) -> None:
    failed = exchanged("GET", "a", response=None, error={"type": "toy.ToyError", "args": ["no", 7]})
    with sessions.in_context(replay(failed)), pytest.raises(ToyError) as raised:
        caller().call("GET", "a")
    assert raised.value.args == ("no", 7)


@both
def test_a_recorded_exception_within_a_stream_comes_after_what_arrived(caller: Caller) -> None:
    one = caller()
    failed = exchanged("GET", "a", b"ab", error={"type": "toy.ToyError", "args": []}, chunks=[(1, 1), (1, 2)])
    with sessions.in_context(replay(failed)):
        answer = one.call("GET", "a")
    with pytest.raises(ToyError):
        one.read(answer)


@both
def test_a_miss(caller: Caller) -> None:
    with sessions.in_context(replay(exchanged("GET", "a"))), pytest.raises(UnmatchedCall):
        caller().call("GET", "b")


UNFINISHED = {
    "closed early": {"response": {"status": 200, "abandoned": True}},
    "the process ended": {"response": None},
    "cancelled": {"response": None, "error": {"type": "cancelled"}},
    "cancelled within the body": {"error": {"type": "cancelled"}},
    "an unknown error": {"response": None, "error": {"type": "no.such.Error", "args": []}},
}


@both
@pytest.mark.parametrize("how", UNFINISHED)
def test_whoever_goes_on_past_the_end_of_a_recording(caller: Caller, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "PATIENCE", 0.0)
    one, session = caller(), replay(exchanged("GET", "a", b"x", **UNFINISHED[how]))
    with sessions.in_context(session), pytest.raises(ReplayError):
        one.read(one.call("GET", "a"))
    assert session.verdict().missed == ["GET a"]
    assert not session.verdict().ok()


@pytest.mark.parametrize("how", ["cancelled", "cancelled within the body"])
def test_whoever_gives_up_again_is_not_told(how: str) -> None:
    one, session = Asynchronous(), replay(exchanged("GET", "a", b"x", **UNFINISHED[how]))

    async def impatient() -> None:
        async def call() -> None:
            answer = await one.acall("GET", "a")
            async for chunk in answer.body:
                assert chunk == b"x"

        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(call(), 0.01)

    with sessions.in_context(session):
        asyncio.run(impatient())
    assert session.verdict().missed == []


@both
def test_a_replay_that_was_closed_early_is_not_read_further_than_it_goes(caller: Caller) -> None:
    one, session = caller(), replay(exchanged("GET", "a", b"x", **UNFINISHED["closed early"]))
    with sessions.in_context(session):
        one.call("GET", "a")
    assert session.verdict().missed == []
