"""The lines above a cassette."""

from __future__ import annotations

import pytest

from timetracer.analysis.semconv import About
from timetracer.cassette.model import Cassette
from timetracer.terminal.heading import flow, heading, status_colour
from timetracer.terminal.paper import ERROR, WARNING, Paper


def test_what_it_is_and_how_much(order: Cassette) -> None:
    assert [line.plain for line in heading(order, Paper(120))] == [
        "POST /orders/{id}  502  1.24 s",
        (
            "9 spans · 5 exchanges · 3 errors · shop · 2025-01-02 03:04:05.678 UTC"
            " · trace 4bf92f3577b34da6a3ce929d0e0e4736"
        ),
    ]


@pytest.mark.parametrize(
    ("service", "shown"),
    [("shop", True), ("unknown_service", False), ("unknown_service:python", False), ("unknown_services", True)],
)
def test_a_service_without_a_name_is_not_named(order: Cassette, service: str, shown: bool) -> None:
    order.resource["service.name"] = service
    _, below = heading(order, Paper(160))
    assert (service in below.plain) is shown


def test_what_has_not_ended_says_so(order: Cassette) -> None:
    first = next(heading(order, Paper(120), underway=True))
    assert first.plain == "POST /orders/{id}  under way  1.24 s"


def test_words_flow_over_as_many_lines_as_they_need() -> None:
    assert [line.plain for line in flow(["one", "two", "three"], Paper(40))] == ["one · two · three"]
    assert [line.plain for line in flow(["a" * 20, "b" * 20, "c"], Paper(40))] == ["a" * 20, "b" * 20 + " · c"]
    assert [line.plain for line in flow(["a", "b"], Paper(40, ascii_only=True))] == ["a, b"]


@pytest.mark.parametrize(
    ("status", "failed", "colour"),
    [("200", False, "green"), ("404", False, WARNING), ("503", False, ERROR), ("ok", True, ERROR)],
)
def test_colours(status: str, failed: bool, colour: str) -> None:
    assert status_colour(About("", "", status, failed, "")) == colour
