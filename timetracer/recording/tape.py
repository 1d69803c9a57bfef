"""A tape: one exchange in the making. References only; nothing is serialised before the writer thread has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import time_ns
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from timetracer.recording.faults import harmless
from timetracer.recording.raised import error_of

if TYPE_CHECKING:
    from typing_extensions import Self

    from timetracer.cassette.model import AttributeValue, Exchange, Plain
    from timetracer.seams.declaration import Instrumentor


_ENDING = harmless("ending a body")
_DESCRIBING = harmless("describing an error")
_NONE: Final[list[Any]] = []
"""Never added to. Most bodies are in one piece: lists of their own would be most of what a tape takes."""


class Reel:
    """The bytes of one body as they pass by, with the moment of each chunk. A `seams.streams.Listener`.

    Args:
        limit: bytes that are kept; a longer body is counted on, and not kept.
        ended: called once, with what ended the body: None (exhausted), ``GeneratorExit`` (abandoned), or an error.
    """

    __slots__ = ("_ended", "_limit", "chunks", "complete", "length", "over", "times")

    def __init__(self, limit: int, ended: Callable[[BaseException | None], None]) -> None:
        self.chunks: list[bytes] = _NONE
        self.times: list[int] = _NONE
        self.length = 0
        self.over = False
        self.complete = False
        """It was read to its end."""
        self._limit = limit
        self._ended: Callable[[BaseException | None], None] | None = ended

    def heard(self, chunk: bytes) -> bytes:
        """Keep a chunk; the very same object goes on to the reader."""
        self.length += len(chunk)
        if self.length <= self._limit:
            if self.times is _NONE:
                self.chunks, self.times = [], []
            # A reader may reuse the buffer it was given: keep what cannot change.
            self.chunks.append(chunk if type(chunk) is bytes else bytes(chunk))
            self.times.append(time_ns())
        elif not self.over:
            self.over = True
            self.chunks, self.times = _NONE, _NONE
        return chunk

    def whole(self, body: bytes, length: int | None = None) -> None:
        """A body that is there in one piece.

        Args:
            body: it, or what was received with it: to cut it out would be to copy it.
            length: of it alone, in bytes.
        """
        self.complete = True
        self.length = len(body) if length is None else length
        self.over = self.length > self._limit
        if not self.over:
            self.chunks = [body]

    def bytes(self) -> bytes:
        """What was kept, in one piece."""
        return self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)

    def closed(self) -> None:
        """The reader closed the body; unless it had been read to its end, it is abandoned here."""
        if self._ended is not None:
            self.__exit__(GeneratorExit, GeneratorExit(), None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        self.complete = error is None
        ended, self._ended = self._ended, None
        if ended is not None:
            with _ENDING:
                ended(error)


class Told(NamedTuple):
    """What is known of an exchange beforehand: a replay's, which nobody needs to listen to.

    Args:
        exchange: the exchange; None: it is what the tape has heard.
        attributes: for its span.
        resource: for its cassette.
    """

    exchange: Exchange | None
    attributes: Mapping[str, AttributeValue]
    resource: Mapping[str, AttributeValue]


class Tape:
    """One exchange in the making.

    Args:
        instrumentor: whose exchange it is.
        fields: the request, as the seam took it.
        limit: bytes kept of each body.
        finished: called once, when its outcome is complete.
        fact: it is asked once, and true for whoever comes later.
    """

    __slots__ = (
        "_finished",
        "abandoned",
        "dropped",
        "ended",
        "error",
        "fact",
        "instrumentor",
        "request",
        "request_reel",
        "response",
        "response_reel",
        "started",
        "told",
    )

    def __init__(
        self,
        instrumentor: Instrumentor,
        fields: tuple[Any, ...],
        limit: int,
        finished: Callable[[], None],
        *,
        fact: bool = False,
    ) -> None:
        self.instrumentor = instrumentor
        self.request = fields
        self.request_reel = Reel(limit, _ignore)
        self.response: tuple[Any, ...] | None = None
        self.response_reel = Reel(limit, self._body_ended)
        self.error: dict[str, Plain] | None = None
        self.abandoned = False
        self.dropped = False
        """It never came to be an exchange: the server skipped it."""
        self.fact = fact
        self.started = time_ns()
        self.ended = 0
        self.told: Told | None = None
        """What is to be said of it in place of all that, or beside it."""
        self._finished: Callable[[], None] | None = finished

    def answered(self, fields: tuple[Any, ...]) -> None:
        """The response's head is here; its body passes `response_reel`."""
        self.response = fields

    def raised(self, error: BaseException) -> None:
        """What ended the call, or its response."""
        kind = type(error)
        self.error = {"type": f"{kind.__module__}.{kind.__qualname__}", "args": []}  # unless it can be told better
        with _DESCRIBING:
            self.error = error_of(error, self.instrumentor.keywords)

    def fail(self, error: BaseException) -> None:
        """The call ended without (the rest of) a response."""
        self.raised(error)
        self.finish()

    def drop(self) -> None:
        """There was no such exchange after all."""
        self.dropped = True
        self.finish()

    def finish(self) -> None:
        """The outcome is complete. Only the first call counts."""
        finished, self._finished = self._finished, None
        if finished is not None:
            self.ended = time_ns()
            finished()

    def erase(self) -> None:
        """It was written: what it holds is of no use any more, whoever still holds it."""
        self.request, self.response = (), None
        for reel in (self.request_reel, self.response_reel):
            reel.chunks = []

    def _body_ended(self, error: BaseException | None) -> None:
        if isinstance(error, GeneratorExit):
            self.abandoned = True
        elif error is not None:
            self.raised(error)
        self.finish()


class Known:
    """The facts that one connection has learned, in order. They belong to whatever unit of work relies on them."""

    __slots__ = ("__weakref__", "facts")

    def __init__(self) -> None:
        self.facts: list[Tape] = []


def told_again(tape: Tape) -> Tape:
    """A fact that was asked earlier, complete, for a unit of work that relies on it and did not ask."""
    again = Tape(tape.instrumentor, tape.request, 0, _nobody, fact=True)
    again.request_reel, again.response_reel = tape.request_reel, tape.response_reel
    again.response, again.error = tape.response, tape.error
    again.finish()
    return again


def _nobody() -> None:
    return None


def _ignore(_: BaseException | None) -> None:
    return None
