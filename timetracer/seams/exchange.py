"""The exchange engine: what happens at a seam, decided once as a generator, run by a sync or an async driver.

The generator yields *steps*: the real call, the reading of a body, the end of a recording that is not
complete. A driver runs each step its own way and sends back what came of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from functools import partial
from types import TracebackType
from typing import Any, Protocol, TypeAlias

from opentelemetry.context import Context, get_current
from opentelemetry.trace import get_current_span

from timetracer import sessions
from timetracer.recording import writer
from timetracer.recording.faults import harmless
from timetracer.recording.session import Recording
from timetracer.recording.tape import Tape
from timetracer.recording.unit import outgoing
from timetracer.replaying.session import Answer, Replay
from timetracer.seams.declaration import CallSeam, EachCallSeam, Instrumentor, OwnSeam, Prelude
from timetracer.seams.streams import Played, cut

Function: TypeAlias = Callable[..., Any]


_ASKED = harmless("taking a request")
_FAILED = harmless("taking an error")
_ANSWERED = harmless("taking a response")


class Step(Protocol):
    """One thing that takes time, done in either way."""

    def run(self) -> Any: ...

    async def arun(self) -> Any: ...


Steps: TypeAlias = Generator[Step, Any, Any]


class Invoke:
    """The real call. What it is called with may still be replaced by teed twins."""

    __slots__ = ("args", "function", "kwargs")

    def __init__(self, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.function = function
        self.args = args
        self.kwargs = kwargs

    def run(self) -> Any:
        return self.function(*self.args, **self.kwargs)

    async def arun(self) -> Any:
        return await self.function(*self.args, **self.kwargs)


class Read:
    """A body stream, read to its end: what the real call would have done with it."""

    __slots__ = ("_stream",)

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def run(self) -> bytes:
        return b"".join(self._stream)

    async def arun(self) -> bytes:
        return b"".join([chunk async for chunk in self._stream])


class End:
    """The end of an answer whose recording is not complete: its exception, or the wait for the caller to give up again.

    Args:
        answer: the answer.
    """

    __slots__ = ("_answer",)

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def run(self) -> None:
        # Who calls synchronously cannot be made to give up: there is nothing to wait for.
        raise self._answer.ending()

    async def arun(self) -> None:
        if self._answer.patience:
            await asyncio.sleep(self._answer.patience)
        raise self._answer.ending()


def drive(steps: Steps) -> Any:
    """Run the steps in a synchronous caller."""
    try:
        step = next(steps)
        while True:
            try:
                result = step.run()
            except BaseException as error:  # noqa: BLE001 - thrown on, into the generator
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as done:
        return done.value
    except BaseException as error:  # noqa: BLE001 - it goes on
        raise error.with_traceback(_without_us(error.__traceback__))  # noqa: B904 - it is the same one


async def adrive(steps: Steps) -> Any:
    """Run the steps in an asynchronous caller."""
    try:
        step = next(steps)
        while True:
            try:
                result = await step.arun()
            except BaseException as error:  # noqa: BLE001 - thrown on, into the generator
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as done:
        return done.value
    except BaseException as error:  # noqa: BLE001 - it goes on
        raise error.with_traceback(_without_us(error.__traceback__))  # noqa: B904 - it is the same one


def _without_us(traceback: TracebackType | None) -> TracebackType | None:
    """A traceback that begins beneath this module's frames: the app's logs are not about us."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename == __file__:
        traceback = traceback.tb_next
    return traceback


def exchange(instrumentor: Instrumentor, seam: CallSeam | EachCallSeam, invoke: Invoke) -> Steps:
    """One call at a call seam: passed by, recorded, or answered."""
    session = sessions.current()
    if session is None or sessions.inside.get():
        return _pass(invoke)
    context = get_current()  # once: it takes as long as much of the rest
    if sessions.suppressed(context, http=instrumentor.http):
        return _pass(invoke)
    is_live = session.live and instrumentor.is_live(session.live)
    session = session.outside
    if is_live:
        if not isinstance(session, Recording):
            session.went_live()
            if session.keeping is not None:
                return _record(session.keeping.recording, instrumentor, seam, invoke, context)
        return _live(invoke)
    if isinstance(session, Recording):
        return _record(session, instrumentor, seam, invoke, context)
    return _answer(session, instrumentor, seam, invoke)


