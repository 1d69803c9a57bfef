"""Repeated siblings."""

from __future__ import annotations

from analysis.trees import MS, span, trace
from timetracer.analysis.repeats import Repeat
from timetracer.cassette.model import Kind, Span, Status


def asked(number: int, at: float, took: float = 1, sql: str = "SELECT * FROM orders WHERE id = {}") -> Span:
    return span(f"q{number}", "a", at, at + took, Kind.CLIENT, db_statement=sql.format(number))


def items(*spans: Span) -> list[str]:
    made = trace(span("a", end=100), *spans)
    return [
        f"{item.title} x{len(item.members)}" if isinstance(item, Repeat) else item.span.name
        for item in made.below(made.roots[0])
    ]


def repeat(*spans: Span) -> Repeat:
    made = trace(span("a", end=100), *spans)
    (item,) = made.below(made.roots[0])
    assert isinstance(item, Repeat)
    return item


def test_five_that_differ_in_values_only_are_one() -> None:
    assert items(*(asked(number, number * 2) for number in range(5))) == ["SELECT orders x5"]
    assert len(items(*(asked(number, number * 2) for number in range(4)))) == 4


def test_what_stands_between_them_keeps_its_place() -> None:
    others = [span("before", "a", 0), span("between", "a", 5)]
    assert items(*others, *(asked(number, 1 + number * 2) for number in range(5))) == [
        "before",
        "SELECT orders x5",
        "between",
    ]


def test_calls_one_after_another_are_n_plus_one() -> None:
    assert repeat(*(asked(number, number * 2) for number in range(5))).n_plus_one


def test_calls_at_once_are_not() -> None:
    assert not repeat(*(asked(number, number) for number in range(4)), asked(4, 3.5)).n_plus_one


def test_work_inside_the_process_is_not() -> None:
    spans = [span("step 1", "a", number * 2, number * 2 + 1) for number in range(5)]
    assert not repeat(*spans).n_plus_one


def test_it_says_how_long_and_how_many_failed() -> None:
    spans = [asked(number, number * 2) for number in range(5)]
    spans[3].status = Status.ERROR
    made = repeat(*spans)
    assert (made.total, made.failed, made.number) == (5 * MS, 1, 2)
