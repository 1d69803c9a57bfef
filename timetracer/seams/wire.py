"""Wire seams: a driver's connection, tapped while it is real, or answered by a backend while a replay goes on.

Which of the two a connection is, is decided once, when it is opened. Which session a request on it belongs to is looked
up at every request: pools open their connections in one test, or at start-up, and lend them to all others.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from time import time_ns
from typing import Any
from weakref import WeakMethod

from timetracer import sessions
from timetracer.cassette.model import Exchange
from timetracer.errors import ReplayError
from timetracer.recording.faults import harmless
from timetracer.recording.session import Recording
from timetracer.recording.tape import Known, Tape
from timetracer.recording.unit import behalf
from timetracer.replaying.deliveries import Listener
from timetracer.replaying.session import Answer, Replay
from timetracer.seams.declaration import Instrumentor, WireProtocol, WireSeam

_opened: ContextVar[int] = ContextVar("timetracer_opened", default=0)
KEPT_FACTS = 1000
"""Facts that one connection remembers."""


def opened(wire: Wire, seam: WireSeam, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A call of the original function of a seam, or of what stands for it this time.

    A connection opened within an exchange of another seam belongs to that exchange (Celery's to its broker). One that
    is opened while OpenTelemetry's instrumentation is suppressed is real, in a replay too, and tapped: what is done
    meanwhile is nobody's, but a pool may lend it to others later.
    """
    if sessions.inside.get():
        return original(*args, **kwargs)
    chosen = seam.tapped if wire.taps() else seam.mounted
    return original(*args, **kwargs) if chosen is None else chosen(wire, original, *args, **kwargs)


class Wire:
    """What the wire seams of one driver are given.

    Args:
        instrumentor: the driver's.
    """

    def __init__(self, instrumentor: Instrumentor) -> None:
        if instrumentor.wire is None:
            raise TypeError(f"{instrumentor.library} has wire seams and no WireProtocol")
        self.instrumentor = instrumentor
        self.protocol: WireProtocol = instrumentor.wire

    def taps(self) -> bool:
        """Whether a connection that is opened now is a real one to be tapped."""
        return (self.replaying() is None or sessions.suppressed()) and not sessions.inside.get()

    def tap(self, span_of: Callable[[Any], Any] | None = None) -> TappedLine:
        """A line for a real connection that is about to be opened.

        Args:
            span_of: the protocol's number of a request ``->`` OpenTelemetry's span of it, or None; for drivers whose
                span is not current when the request leaves.
        """
        return TappedLine(self, span_of)

    def mount(self, peer: Any = None) -> MountedLine:
        """A line for a connection to the backend, which may want to know what the driver takes it for."""
        return MountedLine(self, peer)

    @contextmanager
    def attempt(self, *fields: Any) -> Generator[None, None, None]:
        """The opening of a real connection: an exchange if it fails with one of the instrumentor's errors."""
        before = _opened.get()
        _opened.set(time_ns())
        try:
            yield
        except self.instrumentor.errors() as error:
            with harmless("taking a failed connection"):
                session = self.recording()
                tape = session.begin(self.instrumentor, fields) if session is not None else None
                if tape is not None:
                    tape.request_reel.complete = True  # there is no body that could have been read further
                    tape.fail(error)
            raise
        finally:
            _opened.set(before)

    @contextmanager
    def on_behalf_of(self, span: Any) -> Generator[None, None, None]:
        """The driver is called for a library above it, whose span (OpenTelemetry's) this is, and is not current."""
        token = behalf.set(span)
        try:
            yield
        finally:
            behalf.reset(token)

    def recording(self) -> Recording | None:
        """The recording that a request which leaves now belongs to."""
        outside = self._outside()
        if not isinstance(outside, Recording) or sessions.inside.get() or sessions.suppressed():
            return None
        return outside

    def replaying(self) -> Replay | None:
        """The replay that answers what is asked now."""
        outside = self._outside()
        return outside if isinstance(outside, Replay) else None

    def _outside(self) -> Recording | Replay | None:
        """Whose this driver's connections are; None: nobody's, they are as they are without us."""
        session = sessions.current()
        if session is None:
            return None
        if session.live and self.instrumentor.is_live(session.live):
            keeping = session.outside.keeping if isinstance(session.outside, Replay) else None
            return keeping.recording if keeping is not None else None
        return session.outside


