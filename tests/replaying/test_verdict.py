"""How a replay went, for a test, for a machine, for a person."""

from __future__ import annotations

import json

import pytest

from timetracer.replaying.verdict import Verdict

FULL = Verdict(
    played=1200,
    relaxed=[("POST /orders", ("timestamp (request.body.at)", "layout"))],
    missed=["GET /a", "GET /b"],
    extra=1,
    unplayed=["GET /c"],
    live=3,
    recorded=4,
    drifted=["GET /d: response.status: recorded 200, now 404"],
)


@pytest.mark.parametrize(
    ("verdict", "ok", "strictly"),
    [
        (Verdict(), True, True),
        (Verdict(played=1, relaxed=[("a", ("b",))], live=1, recorded=1), True, True),
        (Verdict(unplayed=["a"]), True, False),
        (Verdict(missed=["a"]), False, False),
        (Verdict(drifted=["a"]), False, False),
    ],
)
def test_what_passes(verdict: Verdict, ok: bool, strictly: bool) -> None:
    assert (verdict.ok(), verdict.ok(strict=True)) == (ok, strictly)


def test_merging_adds_up_and_changes_neither() -> None:
    other = Verdict(played=1, relaxed=[("x", ("y",))], missed=["m"], extra=1, unplayed=["u"], live=1, recorded=1)
    merged = FULL.merge(other)
    assert merged == Verdict(
        1201, [*FULL.relaxed, ("x", ("y",))], ["GET /a", "GET /b", "m"], 2, ["GET /c", "u"], 4, 5, FULL.drifted
    )
    assert FULL.missed == ["GET /a", "GET /b"]
    assert FULL.merge(Verdict()) == Verdict().merge(FULL) == FULL


def test_json() -> None:
    assert json.loads(json.dumps(FULL.to_json())) == {
        "played": 1200,
        "relaxed": [{"key": "POST /orders", "reasons": ["timestamp (request.body.at)", "layout"]}],
        "missed": ["GET /a", "GET /b"],
        "extra": 1,
        "unplayed": ["GET /c"],
        "live": 3,
        "recorded": 4,
        "drifted": ["GET /d: response.status: recorded 200, now 404"],
    }


COUNTS = (
    "1,200 played, 1 relaxed, 2 missed (1 asked once more than recorded), 1 unplayed, 3 live, 4 recorded, 1 drifted"
)


def test_text() -> None:
    assert FULL.text().splitlines() == [
        (
            "1,200 played, 1 relaxed, 2 missed (1 asked once more than recorded), 1 unplayed, 3 live, 4 recorded, "
            "1 drifted"
        ),
        "  missed    GET /a",
        "  missed    GET /b",
        "  drifted   GET /d: response.status: recorded 200, now 404",
        "  relaxed   POST /orders: timestamp (request.body.at), layout",
        "  unplayed  GET /c",
    ]
    assert Verdict(played=2).text() == "2 played, 0 missed"


def test_a_long_text_is_cut_with_the_misses_first() -> None:
    lines = Verdict(missed=["m"], unplayed=[str(n) for n in range(100)]).text().splitlines()
    assert len(lines) == 22
    assert (lines[1], lines[-1]) == ("  missed    m", "  … and 81 more")
