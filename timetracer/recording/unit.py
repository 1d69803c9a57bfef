"""A unit of work while it is under way: the spans and exchanges of one local root, gathered until the last has ended.

Whoever joins a unit enters it, brings a piece, and leaves it. The unit is complete when everybody has left: the
root span has ended, the bodies are closed, the children have ended. A task that outlives its request enters a complete
unit again; it is complete once more when that call has left, and is saved anew under the same name.
"""

from __future__ import annotations

import os
import threading
from contextvars import ContextVar
from dataclasses import dataclass
from random import getrandbits
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import ReadableSpan

    from timetracer.recording.tape import Known, Tape

LINGER = 60.0
"""Seconds after its root's end in which a unit still takes in late calls; later ones are calls outside any request."""

_forks = 0
"""How often this process, or one that it descends from, was forked off. (Asking the system who we are takes longer than
all the rest of entering a unit.)"""


def _after_fork_in_child() -> None:
    global _forks  # noqa: PLW0603 - there is one process
    _forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


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
        complete: called (in the thread that left last) each time everybody has left.
    """

    __slots__ = (
        "__weakref__",
        "_complete",
        "_forks",
        "_lock",
        "background",
        "discarded",
        "kept",
        "open",
        "owner",
        "pieces",
        "root_ended",
        "told",
    )

    def __init__(self, owner: Any, *, background: bool, complete: Callable[[Unit], None]) -> None:
        self.owner = owner
        self.background = background
        self.discarded = False
        self.kept = False
        self._forks = _forks
        self.pieces: list[Piece] = []
        self.open = 0
        self.told: dict[Known, int] = {}
        """How many of the facts of each connection it has."""
        self.root_ended: float | None = None
        self._complete = complete
        self._lock = threading.Lock()

    def enter(self) -> bool:
        """Join; False when the unit ended too long ago to take anybody in, or is that of the process that forked us."""
        if self._forks != _forks:
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
        with self._lock:
            if piece is not None:
                self.pieces.append(piece)
            self.open -= 1
            complete = self.open == 0 and self._forks == _forks
        if complete:
            if self.root_ended is None:
                self.root_ended = monotonic()
            self._complete(self)

    def end_root(self) -> bool:
        """The unit's root has ended; whether others are still in it."""
        with self._lock:
            if self.root_ended is None:
                self.root_ended = monotonic()
            return self.open > 0

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

outgoing: ContextVar[Tape | None] = ContextVar("timetracer_outgoing", default=None)
"""The call that the current context is making: a span that opens beneath its seam (Celery's does) is its."""
