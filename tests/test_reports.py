"""What the processes of a run say, put together."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from timetracer.replaying.outcomes import MissedCall, Outcome, Outcomes
from timetracer.replaying.verdict import Verdict
from timetracer.reports import FOLDER, Report, gather, together

VERDICT = Verdict(
    played=3,
    relaxed=[("GET /a", ("a generated id",)), ("GET /a", ("a generated id",))],
    missed=["GET /b", "GET /c", "GET /b"],
    extra=1,
    unplayed=["GET /d"],
    live=1,
    recorded=2,
    drifted=["GET /e: 1, now 2"],
)
MISSED = MissedCall("GET /b", nearest="1", why=("path",))
REPORT = Report(
    VERDICT,
    ["b is missing", "c is missing", "b is missing"],
    5,
    4,
    1,
    {"disk": 2},
    ["x", "x", "y"],
    ["x", "y"],
    Outcomes({"1": Outcome(played=1), "2": Outcome(relaxed=1, reasons=["a generated id"])}, [MISSED]),
)


def test_what_a_process_leaves_is_what_is_gathered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    Report().leave()
    REPORT.leave()  # again, at the very end: it takes the place of the first
    assert gather(tmp_path) == [REPORT]


def test_nothing_is_left_where_nobody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "gone"))
    REPORT.leave()
    assert not (tmp_path / "gone").exists()
    monkeypatch.delenv(FOLDER)
    monkeypatch.chdir(tmp_path)
    REPORT.leave()
    assert list(tmp_path.iterdir()) == []


def test_each_process_has_a_report_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    for pid in (11, 12):
        monkeypatch.setattr(os, "getpid", lambda pid=pid: pid)
        Report(units=pid).leave()
    assert sorted(report.units for report in gather(tmp_path)) == [11, 12]


def test_a_forked_child_reports_what_it_did_itself() -> None:
    more = replace(
        REPORT,
        verdict=VERDICT.merge(Verdict(played=1, missed=["GET /b"], drifted=["GET /e: 1, now 2"])),
        problems=[*REPORT.problems, "b is missing"],
        units=6,
        faults={"disk": 3, "other": 1},
        left=["y"],
        outcomes=Outcomes({"1": Outcome(played=2), "2": Outcome(relaxed=1)}, [MISSED, MISSED]),
    )
    assert more.since(REPORT) == Report(
        Verdict(played=1, missed=["GET /b"], drifted=["GET /e: 1, now 2"]),
        ["b is missing"],
        units=1,
        faults={"disk": 1, "other": 1},
        outside=["x", "y"],
        left=["y"],
        outcomes=Outcomes({"1": Outcome(played=1)}, [MISSED]),
    )
    assert REPORT.since(REPORT) == Report(outside=["x", "y"], left=["x", "y"])


def test_sums() -> None:
    whole = together(
        [REPORT, Report(Verdict(played=1, unplayed=["GET /f"]), ["f"], 1, 1, 1, {"disk": 1}, refuges=["/tmp/r"])]
    )
    assert whole.refuges == ["/tmp/r"]
    assert whole.verdict.played == 4
    assert whole.verdict.unplayed == ["GET /d", "GET /f", "x", "y"]
    assert (whole.units, whole.calls, whole.lost, whole.faults) == (6, 5, 2, {"disk": 3})
    assert whole.problems == [*REPORT.problems, "f"]
    assert whole.outcomes == REPORT.outcomes


@pytest.mark.parametrize(
    ("processes", "unplayed"),
    [
        ([], []),
        ([("a", "a")], ["a"]),
        ([("a", "")], []),
        ([("a", "a"), ("a", "")], []),  # two workers, one of which played it
        ([("a", ""), ("a", "")], []),  # recorded by one process, played by two
        ([("aa", "a"), ("aa", "a")], []),  # recorded by two, each played the first that it found
        ([("aab", "ab"), ("aab", "aab")], ["a", "b"]),
        ([("ab", "ab"), ("ab", "b")], ["b"]),  # a child, forked when nothing was played
        ([("ab", "b"), ("b", "")], []),  # a child, forked when the first was played
    ],
)
def test_calls_outside_requests_are_unplayed_if_no_process_played_them(
    processes: list[tuple[str, str]], unplayed: list[str]
) -> None:
    reports = [Report(outside=list(known), left=list(left)) for known, left in processes]
    assert sorted(together(reports).verdict.unplayed) == unplayed
