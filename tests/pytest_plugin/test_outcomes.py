"""Outcomes cross between processes whole, and what nobody played is what is left over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from timetracer.pytest_plugin.outcomes import Outcome, left_over
from timetracer.replaying.verdict import Verdict

VERDICT = Verdict(
    played=3,
    relaxed=[("GET /a", ("noise", "timestamp"))],
    missed=["GET /b"],
    extra=1,
    unplayed=["GET /c"],
    live=2,
    recorded=4,
    drifted=["GET /d: response.status: recorded 200, now 500"],
)


def outcome(path: str = "a.json", mode: str = "replay", verdict: Verdict | None = None) -> Outcome:
    return Outcome("test_x.py::test_y", Path(path), mode, verdict or Verdict(), kept=False, shared=True)


def unplayed(*calls: str) -> Verdict:
    return Verdict(played=1, unplayed=list(calls))


def test_an_outcome_crosses_between_processes_whole() -> None:
    one = outcome(verdict=VERDICT)
    assert Outcome.from_json(json.loads(json.dumps(one.to_json()))) == one


@pytest.mark.parametrize(
    ("outcomes", "left"),
    [
        ([outcome(verdict=unplayed("A", "B"))], {Path("a.json"): ["A", "B"]}),
        ([outcome(verdict=unplayed("A", "B")), outcome(verdict=unplayed("B", "C"))], {Path("a.json"): ["B"]}),
        ([outcome(verdict=unplayed("A", "A")), outcome(verdict=unplayed("A", "B"))], {Path("a.json"): ["A"]}),
        ([outcome(verdict=unplayed("A")), outcome(verdict=unplayed())], {}),
        ([outcome("a", verdict=unplayed("A")), outcome("b", verdict=unplayed())], {Path("a"): ["A"]}),
        ([outcome(mode="record", verdict=unplayed("A"))], {}),
    ],
)
def test_left_over_is_what_none_of_the_users_played(outcomes: list[Outcome], left: dict[Path, list[str]]) -> None:
    assert left_over(outcomes) == left


def test_an_outcome_without_calls_says_nothing_unless_a_recording_found_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert not outcome(str(path)).says_something
    assert not outcome(str(path), "record").says_something
    assert outcome(str(path), verdict=Verdict(played=1)).says_something
    path.touch()
    assert outcome(str(path), "record").says_something
    assert not outcome(str(path)).says_something
