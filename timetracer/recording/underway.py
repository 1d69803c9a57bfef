"""What is under way: the open spans of each unit of work, beside what it has gathered. Not for the app's threads."""

from __future__ import annotations

import os
from contextlib import suppress
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Any, Final

from timetracer.cassette.model import Cassette
from timetracer.recording import notes
from timetracer.recording.assembler import assemble
from timetracer.recording.faults import harmless
from timetracer.recording.unit import Piece
from timetracer.recording.writer import MOMENT
from timetracer.redaction.pseudonyms import Pseudonyms
from timetracer.store import underway

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timetracer.recording.session import Recording
    from timetracer.recording.unit import Unit
    from timetracer.redaction.redactor import Redactor

EVERY: Final = 0.25
"""Seconds between two tellings, at least."""

UNSEEN: Final = 1.0
"""Seconds until it is asked again whether anybody looks."""

MOST: Final = 100
"""Units that are told of, those that have been open longest: more would fit on no screen."""

_SHARE: Final = 20
"""Telling takes one part in so many of the time, unless that would let what was told go stale."""

_LONGEST: Final = underway.STALE / 2
"""Seconds between two tellings, at most."""

_TRIES: Final = 3

Open = tuple["Unit", list[Piece]]
"""A unit, and what is open in it."""


class Teller:
    """Tells in a file beside the store what is under way, while anybody looks.

    Args:
        recording: whose units.
        place: the store.
        redactor: what must not reach the disk.
        excludes: whether a cassette is not to be kept: then it is not told of.
    """

    def __init__(
        self, recording: Recording, place: Path, redactor: Redactor, excludes: Callable[[Cassette], bool]
    ) -> None:
        self._recording = recording
        self._place = place
        self._redactor = redactor
        self._excludes = excludes
        self._tidied = False
        self._begin_anew()

    def __call__(self) -> float | None:
        """Tell; the seconds after which to do it again, None: nothing is under way."""
        if self._pid != os.getpid():
            self._begin_anew()  # what a parent told is the parent's to withdraw
        began = monotonic()
        with harmless("telling what is under way"):
            found = units(self._recording)
            if not underway.looked_at(self._place):
                self._told.withdraw()
                return UNSEEN if found else None
            if not self._tidied:
                self._tidied = True
                underway.tidy(self._place)
            self._told.replace(self._cassettes(found))
            return max(EVERY, min(_LONGEST, _SHARE * (monotonic() - began))) if found else None
        return _LONGEST

    def end(self) -> None:
        """Withdraw what was told: the process ends."""
        if self._pid == os.getpid():
            self._told.end()

    def _begin_anew(self) -> None:
        self._pid = os.getpid()
        self._told = underway.Told(self._place)

    def _cassettes(self, found: list[Open]) -> list[Cassette]:
        """Those that have been open for a moment, redacted, without their bodies: those come with the cassette."""
        before = time_ns() - int(MOMENT * 1e9)
        long = sorted((each for each in found if _began(each) <= before), key=_began)
        told = [each for unit in long[:MOST] for each in _settled(unit) if each.spans and not self._excludes(each)]
        for each in told:
            self._redactor.redact_cassette(each, Pseudonyms())  # bodies and all: what they name may stand elsewhere
            for exchange in each.exchanges:
                exchange.request_body = exchange.response_body = None
        return told


def units(owner: Any) -> list[Open]:
    """The units of work of a recording that are open in this process; no background work, nor what is not sampled.

    Args:
        owner: the recording; it must follow its spans.
    """
    found: dict[int, Open] = {}
    for note in notes.alive():
        span = note.span() if note.span is not None else None
        unit = note.unit
        if span is not None and unit is not None and not note.ended and _told(unit, owner):
            found.setdefault(id(unit), (unit, []))[1].append(Piece(span, None, note.tape))
    for scene in owner.arrivals():
        if _told(scene.unit, owner):
            pieces = found.setdefault(id(scene.unit), (scene.unit, []))[1]
            if not scene.claimed:
                pieces.append(Piece(None, scene.own, scene.tape))
    return [*found.values()]


def cassette(unit: Open) -> Cassette:
    """What a unit has come to; not yet redacted. The end of a span or an exchange that is open is 0."""
    found = assemble([*unit[0].snapshot(), *unit[1]], underway=True)
    for span in found.spans:
        if span.exchange is not None and not span.exchange.ended:
            span.end = 0
    return found


def _settled(unit: Open) -> list[Cassette]:
    """Its cassette, tried again if the app changed a span while it was read; none if it always did."""
    for _ in range(_TRIES):
        with suppress(RuntimeError, KeyError):
            return [cassette(unit)]
    return []


def _began(unit: Open) -> int:
    return min(
        (piece.span.start_time or 0 if piece.span is not None else piece.tape.started if piece.tape is not None else 0)
        for piece in (*unit[0].snapshot(), *unit[1])
    )


def _told(unit: Unit, owner: Any) -> bool:
    return unit.owner is owner and unit.ours and not unit.discarded and not unit.background
