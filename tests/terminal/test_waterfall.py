"""The timeline, against drawings that are kept beside this file."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from timetracer.analysis.timeline_data import timeline_data
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette, Exchange, Kind, Span, Status
from timetracer.terminal.paper import ERROR, Paper, console, paper, put
from timetracer.terminal.waterfall import timeline

DRAWN = Path(__file__).parent / "timelines"
MS = 1_000_000
TRACE = "0" * 31 + "1"


def drawn(cassette: Cassette, sheet: Paper) -> str:
    return "".join(f"{line.plain.rstrip()}\n" for line in timeline(Trace(cassette), sheet))


@pytest.mark.parametrize("width", [40, 60, 80, 120, 250])
@pytest.mark.parametrize("charset", ["utf8", "ascii"])
def test_the_drawing(order: Cassette, width: int, charset: str) -> None:
    shown = drawn(order, Paper(width, ascii_only=charset == "ascii"))
    assert shown == (DRAWN / f"{width}-{charset}.txt").read_text(encoding="utf-8")
    assert max(map(cell_len, shown.splitlines())) <= width
    assert charset == "utf8" or shown.isascii()


def test_the_drawing_of_what_is_odd() -> None:
    cassette = Cassette(
        [
            Span("job", TRACE, "a", "", Kind.CONSUMER, 10 * MS, 90 * MS),
            Span("skewed", TRACE, "b", "a", Kind.SERVER, 4 * MS, 60 * MS),
            Span("detached", TRACE, "c", "a", Kind.INTERNAL, 50 * MS, 110 * MS),
            Span("instant", TRACE, "d", "c", Kind.PRODUCER, 60 * MS, 60 * MS),
            Span("open", TRACE, "e", "a", Kind.CLIENT, 80 * MS, 0, status=Status.OK),
            Span("orphan", TRACE, "f", "00000000000000aa", Kind.UNSPECIFIED, 85 * MS, 90 * MS),
            Span("日本語の長いスパン名がここに入ります", TRACE, "g", "f", Kind.INTERNAL, 86 * MS, 88 * MS),
        ]
    )
    assert drawn(cassette, Paper(80)) == (DRAWN / "odd-80.txt").read_text(encoding="utf-8")


def test_a_cassette_without_spans_says_so() -> None:
    assert drawn(Cassette(name="process"), Paper(80)) == "process  0 ns\n0 spans · 0 exchanges\nno spans\n"


def on_a_terminal(order: Cassette, monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    on = console(width=80, file=Terminal())
    put(on, timeline(Trace(order), paper(on)))
    assert isinstance(on.file, Terminal)
    return on.file.getvalue()


def test_failed_spans_are_red(order: Cassette, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_a_terminal(order, monkeypatch)
    assert "\x1b[1;31m  502\x1b[0m" in shown
    assert "\x1b[1;31m✗ httpx.ReadTimeout: timed out\x1b[0m" in shown
    assert "\x1b[33m   404\x1b[0m" in shown


def test_no_color_takes_every_colour_away(order: Cassette, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_a_terminal(order, monkeypatch, NO_COLOR="1")
    codes = {code for sequence in re.findall(r"\x1b\[([\d;]*)m", shown) for code in sequence.split(";")}
    assert codes <= {"0", "1", "2"}  # reset, bold, dim
    assert "✗ httpx.ReadTimeout: timed out" in shown


def test_without_a_terminal_there_is_plain_text(order: Cassette) -> None:
    file = io.StringIO()
    put(Console(file=file, width=80), timeline(Trace(order), Paper(80)))
    assert "\x1b" not in file.getvalue()


def test_red_is_for_failures_only(order: Cassette) -> None:
    order.spans = [span for span in order.spans if not span.status]
    assert not any(span.style == ERROR for line in timeline(Trace(order), Paper(80)) for span in line.spans)


HOSTILE = "\x1b[2J[red]\u202ex\n\ud800" + "日" * 300


def test_hostile_text_neither_steers_nor_widens() -> None:
    span = Span(HOSTILE, HOSTILE, "a", HOSTILE, Kind.INTERNAL, 0, MS, status=Status.ERROR, status_message=HOSTILE)
    span.exchange = Exchange(HOSTILE, HOSTILE, {"method": HOSTILE, "url": HOSTILE}, response={"status": HOSTILE})
    cassette = Cassette([span], {"service.name": HOSTILE}, HOSTILE)
    for sheet in (Paper(80), Paper(60, ascii_only=True)):
        for line in timeline(Trace(cassette), sheet):
            assert line.plain.isprintable()
            assert cell_len(line.plain) <= sheet.width
    assert "[red]" in drawn(cassette, Paper(80))


@settings(max_examples=60)
@given(
    st.lists(
        st.builds(
            Span,
            st.text(max_size=30),
            st.just(TRACE),
            st.sampled_from("abcdef"),
            st.sampled_from(["", *"abcdefg"]),
            st.sampled_from(list(Kind)),
            st.integers(0, 2**64),
            st.integers(0, 2**64),
        ),
        max_size=10,
    ),
    st.integers(40, 260),
    st.booleans(),
)
def test_any_spans_fit_any_paper(spans: list[Span], width: int, ascii_only: bool) -> None:
    for line in timeline(Trace(Cassette(spans)), Paper(width, ascii_only)):
        assert cell_len(line.plain) <= width
        assert line.plain.isascii() or not ascii_only
    json.dumps(timeline_data(Trace(Cassette(spans))))


def test_ten_thousand_levels_keep_the_paper() -> None:
    chain = [
        Span(str(number), TRACE, str(number), str(number - 1), start=number, end=20_000) for number in range(10_000)
    ]
    lines = list(timeline(Trace(Cassette(chain)), Paper(60)))
    assert len(lines) >= 10_000
    assert max(cell_len(line.plain) for line in lines) <= 60
    assert lines[-1].plain.startswith("10000▸9994…         └ ")
