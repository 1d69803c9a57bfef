"""Requests whose members stand in another order."""

from __future__ import annotations

import pytest

from timetracer.cassette.model import Exchange
from timetracer.errors import UnmatchedCall
from timetracer.replaying.calls import Asked, Candidate, Taken
from timetracer.replaying.fields import Parts
from timetracer.replaying.matching import Index

A, B, C, D = (f"{number}0000000-0000-4000-8000-000000000000" for number in "abcd")


def sorted_ids(parts: Parts) -> Parts | None:
    ids = str(parts["ids"])
    return {"ids": " ".join(sorted(ids.split()))} if " " in ids else None


def index(*requests: str, fact: bool = False) -> Index:
    found: list[Candidate] = []
    for order, ids in enumerate(requests):
        exchange = Exchange("toy", ids, {"ids": ids}, response={"said": order}, started=order + 1, ended=order + 1)
        exchange.fact = fact
        found.append(Candidate(exchange, {"ids": ids}, order=order, write=" " not in ids))
    return Index(found)


def ask(index: Index, ids: str) -> Taken:
    return index.take(Asked("toy", ids, {"ids": ids}, " " not in ids, in_one_order=sorted_ids))


def test_any_order_will_do() -> None:
    assert ask(index(f"{A} {B} {C}"), f"{C} {A} {B}").reasons == ()


def test_each_answers_once_and_those_in_the_same_order_come_first() -> None:
    recorded = index(f"{A} {B}", f"{B} {A}")
    assert ask(recorded, f"{B} {A}").exchange.response == {"said": 1}
    assert ask(recorded, f"{B} {A}").exchange.response == {"said": 0}
    with pytest.raises(UnmatchedCall):
        ask(recorded, f"{B} {A}")


def test_identifiers_that_a_write_brought_go_by_their_recorded_names() -> None:
    recorded = index(A, B, f"{A} {B}")
    ask(recorded, D)
    ask(recorded, C)
    taken = ask(recorded, f"{C} {D}")
    assert taken.exchange.response == {"said": 2}
    assert taken.reasons == ("generated identifier (request.ids)",)


def test_what_nobody_knows_is_other_data() -> None:
    recorded = index(A, f"{A} {B}")
    ask(recorded, A)
    with pytest.raises(UnmatchedCall):
        ask(recorded, f"{C} {A}")


def test_a_set_of_one_has_an_order() -> None:
    with pytest.raises(UnmatchedCall):
        index(f"{A} {B}").take(Asked("toy", "", {"ids": f"{B} {A}"}, False))
