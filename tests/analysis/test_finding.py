"""Incremental search."""

from __future__ import annotations

import pytest

from timetracer.analysis.finding import Finder
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette


@pytest.mark.parametrize(
    ("pattern", "after", "found"),
    [
        ("QUOTE", None, 5),
        ("quote", 5, 5),
        ("httpx", 4, 5),
        ("httpx", 8, 4),
        ("payment failed", 3, 1),
        ("nowhere", 1, None),
        ("", 1, None),
    ],
)
def test_the_next(order: Cassette, pattern: str, after: int | None, found: int | None) -> None:
    assert Finder(Trace(order)).next(pattern, after) == found


def test_all_that_have_it(order: Cassette) -> None:
    finder = Finder(Trace(order))
    assert finder.all("HTTPX") == [4, 5, 7, 8]
    assert finder.all("httpx") == [4, 5, 7, 8]
    assert finder.all("nowhere") == []


def test_the_one_before(order: Cassette) -> None:
    finder = Finder(Trace(order))
    assert finder.next("httpx", 5, backwards=True) == 4
    assert finder.next("httpx", 4, backwards=True) == 8


def test_while_typing_the_cursor_stays_if_it_can(order: Cassette) -> None:
    finder = Finder(Trace(order))
    assert finder.next("h", 5, itself=True) == 5
    assert finder.next("htt", 5, itself=True) == 5
    assert finder.next("payment", 5, itself=True) == 6


def test_what_is_hidden_does_not_count(order: Cassette) -> None:
    assert Finder(Trace(order)).next("httpx", 4, within={1, 7}) == 7


def test_texts_are_read_ahead(order: Cassette) -> None:
    finder = Finder(Trace(order))
    assert finder.read_some(8)
    assert not finder.read_some(8)
    assert finder.next("quote", None) == 5


def test_nothing_is_found_in_nothing() -> None:
    assert Finder(Trace(Cassette())).next("a", None) is None
