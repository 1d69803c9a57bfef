"""The server's side of the engine: an inbound request opens a unit of work, recorded or replayed."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

from timetracer import sessions
from timetracer.recording.faults import harmless
from timetracer.recording.session import Recording
from timetracer.recording.tape import Told
from timetracer.recording.unit import scene
from timetracer.replaying.service import ServiceReplay
from timetracer.seams.declaration import Instrumentor, Message, ServerSeam
from timetracer.seams.exchange import Invoke, Steps
from timetracer.seams.remainder import go_to, place, remainder

if TYPE_CHECKING:
    from timetracer.sessions import Session


class Receive:
    """The whole body of an inbound request, read before the app runs: which cassette answers it may depend on it."""

    __slots__ = ("_args", "_seam")

    def __init__(self, seam: ServerSeam, args: tuple[Any, ...]) -> None:
        self._seam = seam
        self._args = args

    def run(self) -> Any:
        assert self._seam.receive is not None
        return self._seam.receive(self._args)

    async def arun(self) -> Any:
        return await self.run()


def serving(instrumentor: Instrumentor, seam: ServerSeam, invoke: Invoke) -> Steps:
    """One call at a server seam: passed by, recorded as a unit of its own, or served with a replay of its own."""
    session = sessions.current()
    if session is None or sessions.suppressed(http=instrumentor.http) or instrumentor.is_live(session.live):
        return (yield invoke)
    message = None
    with harmless("taking an inbound request") if isinstance(session, Recording) else nullcontext():
        message = seam.request(*invoke.args, **invoke.kwargs)
    if message is None:
        return (yield invoke)
    token = sessions.inside.set(False)  # what is served is the app's, also where the library's own business served it
    try:
        return (yield from _served(session, instrumentor, seam, message, invoke))
    finally:
        sessions.come_out(token)


def _served(session: Session, instrumentor: Instrumentor, seam: ServerSeam, message: Message, invoke: Invoke) -> Steps:
    before = place()
    with ExitStack() as serves:
        recording = session if isinstance(session, Recording) and not _nested(session) else None
        told: Told | None = None
        if isinstance(session, ServiceReplay):
            body = message.body
            if seam.receive is not None:
                invoke.args, body = yield Receive(seam, invoke.args)
            assert isinstance(body, bytes)
            chosen = serves.enter_context(session.open(instrumentor, message.fields, body))
            if isinstance(chosen, Recording):
                recording = chosen
            elif chosen.keeping is not None:
                recording, told = chosen.keeping.recording, chosen.keeping.arrived
        elif recording is None:
            return (yield invoke)
        tape = None
        if recording is not None:
            tape = serves.enter_context(recording.arrival(instrumentor, message.fields))
            tape.told = told
            with harmless("listening to a request"):
                if seam.receive is None and isinstance(message.body, bytes):
                    tape.request_reel.whole(message.body)
                invoke.args = seam.listen(invoke.args, tape)
        result = yield invoke
        if tape is not None and seam.outcome is not None:
            with harmless("taking an outcome"):
                seam.outcome(result, tape)
        if seam.body_follows:
            result = remainder(result, tape.response_reel if tape else None, serves.pop_all())
            go_to(before)
        return result


def _nested(session: Recording) -> bool:
    """Whether the request came from within one that is being served: an app mounted in an app."""
    current = scene.get()
    return current is not None and current.unit.owner is session and not current.tape.ended
