"""Many cassettes, one a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from timetracer.store.entry import Entry
from timetracer.terminal.paper import ERROR, WARNING, WIDEST, Paper
from timetracer.terminal.table import Table, newest_first, route, table, table_data

START = 1_735_787_045_678_901_234
MS = 1_000_000
FAILED = Entry(
    name="20250102T030405.678901Z-POST_order.json",
    kind="unit",
    start=START,
    duration=1_240 * MS,
    method="POST",
    route="/orders/{id}",
    target="/orders/7?x=1",
    status=502,
    error=True,
    service="shop",
    spans=12_345,
    size=2_048,
    fingerprint="41938ace435aaca5",
)
FINE = FAILED._replace(
    name="b.json", start=START + 10**9, method="GET", route="/", target="/", status=404, error=False, spans=1
)
OUTSIDE = FINE._replace(
    name="process-1.jsonl:1", kind="process", start=START + 2 * 10**9, method="", target="tick", status=None
)


def drawn(*entries: Entry, paper: Paper) -> str:
    return "".join(f"{line.plain}\n" for line in table(entries, paper))


def test_the_newest_is_first() -> None:
    twin = FINE._replace(name="a.json")
    assert [entry.name for entry in newest_first([FAILED, FINE, twin, OUTSIDE])] == [
        OUTSIDE.name, "a.json", "b.json", FAILED.name
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (
            150,
            """\
when (UTC)           route or path      status    took   spans  error  service  name
2025-01-02 03:04:07  (process) tick             1.24 s       1         shop     process-1.jsonl:1
2025-01-02 03:04:06  GET /                 404  1.24 s       1         shop     b.json
2025-01-02 03:04:05  POST /orders/{id}     502  1.24 s  12,345  ✗      shop     20250102T030405.678901Z-POST_order.json
3 cassettes, 1 with errors
""",
        ),
        (
            100,
            """\
when (UTC)           route or path      status    took   spans  error  service  name
2025-01-02 03:04:07  (process) tick             1.24 s       1         shop     process-1.jsonl:1
2025-01-02 03:04:06  GET /                 404  1.24 s       1         shop     b.json
2025-01-02 03:04:05  POST /orders/{id}     502  1.24 s  12,345  ✗      shop     20250102T030405.678…
3 cassettes, 1 with errors
""",
        ),
        (
            60,
            """\
route or path      status    took  error  name
(process) tick             1.24 s         process-1.jsonl:1
GET /                 404  1.24 s         b.json
POST /orders/{id}     502  1.24 s  ✗      20250102T030405.6…
3 cassettes, 1 with errors
""",
        ),
    ],
)
def test_what_is_least_asked_for_gives_way(width: int, expected: str) -> None:
    shown = drawn(OUTSIDE, FINE, FAILED, paper=Paper(width))
    assert shown == expected


def test_one_long_text_does_not_make_every_line_long() -> None:
    lines = drawn(FINE, FAILED._replace(service="x" * 10_000_000), paper=Paper(WIDEST)).splitlines()
    assert max(map(len, lines)) < 500


def test_an_ascii_table() -> None:
    assert drawn(FAILED, paper=Paper(60, ascii_only=True)).isascii()


def test_no_cassettes_are_told() -> None:
    assert drawn(paper=Paper(80)) == "no cassettes\n"


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        (FAILED, "POST /orders/{id}"),
        (FAILED._replace(route="/orders/7"), "POST /orders/7"),
        (FAILED._replace(method="", route="test_a[b", target="test_a[b?]"), "test_a[b?]"),
        (OUTSIDE, "(process) tick"),
        (OUTSIDE._replace(target=""), "(process)"),
        (FAILED._replace(method="", target="tests/test_a.py::test_b"), "tests/test_a.py::test_b"),
    ],
)
def test_a_recording_outside_any_request_is_marked(entry: Entry, named: str) -> None:
    assert route(entry) == named


@pytest.mark.parametrize(("status", "colour"), [(502, ERROR), (404, WARNING), (200, "green")])
def test_the_status_has_the_colour_of_its_class(status: int, colour: str) -> None:
    _, line, _ = table([FINE._replace(status=status)], Paper(150))
    assert colour in {span.style for span in line.spans if line.plain[span.start : span.end].strip() == str(status)}


HOSTILE = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@given(
    st.lists(
        st.builds(
            Entry,
            name=HOSTILE,
            kind=st.sampled_from(["unit", "process"]),
            start=st.integers(0, 2**64),
            duration=st.integers(0, 2**64),
            method=HOSTILE,
            route=HOSTILE,
            target=HOSTILE,
            status=st.none() | st.integers(0, 10**6),
            error=st.booleans(),
            service=HOSTILE,
            spans=st.integers(0, 10**6),
            size=st.integers(0, 2**40),
            fingerprint=HOSTILE,
        ),
        max_size=4,
    ),
    st.integers(60, 200),
    st.booleans(),
)
def test_no_entry_steers_the_terminal_or_leaves_the_paper(entries: list[Entry], width: int, ascii_only: bool) -> None:
    for line in table(entries, Paper(width, ascii_only)):
        assert line.plain.isprintable()
        assert cell_len(line.plain) <= width
        assert line.plain.isascii() or not ascii_only


def test_the_data_say_what_is_drawn() -> None:
    assert table_data(FAILED) == {
        "name": FAILED.name,
        "kind": "unit",
        "start": "2025-01-02T03:04:05.678901234Z",
        "duration_ns": 1_240 * MS,
        "method": "POST",
        "route": "/orders/{id}",
        "target": "/orders/7?x=1",
        "status": 502,
        "error": True,
        "service": "shop",
        "spans": 12_345,
        "bytes": 2_048,
        "fingerprint": "41938ace435aaca5",
    }
    assert table_data(OUTSIDE)["method"] is None


def test_what_has_not_ended_says_so_in_place_of_a_status() -> None:
    lines = Table([FAILED, FINE], Paper(120), lambda name: name == FINE.name)
    assert "502" in lines.line(0).plain
    assert "open" in lines.line(1).plain
    assert "404" not in lines.line(1).plain
    assert any(each.style == WARNING and each.end - each.start > 50 for each in lines.line(1).spans)


def test_each_line_has_its_own_moment_and_duration() -> None:
    base = Entry("a", "unit", 0, 1_000, "GET", "/", "/", 200, False, "shop", 1, 10, "0" * 16)
    later = base._replace(name="b", start=2_000_000_000, duration=5_000_000)
    _, first, second, _ = map(str, table([base, later], Paper(200, colour=False)))
    assert "00:00:00" in first
    assert "1.00 µs" in first
    assert "00:00:02" in second
    assert "5.00 ms" in second
