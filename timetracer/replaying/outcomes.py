"""What became of each recorded call in a replay, and what was asked in vain: kept in a file, for views to lay over it.

A verdict counts; this says of which span. The file is JSON: ``{"timetracer_replay": 1, "spans": {…}, "missed": […]}``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from timetracer.cassette import files
from timetracer.cassette.places import is_list, is_object
from timetracer.errors import StoreError

_VERSION: Final = 1
_MARK: Final = "timetracer_replay"

Word = Literal["played", "relaxed", "unplayed"]


@dataclass(slots=True)
class Outcome:
    """How often one recorded call was played exactly, played by relaxing, and left over; over all replays of it."""

    played: int = 0
    relaxed: int = 0
    unplayed: int = 0
    reasons: list[str] = field(default_factory=list[str])
    """Why it was relaxed, each reason once."""

    @property
    def word(self) -> Word:
        """All of it in one word."""
        return "relaxed" if self.relaxed else "played" if self.played else "unplayed"


@dataclass(slots=True, frozen=True)
class MissedCall:
    """A call that nothing recorded answered."""

    asked: str
    library: str = ""
    at: int = 0
    """The replay's clock, ns since the epoch: the recorded start plus what had elapsed."""
    place: str = ""
    """Its place in the call tree, as `timetracer.replaying.session.placed` has it."""
    nearest: str = ""
    """The span id of the recorded call that comes nearest; empty if there is none."""
    why: tuple[str, ...] = ()
    """Lines for people."""
    within: str = ""
    """The span id of the root of the cassette that was replayed; empty outside any request."""


@dataclass(slots=True)
class Outcomes:
    """Those of one replay, or of many."""

    spans: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    """By the span's id. Facts, and what only pools bring about, are here only if they were played."""
    missed: list[MissedCall] = field(default_factory=list[MissedCall])

    def note(self, span_id: str, word: Word, reasons: Iterable[str] = ()) -> None:
        """One more outcome of a recorded call."""
        outcome = self.spans.setdefault(span_id, Outcome())
        setattr(outcome, word, getattr(outcome, word) + 1)
        outcome.reasons = [*dict.fromkeys((*outcome.reasons, *reasons))]

    def add(self, other: Outcomes) -> None:
        """Count those of another replay as well."""
        for span_id, theirs in other.spans.items():
            ours = self.spans.setdefault(span_id, Outcome())
            ours.played += theirs.played
            ours.relaxed += theirs.relaxed
            ours.unplayed += theirs.unplayed
            ours.reasons = [*dict.fromkeys((*ours.reasons, *theirs.reasons))]
        self.missed += other.missed

    def since(self, before: Outcomes) -> Outcomes:
        """What has come in addition to `before`."""
        now = Outcomes(missed=[*(Counter(self.missed) - Counter(before.missed)).elements()])
        for span_id, outcome in self.spans.items():
            was = before.spans.get(span_id, Outcome())
            played, relaxed = outcome.played - was.played, outcome.relaxed - was.relaxed
            unplayed = max(0, outcome.unplayed - was.unplayed)
            if played or relaxed or unplayed:
                now.spans[span_id] = Outcome(played, relaxed, unplayed, outcome.reasons)
        return now

    def replace(self, newer: Outcomes) -> None:
        """Forget what is known of the cassette of a newer replay, and take that in its place."""
        roots = {call.within for call in newer.missed} | newer.spans.keys()
        self.missed = [call for call in self.missed if not {call.within, call.nearest} & roots]
        self.spans |= newer.spans
        self.missed += newer.missed

    def to_json(self) -> dict[str, Any]:
        """Only what JSON has words for."""
        return {
            _MARK: _VERSION,
            "spans": {span_id: asdict(outcome) for span_id, outcome in self.spans.items()},
            "missed": [asdict(call) for call in self.missed],
        }

    def write(self, path: Path) -> None:
        """Raises `StoreError` if it cannot be written."""
        files.replace(path, orjson.dumps(self.to_json(), option=orjson.OPT_INDENT_2))


def read(path: Path) -> Outcomes:
    """What `Outcomes.write` has written.

    Raises:
        StoreError: there is no such file, or it is none.
    """
    try:
        return from_json(orjson.loads(path.read_bytes()))
    except OSError as cause:
        raise StoreError(f"{path}: cannot be read: {cause.strerror or cause}") from cause
    except ValueError as cause:
        raise StoreError(f"{path}: no report of a replay: {cause}") from cause


def from_json(held: Any) -> Outcomes:
    """Raises `ValueError` where something is not as it should be."""
    if not is_object(held) or held.get(_MARK) != _VERSION:
        raise ValueError(f"it has no {_MARK} {_VERSION}")
    spans, missed = held.get("spans"), held.get("missed")
    if not is_object(spans) or not is_list(missed):
        raise ValueError("its spans or missed calls are none")
    found = Outcomes()
    for span_id, told in spans.items():
        outcome = Outcome(**_checked(Outcome(), told))
        found.spans[span_id] = outcome
    for told in missed:
        values = _checked(MissedCall(""), told)
        values["why"] = tuple(values["why"])
        found.missed.append(MissedCall(**values))
    return found


def _checked(example: Outcome | MissedCall, told: Any) -> dict[str, Any]:
    """The fields of a stranger's object, each of the type that the example has."""
    if not is_object(told):
        raise ValueError("an outcome is no object")
    values = {each.name: told.get(each.name) for each in fields(example)}
    for name, value in values.items():
        wanted = getattr(example, name)
        if isinstance(wanted, (list, tuple)):
            right = is_list(value) and all(isinstance(each, str) for each in value)
        else:
            right = type(value) is type(wanted)
        if not right:
            raise ValueError(f"its {name} is {type(value).__name__}")
    return values
