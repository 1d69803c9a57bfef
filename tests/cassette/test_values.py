"""Plain values go through one line of JSON and come back equal, in value and type."""

from __future__ import annotations

import enum
import math
from collections import OrderedDict, namedtuple
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given

from cassette.worlds import ONE_OF_EACH, plain_values
from timetracer.cassette import values


class Colour(enum.IntEnum):
    RED = 1


class Word(str, enum.Enum):
    YES = "yes"


class Stamp(datetime):
    pass


Point = namedtuple("Point", "x y")  # noqa: PYI024


def typed(value: Any) -> Any:
    """The value with the type of each part, as ``True == 1 == 1.0`` and ``[1] != (1,)`` say too little."""
    if isinstance(value, (list, tuple)):
        return type(value), [typed(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return type(value), sorted(str(typed(item)) for item in value)
    if isinstance(value, dict):
        return dict, [(typed(key), typed(item)) for key, item in value.items()]
    return type(value), str(value), value


@given(plain_values())
def test_every_plain_value_comes_back_equal_in_value_and_type(value: Any) -> None:
    text = values.dumps(value)
    assert "\n" not in text
    assert typed(values.loads(text)) == typed(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"status": 200, "headers": [["a", "b"]]}, '{"status":200,"headers":[["a","b"]]}'),
        (2**64 - 1, "18446744073709551615"),
        (2**64, '{"$int":"18446744073709551616"}'),
        (-(2**63) - 1, '{"$int":"-9223372036854775809"}'),
        (1 << 8192, '{"$int":"0x1' + "0" * 2048 + '"}'),
        (math.inf, '{"$float":"inf"}'),
        ("\ud800é", '{"$str":"\\"\\\\ud800\\\\u00e9\\""}'),
        ("größe", '"größe"'),
        (b"\0\xff", '{"$bytes":"AP8="}'),
        (Decimal("1.20"), '{"$decimal":"1.20"}'),
        (datetime(2026, 11, 23, 13, 36, tzinfo=timezone.utc), '{"$datetime":"2026-11-23T13:36:00+00:00"}'),
        (date(2026, 11, 23), '{"$date":"2026-11-23"}'),
        (time(13, 36), '{"$time":"13:36:00"}'),
        (timedelta(days=1, microseconds=-1), '{"$timedelta":"86399.999999"}'),
        (timedelta(microseconds=-1), '{"$timedelta":"-0.000001"}'),
        (UUID(int=1), '{"$uuid":"00000000-0000-0000-0000-000000000001"}'),
        ((1, (2,)), '{"$tuple":[1,{"$tuple":[2]}]}'),
        ({"b", "a"}, '{"$set":["a","b"]}'),
        (frozenset([2, 1]), '{"$frozenset":[1,2]}'),
        ({"$set": 1, "$$x": 2, "x$": 3}, '{"$$set":1,"$$$x":2,"x$":3}'),
        ({"$int": "7"}, '{"$$int":"7"}'),
        ({1: "a", "$b": None}, '{"$dict":[[1,"a"],["$b",null]]}'),
        ({"\ud800": 1}, '{"$dict":[[{"$str":"\\"\\\\ud800\\""},1]]}'),
    ],
)
def test_how_it_is_written(value: Any, text: str) -> None:
    assert values.dumps(value) == text
    assert typed(values.loads(text)) == typed(value)


def test_nan_comes_back_as_nan() -> None:
    assert math.isnan(values.loads(values.dumps(math.nan)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Colour.RED, 1),
        (Word.YES, "yes"),
        (Point(1, [2]), (1, [2])),
        (OrderedDict(a=1), {"a": 1}),
        (Stamp(2026, 1, 2), datetime(2026, 1, 2)),
        (type("Text", (str,), {})("x"), "x"),
        (type("Ratio", (float,), {})(0.5), 0.5),
        (type("Blob", (bytes,), {})(b"x"), b"x"),
        (datetime(2026, 7, 1, tzinfo=ZoneInfo("UTC")), datetime(2026, 7, 1, tzinfo=timezone.utc)),
    ],
)
def test_a_subclass_is_written_as_its_plain_base(value: Any, plain: Any) -> None:
    assert typed(values.loads(values.dumps(value))) == typed(plain)


