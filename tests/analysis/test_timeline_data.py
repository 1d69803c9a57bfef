"""What a timeline shows, for programs."""

from __future__ import annotations

import json

from timetracer.analysis.layout import View
from timetracer.analysis.timeline_data import timeline_data
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette, Kind, Span

MS = 1_000_000


def test_the_data_say_what_is_drawn(order: Cassette) -> None:
    data = json.loads(json.dumps(timeline_data(Trace(order))))
    spans = data.pop("spans")
    assert data == {
        "name": "POST /orders/{id}",
        "service": "shop",
        "start": "2025-01-02T03:04:05.678901234Z",
        "duration_ns": 1240 * MS,
        "repeats": [],
        "critical_path": data["critical_path"],
    }
    assert sum(part["duration_ns"] for part in data["critical_path"]) == 1240 * MS
    assert [(span["number"], span["depth"]) for span in spans] == [
        (1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (6, 1), (7, 2), (8, 1), (9, 1)
    ]  # fmt: skip
    assert spans[6] == {
        "number": 7,
        "id": "0000000000000007",
        "parent_id": "0000000000000006",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "depth": 2,
        "name": "POST",
        "title": "POST https://pay.example.com/charges",
        "kind": "client",
        "category": "http",
        "library": "httpx",
        "status": "error",
        "failed": True,
        "error": "httpx.ReadTimeout: timed out",
        "offset_ns": 302 * MS,
        "duration_ns": 599 * MS,
        "self_ns": 599 * MS,
        "body_until_ns": None,
        "chunks": None,
        "matches": True,
        "remarks": [],
        "replay": None,
        "replay_why": [],
    }
    assert (spans[7]["body_until_ns"], spans[7]["chunks"]) == (1200 * MS, 2)


def queries() -> Trace:
    root = Span("job", "t", "a", "", Kind.INTERNAL, 0, 100 * MS)
    asked = [
        Span(
            "SELECT",
            "t",
            f"{number}",
            "a",
            Kind.CLIENT,
            number * 10 * MS,
            (number * 10 + 5) * MS,
            {"db.statement": "SELECT 1"},
        )
        for number in range(6)
    ]
    return Trace(Cassette([root, *asked]))


def test_repeated_siblings_are_told_and_listed_one_by_one() -> None:
    data = timeline_data(queries())
    assert data["repeats"] == [
        {"title": "SELECT", "spans": [2, 3, 4, 5, 6, 7], "total_ns": 30 * MS, "failed": 0, "n_plus_one": True}
    ]
    assert [span["number"] for span in data["spans"]] == [1, 2, 3, 4, 5, 6, 7]
    assert data["spans"][0]["self_ns"] == 70 * MS


def test_a_view_chooses_and_says_what_is_there_only_for_its_place() -> None:
    data = timeline_data(queries(), View(kept={3}))
    assert [(span["number"], span["matches"]) for span in data["spans"]] == [(1, False), (3, True)]
