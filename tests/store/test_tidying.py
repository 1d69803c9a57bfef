"""Which cassettes can go."""

from __future__ import annotations

from store.units import unit
from timetracer.cassette.model import Cassette
from timetracer.store.entry import Entry, describe
from timetracer.store.tidying import old, repeated


def entry(cassette: Cassette, name: str) -> Entry:
    return describe(cassette, name, "unit", 1)


def test_old_ones() -> None:
    entries = [entry(unit(0), str(number))._replace(start=number, error=number == 1) for number in range(4)]
    assert [each.name for each in old(entries, 3, keep_errors=False)] == ["0", "1", "2"]
    assert [each.name for each in old(entries, 3, keep_errors=True)] == ["0", "2"]


def later(cassette: Cassette, by: int) -> Cassette:
    for span in cassette.spans:
        span.start, span.end = span.start + by, span.end + by
    return cassette


def test_of_those_that_say_the_same_the_newest_is_kept() -> None:
    first, second, other = unit(1), later(unit(1), 10**9), unit(2)
    changed = later(unit(1), 2 * 10**9)
    assert changed.spans[1].exchange
    changed.spans[1].exchange.response_body = b"another answer"
    named = {"first": first, "second": second, "other": other, "changed": changed}
    found = repeated((entry(cassette, name), cassette) for name, cassette in named.items())
    assert [(gone.name, kept.name) for gone, kept in found] == [("first", "second")]
