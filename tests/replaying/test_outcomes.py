"""What became of each recorded call: counted, added up, kept in a file, read from a stranger's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from replaying.recording import A, Recording, X, http
from timetracer.errors import StoreError, UnmatchedCall
from timetracer.replaying.calls import Asked
from timetracer.replaying.matching import Index
from timetracer.replaying.outcomes import MissedCall, Outcome, Outcomes, read


def found() -> Outcomes:
    outcomes = Outcomes(missed=[MissedCall("GET /x", "httpx", 7, "a > b", "03", ("because",), "01")])
    outcomes.note("02", "played")
    outcomes.note("03", "relaxed", ["timestamp", "timestamp"])
    outcomes.note("04", "unplayed")
    return outcomes


def test_a_replay_tells_what_became_of_each_call() -> None:
    recorded = Recording(("GET /a", 1), ("GET /b", 2)).add("POST /c", {"id": A})
    for number, candidate in enumerate(recorded.candidates):
        candidate.span_id = f"{number:02}"
    index = Index(recorded.candidates)
    index.take(Asked("httpx", "GET /a", http("GET /a"), write=False))
    index.take(Asked("httpx", "POST /c", http("POST /c", {"id": X}), write=True))
    with pytest.raises(UnmatchedCall):
        index.take(Asked("httpx", "GET /bb", http("GET /bb"), False, "top", now=9))
    outcomes = index.outcomes()
    assert {span_id: outcome.word for span_id, outcome in outcomes.spans.items()} == {
        "00": "played",
        "01": "unplayed",
        "02": "relaxed",
    }
    assert "generated identifier" in outcomes.spans["02"].reasons[0]
    (missed,) = outcomes.missed
    assert (missed.asked, missed.place, missed.at, missed.nearest) == ("GET /bb", "top", 9, "01")
    assert any('asked "/bb"' in line for line in missed.why)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    found().write(tmp_path / "replay.json")
    assert read(tmp_path / "replay.json") == found()


def test_replays_add_up_and_the_rest_is_what_came_later() -> None:
    twice = found()
    twice.add(found())
    twice.note("05", "played")
    assert twice.spans["03"] == Outcome(relaxed=2, reasons=["timestamp"])
    assert len(twice.missed) == 2
    since = twice.since(found())
    assert since.spans.pop("05") == Outcome(played=1)
    assert since == found()


def test_a_newer_replay_takes_the_place_of_the_older_one_of_the_same_cassette() -> None:
    kept = found()
    other = MissedCall("GET /other", within="99")
    kept.missed.append(other)
    newer = Outcomes()
    newer.note("01", "unplayed")
    newer.note("03", "played")
    kept.replace(newer)
    assert kept.missed == [other]
    assert (kept.spans["03"].word, kept.spans["02"].word) == ("played", "played")


@pytest.mark.parametrize(
    "wrong",
    [
        "{",
        "[]",
        {"timetracer_replay": 2},
        {"timetracer_replay": 1, "spans": [], "missed": []},
        {"timetracer_replay": 1, "spans": {"1": {"played": "x"}}, "missed": []},
        {"timetracer_replay": 1, "spans": {"1": 3}, "missed": []},
        {"timetracer_replay": 1, "spans": {}, "missed": [{"asked": "a", "why": [3]}]},
    ],
)
def test_what_is_no_report_is_told(tmp_path: Path, wrong: Any) -> None:
    path = tmp_path / "replay.json"
    path.write_text(wrong if isinstance(wrong, str) else json.dumps(wrong))
    with pytest.raises(StoreError, match="no report of a replay"):
        read(path)


def test_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        read(tmp_path / "none")
