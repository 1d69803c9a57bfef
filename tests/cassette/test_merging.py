"""Several recordings into one cassette, and one into its units of work."""

from __future__ import annotations

from timetracer.cassette.merging import merged, parted
from timetracer.cassette.model import Cassette, Exchange, Kind, Span


def span(number: int, parent: int = 0, kind: Kind = Kind.INTERNAL, *, start: int = 0, asked: bool = False) -> Span:
    exchange = Exchange("toy", f"GET {number}", {}) if asked else None
    above = f"{parent:016x}" if parent else ""
    return Span(f"s{number}", "1" * 32, f"{number:016x}", above, kind, start or number, exchange=exchange)


def request(number: int, parent: int = 0, **more: int) -> Span:
    return span(number, parent, Kind.SERVER, asked=True, **more)


def names(cassette: Cassette) -> list[str]:
    return [span.name for span in cassette.spans]


def test_spans_stand_in_the_order_of_their_start_each_once() -> None:
    first = Cassette([span(1), span(4), span(5)])
    second = Cassette([span(2), span(4)])
    assert names(merged([first, second])) == ["s1", "s2", "s4", "s5"]
    assert names(first) == ["s1", "s4", "s5"]


def test_what_was_recorded_last_of_a_span_counts() -> None:
    late = span(1)
    late.end = 9
    (kept,) = merged([Cassette([span(1)]), Cassette([late])]).spans
    assert kept is late


def test_it_is_named_as_the_first_and_has_the_versions_of_all() -> None:
    first = Cassette([], {"service.name": "shop"}, "first", {"python": "3.10", "httpx": "1"})
    second = Cassette([], {"service.name": "till"}, "second", {"python": "3.12", "redis": "5"})
    both = merged([first, second])
    assert (both.name, both.resource) == ("first", {"service.name": "shop"})
    assert both.versions == {"python": "3.12", "httpx": "1", "redis": "5"}


def test_one_alone_stays_what_it_is() -> None:
    one = Cassette([span(1), span(2)], {"a": 1}, "one", {"python": "3.12"})
    assert merged([one]) == one


def test_each_request_with_all_that_happened_in_it() -> None:
    whole = Cassette(
        [request(1), span(2, 1), request(3), span(4, 2), span(5, 3), span(6), span(7, 6)], {"a": 1}, "whole", {"b": "2"}
    )
    units, rest = parted(whole)
    assert [names(unit) for unit in units] == [["s1", "s2", "s4"], ["s3", "s5"]]
    assert names(rest) == ["s6", "s7"]
    for part in (*units, rest):
        assert (part.resource, part.name, part.versions) == (whole.resource, whole.name, whole.versions)


def test_a_request_within_a_request_is_part_of_it() -> None:
    (unit,), rest = parted(Cassette([span(1), request(2, 1), span(3, 2), request(4, 3), span(5, 4)]))
    assert names(unit) == ["s2", "s3", "s4", "s5"]
    assert names(rest) == ["s1"]


def test_a_server_span_without_an_exchange_is_no_request() -> None:
    units, rest = parted(Cassette([span(1, kind=Kind.SERVER), span(2, 1, Kind.CLIENT, asked=True)]))
    assert (units, names(rest)) == ([], ["s1", "s2"])


def test_a_child_may_stand_before_its_request() -> None:
    (unit,), _ = parted(Cassette([span(2, 1, start=1), request(1, start=2)]))
    assert names(unit) == ["s2", "s1"]


def test_a_parent_elsewhere_or_in_a_circle_does_no_harm() -> None:
    (unit,), rest = parted(Cassette([request(1, 99), span(2, 3), span(3, 2), span(4, 4)]))
    assert (names(unit), names(rest)) == (["s1"], ["s2", "s3", "s4"])


def test_parting_and_merging_again_changes_nothing() -> None:
    whole = Cassette([request(1), span(2, 1), span(3), request(4)], name="whole")
    units, rest = parted(whole)
    assert merged([*units, rest]) == whole


def test_nothing_has_no_parts() -> None:
    assert parted(Cassette()) == ([], Cassette())