class TappedLine:
    """A real connection: what passes by is told to the protocol's tap, which tells of exchanges.

    Args:
        wire: its driver's.
        span_of: finds the span of a request, see `Wire.tap`.

    Attributes:
        opened: when its opening began (ns since the epoch), which may be well before anything is said; 0: not known.
        context: of whoever calls the driver; a mount sets it where `sent` is called by a thread of its own.
    """

    def __init__(self, wire: Wire, span_of: Callable[[Any], Any] | None = None) -> None:
        self.wire = wire
        self.opened = _opened.get()
        self.context: Context | None = None
        self._span_of = span_of
        self._known = Known()
        self._deaf = False
        self._listens: Context | None = None
        name = wire.protocol.name
        self._hearing_client = harmless(f"reading {name} from a client")
        self._hearing_server = harmless(f"reading {name} from a server")
        self._tap = wire.protocol.tap(self)

    # --- for mounts ------------------------------------------------------------------------------------------------

    def called(self) -> None:
        """The driver is called in this context."""
        self.context = copy_context()

    def sent(self, data: bytes) -> None:
        """These bytes are about to go to the server.

        Raises:
            ReplayError: while a replay goes on, nothing does.
        """
        if self.context is not None:
            self.context.run(self._sent, data)
        else:
            self._sent(data)

    def _sent(self, data: bytes) -> None:
        replay = self.wire.replaying()
        if replay is not None:
            self._refuse(replay)
        if not self._deaf:
            self._deaf = True  # unless the tap comes back
            with self._hearing_client:
                self._tap.sent(data)
                self._deaf = False

    def _refuse(self, replay: Replay) -> None:
        if sessions.inside.get() or sessions.suppressed():
            return
        problem = (
            f"a connection of {self.wire.instrumentor.library} that was opened before this replay began leads to"
            " the real server; open it within the replay, or once more after it has begun"
        )
        replay.missed(f"{self.wire.protocol.name} on an open connection", problem)
        raise ReplayError(problem)

    def received(self, data: bytes) -> None:
        """These bytes came from the server, and go on to the driver."""
        if not self._deaf:
            self._deaf = True
            with self._hearing_server:
                self._tap.received(data)
                self._deaf = False

    def closed(self) -> None:
        """The connection has ended."""
        if not self._deaf:
            self._deaf = True
            with harmless(f"ending a connection of {self.wire.protocol.name}"):
                self._tap.closed()

    # --- for taps --------------------------------------------------------------------------------------------------

    def begin(self, *fields: Any, fact: bool = False, own: bool = False, number: Any = None) -> Tape | None:
        """A request has left: the tape of its exchange, or None if nobody records it.

        Args:
            fields: what `describe_request` needs.
            fact: it is asked once, and true for whoever comes later on this connection.
            own: it claims no span of OpenTelemetry's.
            number: the protocol's own for this request, by which a mount may find its span.
        """
        session = self.wire.recording()
        if session is None:
            if not fact or len(self._known.facts) >= KEPT_FACTS:
                return None
            # A pool that is filled before anybody records: the facts are learned all the same.
            fact_of_nobody = Tape(self.wire.instrumentor, fields, 1 << 20, _nobody, fact=True)
            self._known.facts.append(fact_of_nobody)
            return fact_of_nobody
        span = self._span_of(number) if self._span_of is not None and number is not None else None
        tape = session.begin(self.wire.instrumentor, fields, fact=fact, own=own, known=self._known, span=span)
        if tape is not None:
            tape.request_reel.complete = True  # unless the tap says that there is more to come
        return tape

    def listens(self) -> None:
        """From now on the server may say what nobody asks for: to whoever asks now."""
        self._listens = copy_context()

    def told(self, *fields: Any) -> Tape | None:
        """The server has said something that nobody asked for: its tape, or None if nobody records it."""
        if self._listens is None:
            return self.begin(*fields, own=True)
        return self._listens.copy().run(self.begin, *fields, own=True)


