"""A unit of work while it is under way: the spans and exchanges of one local root, gathered until the last has ended.

Whoever joins a unit enters it, brings a piece, and leaves it. The unit is complete when everybody has left: the
root span has ended, the bodies are closed, the children have ended. A task that outlives its request enters a complete
unit again; it is complete once more when that call has left, and is saved anew under the same name.
"""

from __future__ import annotations

import os
import sys
import threading
from contextvars import ContextVar
from dataclasses import dataclass
from random import getrandbits
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from timetracer.recording import faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import ReadableSpan

    from timetracer.recording.tape import Known, Tape

_process = object()
"""Another one in each forked child; to ask for the process's id at every call would be a call into the kernel."""


def _forked() -> None:
    global _process  # noqa: PLW0603 - one for the process
    _process = object()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)

LINGER = 60.0
"""Seconds after its root's end in which a unit still takes in late calls; later ones are calls outside any request."""


PART = 1_000
"""Pieces after which background work that goes on and on is written as far as it has come."""

MOST = 100_000
"""Pieces that a request gathers; one with more is shed: memory is not ours to fill."""


class Own(NamedTuple):
    """The ids of a span that exists in the cassette only."""

    trace_id: int
    span_id: int
    parent_id: int

    @classmethod
    def under(cls, trace_id: int, parent_id: int) -> Own:
        """A new span under this parent; a trace id of 0 opens a trace of its own."""
        return cls(trace_id or getrandbits(128), getrandbits(64), parent_id)


class Piece(NamedTuple):
    """What one participant brings to its unit: an ended OpenTelemetry span or ids of our own, a tape, or both."""

    span: ReadableSpan | None
    own: Own | None
    tape: Tape | None


class Unit:
    """One unit of work.

    Args:
        owner: the recording it belongs to.
        background: it is no request, task or test: its spans go to the cassette of the process.
        bounded: it must not gather for ever.
        complete: called (in the thread that left last) each time everybody has left.
    """

    __slots__ = (
        "__weakref__",
        "_complete",
        "_lock",
        "_most",
        "_process",
        "background",
        "discarded",
        "kept",
        "open",
        "owner",
        "pieces",
        "root_ended",
        "told",
    )

    def __init__(self, owner: Any, *, background: bool, complete: Callable[[Unit], None], bounded: bool = True) -> None:
        self.owner = owner
        self.background = background
        self.discarded = False
        self.kept = False
        self._process = _process
        self.pieces: list[Piece] = []
        self.open = 0
        self.told: dict[Known, int] = {}
        """How many of the facts of each connection it has."""
        self.root_ended: float | None = None
        self._complete = complete
        self._most = (PART if background else MOST) if bounded else sys.maxsize
        # The garbage collector closes bodies that nobody reads any more, in whatever thread it runs: also within.
        self._lock = threading.RLock()

    @property
    def ours(self) -> bool:
        """Whether this process opened it, and not the one that forked us."""
        return self._process is _process

    def enter(self) -> bool:
        """Join; False when the unit ended too long ago to take anybody in, or is that of the process that forked us."""
        if self._process is not _process:
            return False
        with self._lock:
            if self.root_ended is not None and not self.open and monotonic() - self.root_ended > LINGER:
                return False
            self.open += 1
            return True

    def add(self, piece: Piece) -> None:
        """Bring a piece; its tape may still be running."""
        with self._lock:
            self.pieces.append(piece)

    def give_up_own(self, tape: Tape) -> bool:
        """Take back the piece in which a tape has a span of its own; whether there was one."""
        with self._lock:
            own = next((piece for piece in self.pieces if piece.tape is tape and piece.own is not None), None)
            if own is not None:
                self.pieces.remove(own)
            return own is not None

    def leave(self, piece: Piece | None = None) -> None:
        """Leave, and bring a piece; whoever leaves last completes the unit."""
        if self._process is not _process:  # and its lock may be held by a thread that we have not
            return
        with self._lock:
            if piece is not None:
                self.pieces.append(piece)
            self.open -= 1
            complete = self.open == 0
        if complete:
            if self.root_ended is None:
                self.root_ended = monotonic()
            self._complete(self)
        elif len(self.pieces) >= self._most:
            self._relieve()

    def _relieve(self) -> None:
        part = Unit(self.owner, background=self.background, complete=self._complete)
        with self._lock:
            if self.background:
                part.pieces = [piece for piece in self.pieces if piece.tape is None or piece.tape.ended]
                self.pieces = [piece for piece in self.pieces if piece.tape is not None and not piece.tape.ended]
            else:
                self.discarded, self.pieces = True, []
        if self.discarded:
            faults.warn("units shed", f"a request with more than {MOST:,} spans and calls is not recorded")
        else:
            self._complete(part)

    def end_root(self) -> bool:
        """The unit's root has ended; whether others are still in it."""
        if self._process is not _process:
            return False
        with self._lock:
            if self.root_ended is None:
                self.root_ended = monotonic()
            return self.open > 0

    def let_go(self) -> bool:
        """Give up what was gathered, if nobody can join any more; whether it was given up.

        A pooled connection keeps the context in which it was opened, and so this unit, for all its life.
        """
        with self._lock:
            if self.open or self.root_ended is None or monotonic() - self.root_ended <= LINGER:
                return False
            pieces, self.pieces = self.pieces, []
        for piece in pieces:
            if piece.tape is not None and not piece.tape.fact:
                piece.tape.erase()
        return True

    def snapshot(self) -> list[Piece]:
        """The pieces so far."""
        with self._lock:
            return list(self.pieces)


@dataclass(slots=True)
class Scene:
    """The inbound request that the current context works for. Its tape waits for the SERVER span that may claim it."""

    unit: Unit
    tape: Tape
    own: Own
    claimed: bool = False


scene: ContextVar[Scene | None] = ContextVar("timetracer_scene", default=None)

behalf: ContextVar[Any] = ContextVar("timetracer_behalf", default=None)
"""OpenTelemetry's span, not current, of the library above the one whose call leaves: SQLAlchemy's."""
outgoing: ContextVar[Tape | None] = ContextVar("timetracer_outgoing", default=None)
"""The call that the current context is making: a span that opens beneath its seam (Celery's does) is its."""
