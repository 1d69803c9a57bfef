"""Chrome's trace events."""

from __future__ import annotations

import json
from typing import Any

from timetracer.cassette.model import Cassette
from timetracer.formats.perfetto import perfetto


def events(*cassettes: Cassette) -> list[Any]:
    found: list[Any] = json.loads(json.dumps(perfetto(cassettes)))["traceEvents"]
    return found


def test_each_span_is_a_complete_event(order: Cassette) -> None:
    first, *spans = events(order)
    assert first == {"ph": "M", "name": "process_name", "pid": 1, "tid": 0, "args": {"name": "shop: POST /orders/{id}"}}
    assert len(spans) == 9
    charge = next(event for event in spans if event["args"]["number"] == 7)
    assert (charge["name"], charge["cat"], charge["dur"]) == ("POST https://pay.example.com/charges", "http", 599_000)
    assert charge["args"]["error"] == "httpx.ReadTimeout: timed out"


def test_events_of_a_track_lie_within_each_other_or_apart(order: Cassette, basket: Cassette) -> None:
    for process in (1, 2):
        for track in range(1, 20):
            there = [
                event
                for event in events(order, basket)
                if event["ph"] == "X" and (event["pid"], event["tid"]) == (process, track)
            ]
            for one in there:
                for other in there:
                    begun, ended = one["ts"], one["ts"] + one["dur"]
                    assert (
                        other["ts"] >= ended
                        or other["ts"] + other["dur"] <= begun
                        or (begun <= other["ts"] and other["ts"] + other["dur"] <= ended)
                        or (other["ts"] <= begun and ended <= other["ts"] + other["dur"])
                    )