@pytest.mark.parametrize("value", [object(), bytearray(b"x"), {"a": [1j]}, (math,), {"a": {"b": len}}])
def test_what_is_not_plain_is_refused_by_its_type(value: Any) -> None:
    with pytest.raises(ValueError, match=r"\w+\.\w+ is not a plain value"):
        values.dumps(value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"$pickle":"gASVAAAA"}', "unknown tag '\\$pickle'"),
        ('{"$int":"1","b":2}', "unknown tag '\\$int'"),
        ('[{"a":{"$set":1}}]', "\\$set takes a list, not 1"),
        ('{"$decimal":1.5}', "\\$decimal takes a str"),
        ('{"$decimal":"one"}', "\\$decimal cannot be 'one'"),
        ('{"$uuid":"7"}', "\\$uuid cannot be '7'"),
        ('{"$int":"1_000"}', "\\$int cannot be"),
        ('{"$int":"' + "9" * 5000 + '"}', "\\$int cannot be"),
        ('{"$float":"1.5"}', "\\$float cannot be"),
        ('{"$bytes":"A*=="}', "\\$bytes cannot be"),
        ('{"$str":"[1]"}', "\\$str cannot be"),
        ('{"$datetime":"yesterday"}', "\\$datetime cannot be"),
        ('{"$timedelta":"1e999999999"}', "\\$timedelta cannot be"),
        ('{"$timedelta":"99999999999999.000000"}', "\\$timedelta cannot be"),
        ('{"$set":[[1]]}', "\\$set cannot be .* unhashable"),
        ('{"$dict":[[1]]}', "\\$dict cannot be"),
        ('{"$dict":[[[],1]]}', "\\$dict cannot be .* unhashable"),
        ("[1,", "line 1 column 4"),
        ('"\\ud800"', "surrogate"),
        ("NaN", "line 1 column 1"),
    ],
)
def test_what_dumps_never_wrote_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        values.loads(text)


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_depth_is_bounded_on_both_ways() -> None:
    deepest = nested(values.DEPTH)
    assert values.loads(values.dumps(deepest)) == deepest
    with pytest.raises(ValueError, match="deeper than 200"):
        values.dumps(nested(values.DEPTH + 1))
    for text in ("[" * 201 + "]" * 201, "[" * 1000 + "]" * 1000, "[" * 100_000, '{"$tuple":[' * 150 + "]}" * 150):
        with pytest.raises(ValueError, match=r"deeper than 200|depth limit"):
            values.loads(text)


@pytest.mark.parametrize("wrap", [lambda value: (value,), lambda value: {1: value}, lambda value: {"a": value}])
def test_what_tags_add_counts_as_depth_so_that_all_that_is_written_can_be_read(wrap: Any) -> None:
    value: Any = 1
    for _ in range(values.DEPTH):
        value = wrap(value)
        try:
            text = values.dumps(value)
        except ValueError:
            return
        assert orjson.dumps(orjson.loads(text)).decode() == text
        values.loads(text)
    assert values.loads(values.dumps(value)) == value


@pytest.mark.parametrize("pattern", ['{"$set":[%s]}', '{"$frozenset":[%s]}', '{"$dict":[%s]}'])
def test_members_that_were_chosen_to_collide_are_refused_at_once(pattern: str) -> None:
    members = [values.dumps(number * (2**61 - 1)) for number in range(200_000)]
    if "dict" in pattern:
        members = [f"[{member},0]" for member in members]
    with pytest.raises(ValueError, match="too many members have the same hash"):
        values.loads(pattern % ",".join(members))
    assert len(values.loads(pattern % ",".join(members[:900]))) == 900  # type: ignore[arg-type]


def test_large_sets_are_fine() -> None:
    large = set(range(5000))
    assert values.loads(values.dumps(large)) == large  # type: ignore[arg-type]


def test_many_brackets_are_not_deep() -> None:
    wide = [[str(number), "[{"] for number in range(500)]
    assert values.loads(values.dumps(wide)) == wide


def test_sets_are_written_in_a_stable_order() -> None:
    one, other = {"b", 1, (2, "x"), None}, {None, (2, "x"), 1, "b"}
    assert values.dumps(one) == values.dumps(other)


def test_one_of_each_in_one_value() -> None:
    assert typed(values.loads(values.dumps(ONE_OF_EACH))) == typed(ONE_OF_EACH)
