"""Traces out of what an exporter sent in pieces."""

from __future__ import annotations

from dataclasses import replace

import recordings
from timetracer.cassette.model import Cassette
from timetracer.formats.units import by_trace


def test_the_pieces_of_a_trace_come_together() -> None:
    order, basket = recordings.order(), recordings.basket()
    for span in basket.spans:
        span.trace_id, span.start, span.end = "f" * 32, span.start + 10**12, span.end + 10**12
    mixed = [
        Cassette([*basket.spans[5:], *order.spans[4:]], {"service.name": "shop"}),
        Cassette([*order.spans[:5], *basket.spans[:6]], {"service.name": "shop"}),
    ]
    first, second = by_trace(mixed)
    assert first.spans == order.spans
    assert [span.span_id for span in second.spans] == [span.span_id for span in basket.spans]
    assert (first.name, second.name) == ("POST /orders/{id}", "GET /basket/{id}")


def test_services_are_kept_apart_and_names_kept() -> None:
    order = recordings.order()
    found = by_trace([order, replace(order, resource={"service.name": "other"}, name="")])
    assert [unit.resource["service.name"] for unit in found] == ["shop", "other"]
    assert found[0].name == "POST /orders/{id}"
    assert by_trace([]) == []
