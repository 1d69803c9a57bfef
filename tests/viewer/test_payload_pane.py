"""The payload pane."""

from __future__ import annotations

from timetracer.cassette.model import Cassette, Exchange, Span
from timetracer.viewer.app import Viewer
from timetracer.viewer.payload_pane import PayloadPane
from viewer.driving import driven, screen, source


def lines(viewer: Viewer) -> list[str]:
    return [line.plain.rstrip() for _, line in viewer.screen.query_one(PayloadPane).lines]


def after(cassette: Cassette, *keys: str) -> list[str]:
    return driven(source(cassette), ["tab", *keys], lines)


def test_it_folds_and_unfolds(order: Cassette) -> None:
    keys = ["j"] * 3
    assert after(order)[3:5] == ["▼ request", "    POST http://localhost:8000/orders/7?x=1"]
    assert after(order, *keys, "enter")[3:5] == ["▶ request", "▼ response"]
    assert after(order, *keys, "left")[3:5] == ["▶ request", "▼ response"]
    assert after(order, *keys, "left", "right") == after(order)
    assert after(order, *keys, "enter", "enter") == after(order)


def test_left_leads_to_what_it_is_in(order: Cassette) -> None:
    assert after(order, *["j"] * 4, "left", "left")[3:5] == ["▶ request", "▼ response"]


def test_what_is_too_long_goes_on_below() -> None:
    span = Span("a", "t", "a", "", exchange=Exchange("lib", "k", {"query": "word " * 60}))
    found = after(Cassette([span]))
    place = next(number for number, line in enumerate(found) if "query: word" in line)
    assert " ".join(found[place : place + 5]).count("word") >= 60
    assert max(map(len, found)) <= 100


def test_a_click_unfolds(order: Cassette) -> None:
    import asyncio

    from viewer.driving import settled

    async def drive() -> list[str]:
        viewer = Viewer(source(order), "a")
        async with viewer.run_test(size=(100, 40)) as pilot:
            await settled(pilot)
            await pilot.click(PayloadPane, offset=(4, 3))
            await settled(pilot)
            return lines(viewer)

    assert asyncio.run(drive())[3:5] == ["▶ request", "▼ response"]


def test_in_ascii(order: Cassette) -> None:
    assert "v request" in screen(source(order), ascii_only=True)


def test_only_what_is_around_a_part_is_dim(order: Cassette) -> None:
    def labels(viewer: Viewer) -> dict[str, str]:
        found = viewer.screen.query_one(PayloadPane).lines
        return {
            line.plain: " ".join(str(style) for style in (line.style, *(s.style for s in line.spans)))
            for _, line in found
        }

    found = driven(source(order), [], labels)
    assert found["▼ request"].split() == ["dim", "bold"]
    assert "dim" not in found["POST /orders/{id}"]
