"""A person going through a trace."""

from __future__ import annotations

import pytest

import recordings
from analysis.trees import span, trace
from timetracer.analysis.browsing import Browser
from timetracer.analysis.query import parsed
from timetracer.analysis.span_query import FIELDS
from timetracer.analysis.trace import Trace
from timetracer.analysis.underway import standing
from timetracer.cassette.model import Cassette


def at(browser: Browser) -> int:
    assert browser.row
    return browser.row.number


def numbers(browser: Browser) -> list[int]:
    return [row.number for row in browser.rows]


@pytest.fixture
def browser(order: Cassette) -> Browser:
    return Browser(Trace(order))


def test_the_cursor_stays_among_the_rows(browser: Browser) -> None:
    browser.move(-3)
    assert at(browser) == 1
    browser.move(100)
    assert at(browser) == 9


def test_folding_and_unfolding(browser: Browser) -> None:
    browser.move(2)
    browser.fold()
    assert (numbers(browser), at(browser)) == ([1, 2, 3, 6, 7, 8, 9], 3)
    browser.unfold()
    assert (len(browser.rows), at(browser)) == (9, 3)
    browser.unfold()
    assert at(browser) == 4  # unfolded already: down to the first child
    browser.fold()
    assert at(browser) == 3  # nothing to fold: up to the parent


def test_all_at_once(browser: Browser) -> None:
    browser.move(4)
    browser.fold_all()
    assert (numbers(browser), at(browser)) == ([1], 1)
    browser.unfold_all()
    assert len(browser.rows) == 9


def test_level_by_level(browser: Browser) -> None:
    browser.to_level(-1)
    assert numbers(browser) == [1, 2, 3, 6, 8, 9]
    browser.to_level(-1)
    assert numbers(browser) == [1]
    browser.to_level(-1)
    assert numbers(browser) == [1]
    browser.to_level(1)
    assert numbers(browser) == [1, 2, 3, 6, 8, 9]


def test_a_group_opens_and_closes(basket: Cassette) -> None:
    browser = Browser(Trace(basket))
    browser.move(2)
    browser.unfold()
    assert numbers(browser) == [1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert browser.cursor == 2
    browser.move(3)
    browser.fold()
    assert browser.cursor == 2  # from a member to its group
    browser.fold()
    assert numbers(browser) == [1, 2, 3, 10, 11]


def test_errors_are_gone_through_in_turn(browser: Browser) -> None:
    found: list[int] = []
    for _ in range(4):
        assert browser.next_error()
        found.append(at(browser))
    assert found == [6, 7, 1, 6]


def test_an_error_that_is_folded_away_is_unfolded(browser: Browser) -> None:
    browser.fold_all()
    browser.next_error()
    browser.next_error()
    assert at(browser) == 7
    assert 4 not in numbers(browser)  # what has nothing to do with it stays folded


def test_without_errors_the_cursor_stays() -> None:
    browser = Browser(trace(span("a"), span("b", "a")))
    browser.move(1)
    assert not browser.next_error()
    assert at(browser) == 2


def test_searching_goes_into_payloads_and_groups(basket: Cassette) -> None:
    browser = Browser(Trace(basket))
    assert browser.search("A-4")
    assert at(browser) == 7
    assert browser.search("prices:9000")
    assert at(browser) == 10
    assert not browser.search("nowhere")
    assert at(browser) == 10


def test_the_next_and_the_one_before(browser: Browser) -> None:
    browser.search("httpx")
    assert at(browser) == 4
    browser.search_next()
    assert at(browser) == 5
    browser.search_next(backwards=True)
    assert at(browser) == 4


def test_where_the_cursor_stands_among_what_is_found(browser: Browser) -> None:
    browser.search("httpx")
    assert browser.standing() == (1, 4)
    browser.search_next()
    assert browser.standing() == (2, 4)
    browser.filter(parsed("lib:httpx status:404", FIELDS))
    assert browser.standing() == (1, 1)
    browser.filter(None)
    browser.go_to(1)
    assert browser.standing() == (0, 4)


def test_a_filter_shows_matches_with_what_they_are_in(browser: Browser) -> None:
    browser.move(3)
    browser.filter(parsed("status:404", FIELDS))
    assert (numbers(browser), at(browser), browser.matches) == ([1, 3, 5], 3, {5})
    assert not browser.only_matches()
    assert len(browser.rows) == 9
    browser.filter(None)
    assert browser.matches is None


def test_a_filter_that_nothing_matches_leaves_nothing(browser: Browser) -> None:
    browser.filter(parsed("bananas", FIELDS))
    assert (browser.rows, browser.row) == ([], None)
    for key in (
        browser.fold,
        browser.unfold,
        browser.fold_all,
        browser.zoom_on_row,
        browser.next_error,
        lambda: browser.move(1),
    ):
        key()
    browser.zoom(0.5)
    assert not browser.search("httpx")
    browser.filter(None)
    assert len(browser.rows) > 0


def test_errors_that_do_not_match_are_passed_by(browser: Browser) -> None:
    browser.filter(parsed("lib:httpx", FIELDS))
    browser.next_error()
    assert at(browser) == 7
    browser.next_error()
    assert at(browser) == 7


def test_siblings_are_sorted_and_the_cursor_stays_on_its_span(browser: Browser) -> None:
    browser.move(1)
    assert browser.sort() == "duration"
    assert (numbers(browser)[:2], at(browser)) == ([1, 6], 2)
    assert [browser.sort() for _ in range(3)] == ["self", "name", "start"]


def test_zooming_is_around_the_row(browser: Browser) -> None:
    browser.move(6)
    browser.zoom(0.25)
    window = browser.window
    assert window.start < browser.trace.by_number[7].span.start + 300_000_000 < window.start + window.length
    browser.zoom_on_row()
    assert browser.window.length == pytest.approx(599_000_000 * 1.1, rel=0.01)


def underway(now: int) -> Trace:
    return standing(recordings.order_underway(), recordings.BEGAN + now * recordings.MS)


def test_a_trace_that_grows_is_shown_as_before(order: Cassette) -> None:
    browser = Browser(underway(400))
    browser.go_to(3)
    browser.fold()
    browser.filter(parsed("kind:internal", FIELDS))
    browser.only_matches()
    browser.go_to(6)
    browser.renew(underway(900))
    assert at(browser) == 6
    assert browser.window.length == 900 * recordings.MS
    assert 4 not in numbers(browser)
    assert browser.matches == {2, 3, 6}
    browser.renew(Trace(order))
    assert at(browser) == 6
    assert 4 not in numbers(browser)
    assert browser.search("charges")
    assert at(browser) == 7


def test_a_span_that_is_gone_leaves_the_cursor_on_the_first(order: Cassette) -> None:
    browser = Browser(Trace(order))
    browser.go_to(9)
    browser.renew(underway(400))
    assert at(browser) == 1


def test_a_trace_that_grows_leaves_the_cursor_on_a_group(basket: Cassette) -> None:
    browser = Browser(Trace(basket))
    browser.move(2)
    row = browser.row
    assert row is not None
    assert row.repeat is not None
    browser.renew(Trace(basket))
    assert browser.row is not None
    assert browser.row.repeat is not None
    assert browser.row.number == row.number
