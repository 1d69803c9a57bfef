"""Lines as SVG and HTML."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from rich.text import Text

from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette
from timetracer.terminal.paper import ERROR, Paper
from timetracer.terminal.picture import html, svg
from timetracer.terminal.waterfall import timeline

HOSTILE = '<script>alert(1)</script> & "quotes" ]]>'


def test_the_svg_has_every_line_in_its_place(order: Cassette) -> None:
    picture = ET.fromstring(svg(timeline(Trace(order), Paper(120)), 120, "an order"))
    texts = [element for element in picture.iter() if element.tag.endswith("}text")]
    heights = {element.get("y") for element in texts}
    assert len(heights) == 15
    assert any(element.text == "✗ httpx.ReadTimeout: timed out" and element.get("font-weight") for element in texts)


def test_nothing_is_fetched_from_elsewhere(order: Cassette) -> None:
    for draw in (svg, html):
        text = draw(timeline(Trace(order), Paper(120)), 120, "an order").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(?:src|href|url\(|@import|@font-face)", text)


def test_text_from_a_cassette_stays_text() -> None:
    for draw in (svg, html):
        text = draw([Text(HOSTILE, ERROR)], 80, HOSTILE)
        assert "<script" not in text
        assert "&lt;script&gt;" in text


def test_the_same_lines_are_the_same_picture(order: Cassette) -> None:
    first, second = (svg(timeline(Trace(order), Paper(80)), 80, "x") for _ in range(2))
    assert first == second


def test_the_page_has_colours_for_light_and_dark() -> None:
    page = html([Text("failed", ERROR), Text("quiet", "dim")], 80, "x")
    assert '<span class="b c1">failed</span>' in page
    assert '<span class="d">quiet</span>' in page
    assert "prefers-color-scheme: dark" in page
