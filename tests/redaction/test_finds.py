"""Finds are lifted, merged and spliced without touching anything else."""

from __future__ import annotations

import json
from itertools import pairwise
from urllib.parse import quote, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.redaction.finds import Edit, Find, View, disjoint, json_view, moved, moved_chunks, percent_view, splice


def find(start: int, end: int, kind: str = "k", **fields: str) -> Find:
    return Find(start, end, "s", kind, "p", **fields)  # type: ignore[arg-type]


def lifted(view: View, part: str, base: int = 0) -> tuple[int, int]:
    start = view.text.index(part)
    (found,) = view.lift([find(start, start + len(part))], base)
    return found.start, found.end


@pytest.mark.parametrize(
    ("raw", "text", "part", "escaped"),
    [
        ("plain", "plain", "lai", "lai"),
        (r"a\nb\"c", 'a\nb"c', 'b"c', r"b\"c"),
        (r"\u00e9x\/y", "éx/y", "x/y", r"x\/y"),
        (r"a\ud83d\ude00b", "a😀b", "😀", r"\ud83d\ude00"),
        (r"a\ud83db", "a\ud83db", "b", "b"),
        (r"bad \q escape", r"bad \q escape", "escape", "escape"),
        ("ends in \\", "ends in \\", "in \\", "in \\"),
    ],
)
def test_json_strings(raw: str, text: str, part: str, escaped: str) -> None:
    view = json_view(raw)

    start, end = lifted(view, part, 100)

    assert view.text == text
    assert raw[start - 100 : end - 100] == escaped


@pytest.mark.parametrize(
    ("raw", "text", "part", "escaped"),
    [
        ("a+b", "a b", "b", "b"),
        ("a%20b+c", "a b c", "b c", "b+c"),
        ("%C3%A9%e2%82%ACx", "é€x", "€", "%e2%82%AC"),
        ("%C3%A9%40x", "é@x", "@", "%40"),
        ("%FFx", "�x", "x", "x"),
        ("100%", "100%", "0%", "0%"),
        ("%4", "%4", "%4", "%4"),
        ("a%zzb", "a%zzb", "zz", "zz"),
    ],
)
def test_parameters(raw: str, text: str, part: str, escaped: str) -> None:
    view = percent_view(raw)

    start, end = lifted(view, part)

    assert view.text == text
    assert raw[start:end] == escaped


@given(st.text(), st.booleans())
def test_json_views_are_what_json_says(text: str, ascii_only: bool) -> None:
    raw = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
    view = json_view(raw)

    assert view.text == text
    assert json.loads(f'"{view.escape(text)}"') == text
    assert [(found.start, found.end) for found in view.lift([find(0, len(text))], 0)] == [(0, len(raw))]


@given(st.text(st.characters(codec="utf-8")))
def test_percent_views_are_what_urllib_says(text: str) -> None:
    raw = quote(text, safe="")
    view = percent_view(raw)

    assert view.text == text
    assert unquote_plus(view.escape(text)) == text
    pieces = [found for place in range(len(text)) for found in view.lift([find(place, place + 1)], 0)]
    assert "".join(raw[found.start : found.end] for found in pieces) == raw


@given(st.text(alphabet="%+4aFé2"))
def test_percent_views_take_anything(raw: str) -> None:
    assert percent_view(raw).text == unquote_plus(raw)


def test_what_a_function_wants_is_escaped_on_the_way_out() -> None:
    (in_json,) = json_view("abc").lift([find(0, 1, replacement='"é\n')], 0)
    (in_query,) = percent_view("abc").lift([find(0, 1, replacement="a&b c")], 0)

    assert in_json.replacement == r"\"é\n"
    assert in_query.replacement == "a%26b%20c"


@pytest.mark.parametrize(
    ("places", "chosen"),
    [
        ([(5, 7), (0, 3)], [(0, 3, 1), (5, 7, 0)]),
        ([(0, 3), (3, 5)], [(0, 3, 0), (3, 5, 1)]),
        ([(0, 9), (2, 4)], [(0, 9, 0)]),
        ([(2, 4), (0, 9)], [(0, 9, 1)]),
        ([(2, 4), (2, 4)], [(2, 4, 0)]),
        ([(0, 5), (3, 9)], [(0, 9, 1)]),
        ([(0, 5), (4, 6), (5, 8)], [(0, 8, 0)]),
        ([], []),
    ],
)
def test_of_two_that_overlap_the_longer_else_the_first_takes_both(
    places: list[tuple[int, int]], chosen: list[tuple[int, int, int]]
) -> None:
    finds = [find(start, end, str(index)) for index, (start, end) in enumerate(places)]

    assert [(found.start, found.end, int(found.kind)) for found in disjoint(finds)] == chosen


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=12))
def test_disjoint_finds_cover_what_all_of_them_cover(places: list[tuple[int, int]]) -> None:
    finds = [find(start, start + length) for start, length in places]

    chosen = disjoint(finds)

    assert all(one.end <= two.start for one, two in pairwise(chosen))
    assert {place for found in chosen for place in range(found.start, found.end)} == {
        place for found in finds for place in range(found.start, found.end)
    }


def test_moved() -> None:
    assert moved([find(1, 2)], 10) == [find(11, 12)]


@pytest.mark.parametrize(
    ("edits", "text"),
    [
        ([], "0123456789"),
        ([Edit(0, 0, "x")], "x0123456789"),
        ([Edit(2, 4, "new")], "01new456789"),
        ([Edit(0, 1, ""), Edit(1, 2, "x"), Edit(9, 10, "end")], "x2345678end"),
    ],
)
def test_splice(edits: list[Edit], text: str) -> None:
    assert splice("0123456789", edits) == text


@pytest.mark.parametrize(
    ("lengths", "after"),
    [
        ([8], [11]),
        ([2, 6], [2, 9]),
        ([3, 5], [7, 4]),
        ([4, 4], [7, 4]),
        ([5, 3], [8, 3]),
        ([1, 1, 1, 1, 1, 3], [1, 1, 5, 0, 1, 3]),
        ([0, 8, 0], [0, 11, 0]),
    ],
)
def test_borders_move_with_the_text(lengths: list[int], after: list[int]) -> None:
    chunks = [(length, 7) for length in lengths]

    assert moved_chunks(chunks, "abXYefgh", [Edit(2, 4, "12345")], "utf-8") == [(length, 7) for length in after]


def test_borders_count_bytes() -> None:
    assert moved_chunks([(4, 1), (2, 2)], "öXöY", [Edit(1, 2, "é€"), Edit(3, 4, "")], "utf-8") == [(8, 1), (1, 2)]
    assert moved_chunks([(2, 1), (2, 2)], "öXöY", [Edit(1, 2, "abc")], "latin-1") == [(4, 1), (2, 2)]