class MountedLine:
    """A connection to the backend of a protocol.

    Args:
        wire: its driver's.
        peer: what the driver takes it for: the server's address, as the driver has it.

    Attributes:
        context: as of a `TappedLine`.
        refused: why the backend answers no more.
    """

    def __init__(self, wire: Wire, peer: Any = None) -> None:
        self.wire = wire
        self.peer = peer
        self.context: Context | None = None
        self.refused: ReplayError | None = None
        self._push: Callable[[], Callable[[bytes], None] | None] = _nobody
        self._listener: Listener | None = None
        self._backend = wire.protocol.backend(self)

    # --- for mounts ------------------------------------------------------------------------------------------------

    def called(self) -> None:
        """The driver is called in this context."""
        self.context = copy_context()

    def receive(self, data: bytes) -> bytes:
        """What the server answers to these bytes of the client.

        Raises:
            ReplayError: nothing recorded answers; from now on the connection is of no use.
        """
        if self.refused is not None:
            raise self.refused
        try:
            return self.context.run(self._backend.receive, data) if self.context else self._backend.receive(data)
        except ReplayError as error:
            self.refused = error
            raise

    @property
    def closing(self) -> bool:
        """Whether the server ends the connection, after what it said last."""
        return self._backend.closing

    def pushed(self, push: Callable[[bytes], None]) -> None:
        """What the server says unasked goes here, from any thread: to a method of a connection, held weakly."""
        self._push = WeakMethod(push)

    def opened(self, *fields: Any) -> None:
        """Raise what the opening of this connection raised when it was recorded, if it failed then and there."""
        self.find(*fields, in_turn=True)

    # --- for backends ----------------------------------------------------------------------------------------------

    def ask(self, *fields: Any, body: bytes = b"") -> Exchange:
        """The recorded exchange that answers a request, with this replay's identifiers in it.

        Raises:
            UnmatchedCall: there is none.
            ReplayError: no replay goes on.
            BaseException: what was raised when it was recorded.
        """
        return _outcome(self._replay().answer(self.wire.instrumentor, fields, body))

    def find(self, *fields: Any, body: bytes = b"", in_turn: bool = False) -> Exchange | None:
        """The same for a request that can do without: None, and no miss, if nothing recorded equals it.

        Args:
            fields, body: as of `ask`.
            in_turn: nothing that was recorded before its equal is left to be played.
        """
        answer = self._replay().find(self.wire.instrumentor, fields, body, in_turn=in_turn)
        return _outcome(answer) if answer is not None else None

    def listen(self, hears: Callable[[Exchange], bytes | None]) -> None:
        """From now on this connection is told what was delivered to one like it, each in its turn.

        Args:
            hears: a delivery ``->`` the bytes in which the server says it here; None: it is not for this connection.
        """
        self._listener = self._listener or Listener(hears, self.deliver)
        self._replay().listen(self.wire.instrumentor, self._listener)

    def listen_no_more(self) -> None:
        """From now on it is told nothing."""
        if self._listener is not None:
            self._replay().listen_no_more(self.wire.instrumentor, self._listener)

    def deliver(self, data: bytes) -> None:
        """The server says this unasked, and ends the connection if it is `closing` now; called by any thread."""
        push = self._push()
        if push is not None and (data or self.closing):
            push(data)

    @property
    def over(self) -> bool:
        """Whether no replay goes on any more: a server that is gone."""
        return self.wire.replaying() is None

    @property
    def catalogue(self) -> Any:
        """What the protocol's `catalogue` made of all that was recorded."""
        return self._replay().catalogue(self.wire.protocol)

    def _replay(self) -> Replay:
        replay = self.wire.replaying()
        if replay is None:
            raise ReplayError(
                f"a connection of {self.wire.instrumentor.library} that was opened in a replay leads to no server; it"
                " cannot be used after the replay has ended, nor in a recording"
            )
        return replay


def _outcome(answer: Answer) -> Exchange:
    if answer.error is not None:
        raise answer.error
    return answer.exchange


def _nobody() -> None:
    return None
