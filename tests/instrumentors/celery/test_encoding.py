"""What comes back from JSON is equal in value and type; what cannot is shown, and says so when it is needed."""

from __future__ import annotations

from collections import namedtuple
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from typing import Any
from uuid import UUID

import pytest
from celery import signature
from celery.result import AsyncResult
from hypothesis import given
from hypothesis import strategies as st
from kombu.utils import json as kombu

from services.memory_tasks import app
from timetracer.errors import ReplayError
from timetracer_instrumentors.celery.encoding import SHOWN, decoded, encoded

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.uuids()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
        | st.frozensets(st.integers())
    ),
    max_leaves=20,
)


class Colour(IntEnum):
    RED = 1


Point = namedtuple("Point", "x y")  # noqa: PYI024


class Money:
    def __init__(self, amount: int) -> None:
        self.amount = amount

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and other.amount == self.amount

    def __hash__(self) -> int:
        return self.amount


@pytest.fixture
def money(monkeypatch: pytest.MonkeyPatch) -> type[Money]:
    """Registered with kombu, as an app does it."""
    monkeypatch.setattr(kombu, "_encoders", dict(kombu._encoders))
    monkeypatch.setattr(kombu, "_decoders", dict(kombu._decoders))
    kombu.register_type(Money, "money", lambda value: {"amount": value.amount, "at": date(2026, 1, 2)}, unpacked)
    return Money


def unpacked(told: dict[str, Any]) -> Money:
    assert told["at"] == date(2026, 1, 2)
    return Money(told["amount"])


@given(VALUES)
def test_plain_values_come_back(value: Any) -> None:
    back = decoded(encoded(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone.utc),
        time(1, 2, 3),
        timedelta(days=-1, microseconds=1),
        Decimal("1.20"),
        UUID(int=7),
        {1: "a", (2, 3): "b"},
        {"$tuple": [1]},
        {"__type__": "x"},
        2**80,
    ],
)
def test_odd_ones_too(value: Any) -> None:
    assert decoded(encoded(value)) == value


def test_signatures_and_results_go_as_celery_sends_them() -> None:
    assert decoded(encoded(signature("add", (1, 2), app=app)))["args"] == [1, 2] or (1, 2)
    result = AsyncResult("one", app=app)
    assert decoded(encoded([result])) == [result.as_tuple()]


def test_types_that_the_app_has_registered_with_kombu(money: type[Money]) -> None:
    line = encoded({"price": money(3)})
    assert b'"__type__":"money"' in line
    assert decoded(line) == {"price": Money(3)}


def test_a_type_that_is_registered_there_and_not_here(money: type[Money], monkeypatch: pytest.MonkeyPatch) -> None:
    line = encoded([1, money(3)])
    monkeypatch.setitem(kombu._decoders, "money", None)
    with pytest.raises(ReplayError, match=r"\[1\] was recorded as a 'money' of kombu's, which cannot be built here"):
        decoded(line)


@pytest.mark.parametrize("value", [Colour.RED, Point(1, 2), object(), {1, Point(1, 2)}, {Point(1, 2): 1}, app, 1j])
def test_what_json_would_make_something_else_of_is_shown_and_not_built(value: Any) -> None:
    line = encoded({"args": [value]})
    assert SHOWN.encode() in line
    with pytest.raises(ReplayError, match=r"args\[0\] was recorded as .*register_type"):
        decoded(line)


def test_what_is_shown_tells_no_addresses() -> None:
    assert encoded(object()) == encoded(object())


def test_what_is_sent_is_what_the_serialiser_makes_of_it() -> None:
    assert decoded(encoded([Colour.RED, Point(1, 2)], exact=False)) == [1, [1, 2]]


def test_too_deep_to_be_told() -> None:
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    with pytest.raises(ReplayError):
        decoded(encoded(deep))


@pytest.mark.parametrize("line", [b"{", b'{"$nonsense":1}', b"\xff"])
def test_a_cassette_may_say_anything(line: bytes) -> None:
    with pytest.raises(ReplayError):
        decoded(line)


def test_nothing_is_nothing() -> None:
    assert decoded(None) is None
