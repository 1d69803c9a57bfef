"""Ticks and bars."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.terminal.axis import Axis, round_step

S, HOUR = 10**9, 3_600 * 10**9


@pytest.mark.parametrize(
    ("at_least", "step"),
    [
        (0, 1),
        (1, 1),
        (3, 5),
        (6, 10),
        (200_000, 200_000),
        (200_001, 500_000),
        (29 * S, 50 * S),
        (31 * S, 60 * S),
        (61 * S, 120 * S),
        (45 * 60 * S, HOUR),
        (25 * HOUR, 48 * HOUR),
        (100 * HOUR, 120 * HOUR),
    ],
)
def test_steps_are_round(at_least: int, step: int) -> None:
    assert round_step(at_least) == step


@pytest.mark.parametrize(
    ("length", "cells", "labels"),
    [
        (1_240_000_000, 50, "0       200 ms  400 ms  600 ms  800 ms  1 s"),
        (1_240_000_000, 14, "0          1 s"),
        (90_000, 30, "0       25 µs   50 µs    75 µs"),
        (400_000, 30, "0      100 µs  200 µs 300 µs"),
        (283_000_000, 16, "0         200 ms"),
        (2_100_000, 24, "0          1 ms     2 ms"),
        (119_000_000, 16, "0     50 ms"),
        (1_060_000, 36, "0            400 µs        800 µs"),
        (11_000_000, 20, "0      4 ms   8 ms"),
        (5_400_000, 30, "0          2 ms       4 ms"),
        (300 * S, 40, "0       1m00s   2m00s   3m00s   4m00s"),
        (0, 10, "0"),
        (3, 40, "0            1 ns         2 ns"),
    ],
)
def test_labels_stand_at_their_ticks(length: int, cells: int, labels: str) -> None:
    axis = Axis(10**18, length, cells)
    shown = axis.labels()
    assert shown.rstrip() == labels
    assert len(shown) == cells


@given(st.integers(10, 59 * S), st.integers(36, 300))
def test_where_the_width_allows_three_labels_tell_the_scale(length: int, cells: int) -> None:
    assert len(re.findall(r"\S+(?: [nµm]?s)?", Axis(0, length, cells).labels())) >= 3


@given(st.integers(0, 2**63), st.integers(1, 300))
def test_ticks_stay_on_the_axis_and_apart(length: int, cells: int) -> None:
    ticks = Axis(0, length, cells).ticks()
    places = [cell for cell, _ in ticks]
    assert ticks[0] == (0, 0)
    assert places == sorted(set(places))
    assert places[-1] < cells
    assert len(Axis(0, length, cells).labels()) == cells


@pytest.mark.parametrize(
    ("start", "end", "first", "drawn"),
    [
        (0, 80, 0, "██████████"),
        (0, 4, 0, "▌"),
        (0, 1, 0, "▏"),
        (0, 0, 0, "▏"),
        (8, 17, 1, "█▏"),
        (4, 16, 0, "▐█"),
        (7, 16, 0, "▕█"),
        (5, 6, 0, "▕"),
        (5, 8, 0, "▐"),
        (80, 80, 9, "▕"),
        (-50, 8, 0, "█"),
        (72, 900, 9, "█"),
        (16, 8, 2, "▏"),
    ],
)
def test_bars_are_drawn_to_the_eighth(start: int, end: int, first: int, drawn: str) -> None:
    assert Axis(1_000, 80, 10).bar(1_000 + start, 1_000 + end) == (first, drawn)


@pytest.mark.parametrize(
    ("start", "end", "first", "drawn"), [(0, 80, 0, "=" * 10), (8, 17, 1, "=="), (0, 1, 0, "|"), (80, 80, 9, "|")]
)
def test_ascii_bars_are_drawn_to_the_cell(start: int, end: int, first: int, drawn: str) -> None:
    assert Axis(0, 80, 10).bar(start, end, ascii_only=True) == (first, drawn)


@given(
    st.integers(0, 10**12),
    st.integers(1, 300),
    st.integers(-(10**12), 10**13),
    st.integers(-(10**12), 10**13),
    st.booleans(),
)
def test_every_bar_leaves_a_mark_inside_the_axis(
    length: int, cells: int, start: int, end: int, ascii_only: bool
) -> None:
    first, drawn = Axis(0, length, cells).bar(start, end, ascii_only=ascii_only)
    assert first >= 0
    assert drawn.strip() == drawn != ""
    assert first + len(drawn) <= cells
