"""What came of the cassettes of a run: told by each worker, put together by the process that has the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timetracer.replaying.verdict import Verdict

OUTCOMES = "timetracer_outcomes"
"""The attribute of a report in which a worker tells what came of its cassettes since the report before."""
FAILED = "timetracer_failed"
"""The attribute of the report of a teardown that failed because of the test's calls."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one use of a cassette.

    Args:
        user: the test's node id, or ``fixture token of tests/test_shop.py``.
        path: the cassette.
        mode: ``record``, ``replay`` or ``verify``.
        verdict: what was played, missed and so on.
        kept: recording: the cassette has it.
        shared: several may use the cassette, so what this one did not play may be another's.
    """

    user: str
    path: Path
    mode: str
    verdict: Verdict
    kept: bool
    shared: bool

    @property
    def says_something(self) -> bool:
        """Whether a call was made, or one of a recording was left over."""
        return self.verdict != Verdict() or (self.mode == "record" and self.path.exists())

    def to_json(self) -> dict[str, Any]:
        """For the wire between pytest-xdist's processes."""
        return {
            "user": self.user,
            "path": str(self.path),
            "mode": self.mode,
            "verdict": self.verdict.to_json(),
            "kept": self.kept,
            "shared": self.shared,
        }

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Outcome:
        """The other way round."""
        verdict = dict(told["verdict"])
        verdict["relaxed"] = [(entry["key"], tuple(entry["reasons"])) for entry in verdict["relaxed"]]
        path = Path(told["path"])
        return cls(told["user"], path, told["mode"], Verdict(**verdict), told["kept"], told["shared"])


def left_over(outcomes: Iterable[Outcome]) -> dict[Path, list[str]]:
    """The calls of each replayed cassette that none of its users played, by cassette; without those played whole."""
    left: dict[Path, Counter[str]] = {}
    for outcome in outcomes:
        if outcome.mode == "replay":
            unplayed = Counter(outcome.verdict.unplayed)
            left[outcome.path] = left[outcome.path] & unplayed if outcome.path in left else unplayed
    return {path: list(calls.elements()) for path, calls in left.items() if calls}