def _pass(invoke: Invoke) -> Steps:
    return (yield invoke)


def _answer(session: Replay, instrumentor: Instrumentor, seam: CallSeam | EachCallSeam, invoke: Invoke) -> Steps:
    call = _of_call(seam, invoke)
    message = call.request(*invoke.args, **invoke.kwargs)
    if message is None:
        return (yield invoke)
    fields, body = message
    request = body if isinstance(body, bytes) else (yield Read(body))
    return (yield from _replay(session.answer(instrumentor, fields, request), instrumentor, call))


def _of_call(seam: CallSeam | EachCallSeam, invoke: Invoke) -> CallSeam:
    return seam if isinstance(seam, CallSeam) else seam.of_call(*invoke.args, **invoke.kwargs)


def prepared(instrumentor: Instrumentor, prelude: Prelude, original: Function) -> Function:
    """What stands for a function that has a prelude at this call: itself where no session wants it."""
    session = sessions.current()
    if session is None or sessions.inside.get() or sessions.suppressed(http=instrumentor.http):
        return original
    if instrumentor.is_live(session.live):
        return original
    arguments = prelude.arguments
    if prelude.replaying:
        if isinstance(session.outside, Recording):
            return original
        arguments = partial(arguments, session.outside.requests(instrumentor.name))

    def begun(*args: Any, **kwargs: Any) -> Any:
        with harmless("preparing a call"):
            args, kwargs = arguments(*args, **kwargs)
        return original(*args, **kwargs)

    return begun


def _live(invoke: Invoke) -> Steps:
    token = sessions.inside.set(True)
    try:
        return (yield invoke)
    finally:
        sessions.come_out(token)


def _record(
    session: Recording,
    instrumentor: Instrumentor,
    declared: CallSeam | EachCallSeam,
    invoke: Invoke,
    context: Context,
) -> Steps:
    tape: Tape | None = None
    seam: CallSeam | None = None
    with _ASKED:
        seam = declared if isinstance(declared, CallSeam) else _of_call(declared, invoke)
        message = seam.request(*invoke.args, **invoke.kwargs)
        if message is not None:
            tape = session.begin(instrumentor, message.fields, span=get_current_span(context))
        if message is not None and tape is not None:
            body = message.body
            if isinstance(body, bytes):
                tape.request_reel.whole(body)
            else:
                invoke.args = seam.with_request_body(invoke.args, instrumentor.stream(body, tape.request_reel))
    if seam is None or tape is None:
        return (yield invoke)
    token = sessions.inside.set(True)
    outgoing.set(tape)
    try:
        result = yield invoke
    except BaseException as error:
        with _FAILED:
            tape.fail(error)
        raise
    finally:
        outgoing.set(None)
        sessions.come_out(token)
    streaming = False
    with _ANSWERED:
        fields, body = seam.response(result)
        tape.response = fields
        if isinstance(body, bytes):
            tape.response_reel.whole(body)
        else:
            result = seam.with_response_body(result, instrumentor.stream(body, tape.response_reel))
            streaming = True
    if not streaming:
        tape.finish()
    return result


def own(instrumentor: Instrumentor, seam: OwnSeam, invoke: Invoke) -> Any:
    """One call of a function that is the library's own business."""
    session = sessions.current()
    if session is None:
        return invoke.run()
    is_live = instrumentor.is_live(session.live)
    if seam.instead is not None and not is_live and isinstance(session.outside, Replay):
        return seam.instead(*invoke.args, **invoke.kwargs)
    token = sessions.inside.set(True)
    try:
        return invoke.run()
    finally:
        sessions.come_out(token)


def ended(invoke: Invoke) -> Any:
    """The end of a process."""
    with harmless("writing at the end of a process"):
        writer.flush()
    return invoke.run()


def _replay(answer: Answer, instrumentor: Instrumentor, seam: CallSeam) -> Steps:
    recorded = answer.exchange
    if recorded.response is None:
        return (yield End(answer))
    end = None if answer.complete else End(answer)
    source = Played(cut(instrumentor.wire_body(recorded), recorded.chunks), end)
    token = sessions.inside.set(True)
    try:
        return seam.rebuild(recorded, instrumentor.stream(source))
    finally:
        sessions.come_out(token)
