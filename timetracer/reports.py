"""What each process of a run says of itself at its end, and all of it put together by ``timetracer run``.

A process leaves one JSON file in the folder that `FOLDER` names; saying it again replaces what it said before.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import time_ns
from typing import Any, TypeVar

import orjson

from timetracer.replaying import outcomes
from timetracer.replaying.outcomes import Outcomes
from timetracer.replaying.verdict import Verdict

FOLDER = "TIMETRACER_REPORT_DIR"

_T = TypeVar("_T")
_names: dict[int, str] = {}


@dataclass(slots=True)
class Report:
    """What became of one process, or of all processes of a run.

    Args:
        verdict: of its replays, or of the comparison with the live system. Calls outside any request that were not
            played are not in its ``unplayed``: one process alone cannot tell.
        problems: each miss in full, for people.
        units: requests, tasks, or whole processes, that were kept as a cassette.
        calls: calls outside any request that were kept.
        lost: units that could not be written where they belong.
        faults: how often each kind of fault happened.
        outside: keys of the recorded calls outside any request. All processes of a service share them.
        left: those that this process has not played.
        outcomes: of each recorded call.
        refuges: where what could not be written is kept instead.
    """

    verdict: Verdict = field(default_factory=Verdict)
    problems: list[str] = field(default_factory=list[str])
    units: int = 0
    calls: int = 0
    lost: int = 0
    faults: dict[str, int] = field(default_factory=dict[str, int])
    outside: list[str] = field(default_factory=list[str])
    left: list[str] = field(default_factory=list[str])
    outcomes: Outcomes = field(default_factory=Outcomes)
    refuges: list[str] = field(default_factory=list[str])

    def since(self, before: Report) -> Report:
        """What has come in addition to `before`: a forked child begins with a copy of all that its parent knows."""
        return Report(
            verdict=_less(self.verdict, before.verdict),
            problems=_rest(self.problems, before.problems),
            units=self.units - before.units,
            calls=self.calls - before.calls,
            lost=self.lost - before.lost,
            refuges=_rest(self.refuges, before.refuges),
            faults=dict(Counter(self.faults) - Counter(before.faults)),
            outside=before.left,
            left=self.left,
            outcomes=self.outcomes.since(before.outcomes),
        )

    def leave(self) -> None:
        """Write it where `FOLDER` says, if it does."""
        folder = os.environ.get(FOLDER)
        if not folder:
            return
        place = Path(folder) / _names.setdefault(os.getpid(), f"{os.getpid()}-{time_ns()}.json")
        temporary = place.with_suffix(".tmp")
        with suppress(FileNotFoundError):  # the process has outlived the run, and the folder is gone
            temporary.write_bytes(orjson.dumps(asdict(self) | {"outcomes": self.outcomes.to_json()}))
            temporary.replace(place)


def gather(folder: Path) -> list[Report]:
    """The reports that the processes of a run have left."""
    return [_read(path.read_bytes()) for path in sorted(folder.glob("[0-9]*.json"))]


def together(reports: Iterable[Report]) -> Report:
    """All in one. A recorded call outside any request is unplayed if no process has played it."""
    whole = Report()
    recorded: Counter[str] = Counter()
    played: Counter[str] = Counter()
    for report in reports:
        whole.verdict = whole.verdict.merge(report.verdict)
        whole.problems += report.problems
        whole.units += report.units
        whole.calls += report.calls
        whole.lost += report.lost
        whole.refuges += report.refuges
        whole.faults = dict(Counter(whole.faults) + Counter(report.faults))
        whole.outcomes.add(report.outcomes)
        recorded |= Counter(report.outside)
        played += Counter(report.outside) - Counter(report.left)
    whole.verdict.unplayed += (recorded - played).elements()
    return whole


def _read(data: bytes) -> Report:
    told: dict[str, Any] = orjson.loads(data)
    verdict = Verdict(**told.pop("verdict"))
    verdict.relaxed = [(key, tuple(reasons)) for key, reasons in verdict.relaxed]
    return Report(verdict, outcomes=outcomes.from_json(told.pop("outcomes")), **told)


def _less(now: Verdict, before: Verdict) -> Verdict:
    return replace(
        now,
        played=now.played - before.played,
        relaxed=_rest(now.relaxed, before.relaxed),
        missed=_rest(now.missed, before.missed),
        extra=now.extra - before.extra,
        unplayed=_rest(now.unplayed, before.unplayed),
        live=now.live - before.live,
        recorded=now.recorded - before.recorded,
        drifted=_rest(now.drifted, before.drifted),
    )


def _rest(now: Sequence[_T], before: Sequence[_T]) -> list[_T]:
    return list((Counter(now) - Counter(before)).elements())
