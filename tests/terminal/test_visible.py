"""Hostile text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from timetracer.terminal.visible import clip, fit, visible, visible_lines

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("plain", "plain"),
        ("", ""),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]8;;http://evil\x07link", "\\x1b]8;;http://evil\\x07link"),
        ("\x9b2J", "\\x9b2J"),
        ("one\ntwo\r\tthree", "one\\ntwo\\r\\tthree"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("line\u2028separator", "line\\u2028separator"),
        ("half \ud800", "half \\ud800"),
        ("no\xa0break", "no\\xa0break"),
        ("naïve 日本 🎉", "naïve 日本 🎉"),
        ("[bold red]markup[/] :smile:", "[bold red]markup[/] :smile:"),
    ],
)
def test_what_does_not_print_is_escaped(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


def test_ascii_only_escapes_everything_else() -> None:
    assert visible("naïve 日 🎉", ascii_only=True) == "na\\xefve \\u65e5 \\U0001f389"


@given(ANY_TEXT, st.booleans())
def test_shown_text_prints_in_any_terminal(text: str, ascii_only: bool) -> None:
    shown = visible(text, ascii_only=ascii_only)
    assert shown.isprintable()
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in shown)
    shown.encode("ascii" if ascii_only else "utf-8")


def test_text_beyond_the_limit_is_counted() -> None:
    assert visible("x" * 10_000_000, limit=5) == "xxxxx [9,999,995 more characters]"


def test_lines_end_at_line_feeds_and_tabs_are_spread() -> None:
    assert visible_lines("a\r\n\tb\n\x1b[1mc\rd\n", limit=100) == ["a", "    b", "\\x1b[1mc\\rd", ""]


def test_lines_end_at_the_limit() -> None:
    assert visible_lines("ab\ncd\nef", limit=4) == ["ab", "c"]


@pytest.mark.parametrize(
    ("text", "cells", "ascii_only", "shown"),
    [
        ("short", 5, False, "short"),
        ("longer", 5, False, "long…"),
        ("longer", 5, True, "lon.."),
        ("日本語", 6, False, "日本語"),
        ("日本語", 5, False, "日本…"),
        ("日本語", 4, False, "日 …"),
        ("longer", 1, True, "l"),
        ("longer", 1, False, "…"),
        ("longer", 0, False, ""),
    ],
)
def test_clipping_counts_cells(text: str, cells: int, ascii_only: bool, shown: str) -> None:
    assert clip(text, cells, ascii_only=ascii_only) == shown


@given(ANY_TEXT, st.integers(0, 30), st.booleans(), st.booleans())
def test_fitted_text_has_just_that_width(text: str, cells: int, ascii_only: bool, right: bool) -> None:
    shown = fit(visible(text, ascii_only=ascii_only), cells, ascii_only=ascii_only, right=right)
    assert cell_len(shown) == cells


def test_fitting_pads_on_the_side_asked_for() -> None:
    assert (fit("ab", 4), fit("ab", 4, right=True)) == ("ab  ", "  ab")
