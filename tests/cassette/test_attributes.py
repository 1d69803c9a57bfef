"""OTLP attributes there and back, and those of others."""

from __future__ import annotations

import math
from typing import Any

import pytest

from timetracer.cassette import attributes
from timetracer.cassette.places import Wrong

WRITTEN: list[tuple[Any, dict[str, Any]]] = [
    ("text", {"stringValue": "text"}),
    ("", {"stringValue": ""}),
    (True, {"boolValue": True}),
    (7, {"intValue": "7"}),
    (-(2**63), {"intValue": "-9223372036854775808"}),
    (2**63 - 1, {"intValue": "9223372036854775807"}),
    (0.5, {"doubleValue": 0.5}),
    (math.inf, {"doubleValue": "Infinity"}),
    (-math.inf, {"doubleValue": "-Infinity"}),
    (b"\0\xff", {"bytesValue": "AP8="}),
    (None, {}),
    ([], {"arrayValue": {"values": []}}),
    (["a", [1]], {"arrayValue": {"values": [{"stringValue": "a"}, {"arrayValue": {"values": [{"intValue": "1"}]}}]}}),
    ({"a": None}, {"kvlistValue": {"values": [{"key": "a", "value": {}}]}}),
]


@pytest.mark.parametrize(("value", "written"), WRITTEN)
def test_there_and_back(value: Any, written: dict[str, Any]) -> None:
    assert attributes.write({"a": value}) == [{"key": "a", "value": written}]
    found = attributes.read([{"key": "a", "value": written}])
    assert found == {"a": value}
    assert type(found["a"]) is type(value)


def test_nan() -> None:
    assert attributes.write({"a": math.nan}) == [{"key": "a", "value": {"doubleValue": "NaN"}}]
    assert math.isnan(attributes.read([{"key": "a", "value": {"doubleValue": "NaN"}}])["a"])  # type: ignore[arg-type]


def test_tuples_are_lists_as_opentelemetry_hands_them_out() -> None:
    assert attributes.write({"a": ("b",)}) == attributes.write({"a": ["b"]})


def test_more_than_64_bits_stay_readable_as_text() -> None:
    assert attributes.write({"a": 2**64}) == [{"key": "a", "value": {"stringValue": "0x10000000000000000"}}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"intValue": 7}, 7),
        ({"intValue": "-7"}, -7),
        ({"doubleValue": 1}, 1.0),
        ({"arrayValue": {}}, []),
        ({"kvlistValue": {}}, {}),
        (None, None),
        ({"fromTheFuture": 1, "stringValue": "known"}, "known"),
    ],
)
def test_what_others_write(value: Any, expected: Any) -> None:
    assert attributes.read([{"key": "a", "value": value, "more": 1}]) == {"a": expected}


def test_a_value_may_be_left_out_and_the_last_of_equal_keys_counts() -> None:
    assert attributes.read([{"key": "a"}]) == {"a": None}
    assert attributes.read([{"key": "a", "value": {"boolValue": True}}, {"key": "a"}]) == {"a": None}
    assert attributes.read(None) == {}


@pytest.mark.parametrize(
    ("items", "place"),
    [
        ({}, "attributes"),
        ("a", "attributes"),
        ([1], "attributes[0]"),
        ([{"key": "a"}, None], "attributes[1]"),
        ([{"value": {}}], "attributes[0]"),
        ([{"key": 1}], "attributes[0]"),
        ([{"key": []}], "attributes[0]"),
        ([{"key": "a", "value": "b"}], "attributes[0]"),
        ([{"key": "a", "value": [1]}], "attributes[0]"),
        ([{"key": "a", "value": 1}], "attributes[0]"),
        ([{"key": "a", "value": {"fromTheFuture": 1}}], "attributes[0]"),
        ([{"key": "a", "value": {"stringValue": 1}}], "attributes[0]"),
        ([{"key": "a", "value": {"boolValue": "true"}}], "attributes[0]"),
        ([{"key": "a", "value": {"intValue": "seven"}}], "attributes[0]"),
        ([{"key": "a", "value": {"intValue": "1-2"}}], "attributes[0]"),
        ([{"key": "a", "value": {"intValue": "9" * 21}}], "attributes[0]"),
        ([{"key": "a", "value": {"intValue": "٣"}}], "attributes[0]"),
        ([{"key": "a", "value": {"intValue": True}}], "attributes[0]"),
        ([{"key": "a", "value": {"intValue": 1e30}}], "attributes[0]"),
        ([{"key": "a", "value": {"doubleValue": "wide"}}], "attributes[0]"),
        ([{"key": "a", "value": {"doubleValue": True}}], "attributes[0]"),
        ([{"key": "a", "value": {"bytesValue": "*"}}], "attributes[0]"),
        ([{"key": "a", "value": {"bytesValue": 1}}], "attributes[0]"),
        ([{"key": "a", "value": {"bytesValue": "é"}}], "attributes[0]"),
        ([{"key": "a", "value": {"arrayValue": []}}], "attributes[0]"),
        ([{"key": "a", "value": {"arrayValue": {"values": {}}}}], "attributes[0]"),
        ([{"key": "a", "value": {"arrayValue": {"values": [1]}}}], "attributes[0]"),
        ([{"key": "a", "value": {"kvlistValue": []}}], "attributes[0]"),
        ([{"key": "a", "value": {"kvlistValue": {"values": [{}]}}}], "attributes[0].values[0]"),
    ],
)
def test_what_is_damaged_says_where(items: Any, place: str) -> None:
    with pytest.raises(Wrong) as caught:
        attributes.read(items)
    assert caught.value.place == place
    assert len(caught.value.problem) < 150


def nested(levels: int) -> Any:
    value: Any = "a"
    for _ in range(levels):
        value = [value]
    return value


def test_depth_is_bounded_on_both_ways() -> None:
    deepest = {"a": nested(attributes.DEPTH - 1)}
    assert attributes.read(attributes.write(deepest)) == deepest
    with pytest.raises(ValueError, match="deeper than 32"):
        attributes.write({"a": nested(attributes.DEPTH + 1)})
    value: dict[str, Any] = {"stringValue": "a"}
    for _ in range(300):
        value = {"arrayValue": {"values": [value]}}
    with pytest.raises(Wrong, match="deeper than 32"):
        attributes.read([{"key": "a", "value": value}])
