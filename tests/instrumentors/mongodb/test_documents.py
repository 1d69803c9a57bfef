"""Documents as Extended JSON, and as the same bytes again."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from struct import unpack
from typing import Any
from uuid import UUID

import orjson
import pytest
from bson import Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp, encode
from bson.binary import Binary
from bson.datetime_ms import DatetimeMS
from bson.raw_bson import RawBSONDocument
from hypothesis import example, given
from hypothesis import strategies as st

from timetracer_instrumentors.mongodb import documents
from timetracer_instrumentors.mongodb.documents import Unreadable
from wires.mongodb.operations import EVERYTHING

names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**63), 2**63 - 1).map(Int64),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(),
    st.builds(Binary, st.binary(), st.sampled_from([2, 3, 5, 9, 128])),
    st.uuids().map(lambda one: Binary(one.bytes, 4)),
    st.binary(min_size=12, max_size=12).map(ObjectId),
    st.integers(-(2**63), 2**63 - 1).map(DatetimeMS),
    st.builds(Timestamp, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.decimals(allow_nan=False, places=3, min_value=-(10**9), max_value=10**9).map(Decimal128),
    st.binary(min_size=16, max_size=16).map(Decimal128.from_bid),
    st.builds(Regex, names, st.integers(0, 127)),
    st.builds(Code, names),
    st.sampled_from([MinKey(), MaxKey()]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(names, st.sampled_from(["$oid", "$set", "$date", "$scope"])), inner, max_size=4),
        st.builds(DBRef, names, inner),
    ),
    max_leaves=12,
)


@given(st.dictionaries(names, values, max_size=6))
@example(EVERYTHING)
@example({"a": -0.0, "b": 1e300, "c": 5e-324, "d": float("-inf")})
@example({"quiet": float("nan"), "with a payload": unpack("<d", bytes.fromhex("010000000000f87f"))[0]})
@example({"": {"": [[], {}]}, "$date": {"$numberLong": "1"}})
def test_every_document_becomes_the_same_bytes_again(document: dict[str, Any]) -> None:
    raw = encode(document)
    assert documents.encoded(documents.readable(raw)) == [raw]


@given(st.binary(max_size=60))
def test_bytes_that_are_no_document_stay_what_they_are(raw: bytes) -> None:
    told = documents.readable(raw)
    assert told == raw or documents.encoded(told) == [raw]


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_what_is_no_extended_json_is_one_error(body: bytes) -> None:
    with suppress(Unreadable):
        documents.encoded(body)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (7, b"7"),
        (Int64(7), b'{"$numberLong":"7"}'),
        (2.0, b"2.0"),
        (float("nan"), b'{"$numberDouble":"NaN"}'),
        (ObjectId("65f0c0ffee65f0c0ffee65f0"), b'{"$oid":"65f0c0ffee65f0c0ffee65f0"}'),
        (datetime(2026, 1, 31, 12, 0, tzinfo=timezone.utc), b'{"$date":"2026-01-31T12:00:00.000Z"}'),
        (DatetimeMS(-1), b'{"$date":{"$numberLong":"-1"}}'),
        (b"\0\1", b'{"$binary":{"base64":"AAE=","subType":"00"}}'),
        (Binary(UUID(int=1).bytes, 4), b'{"$uuid":"00000000-0000-0000-0000-000000000001"}'),
        (Decimal128("1.20"), b'{"$numberDecimal":"1.20"}'),
        (Regex("^a", re.IGNORECASE), b'{"$regularExpression":{"pattern":"^a","options":"i"}}'),
        (Timestamp(1, 2), b'{"$timestamp":{"t":1,"i":2}}'),
        (Code("x", {"y": 1}), b'{"$code":"x","$scope":{"y":1}}'),
        (MinKey(), b'{"$minKey":1}'),
    ],
)
def test_values_are_spelled_as_extended_json_has_them(value: Any, spelled: bytes) -> None:
    assert documents.readable(encode({"v": value})) == b'{"v":%s}' % spelled


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\x13\0\0\0\x10a\0\1\0\0\0\x10a\0\2\0\0\0\0", id="one name twice"),
        pytest.param(b"\x0e\0\0\0\x0ea\0\2\0\0\0x\0\0", id="a symbol"),
        pytest.param(encode({"a": {"$oid": "not an identifier"}}), id="a name that means something"),
        pytest.param(encode({"a": Decimal128.from_bid(b"\xff" * 15 + b"\x6f")}), id="a decimal of another spelling"),
    ],
)
def test_what_would_not_come_back_stays_bson(raw: bytes) -> None:
    assert documents.readable(raw) == raw
    assert documents.encoded(raw) == [raw]
    assert documents.encoded(documents.readable_all([encode({"b": 1}), raw])) == [encode({"b": 1}), raw]


def test_several_are_a_list() -> None:
    raws = [encode({"n": n}) for n in range(3)]
    assert documents.readable_all(raws) == b'[{"n":0},{"n":1},{"n":2}]'
    assert documents.encoded(documents.readable_all(raws)) == raws
    assert documents.encoded(documents.readable_all([])) == []


def test_a_command_is_told_without_what_does_not_say_what_is_asked() -> None:
    sent = encode({"insert": "items", "lsid": {"id": 1}, "$db": "shop", "ordered": True})
    rows = [{"_id": 1}, {"_id": 2}]
    asked = documents.command(sent, [("documents", b"".join(map(encode, rows)))], {"lsid", "$db"})
    assert asked == ("insert", "shop", "items", b'{"insert":"items","ordered":true,"documents":[{"_id":1},{"_id":2}]}')


def test_when_a_session_read_last_does_not_say_what_is_asked() -> None:
    moment = Timestamp(1, 2)
    alone = encode({"find": "items", "readConcern": {"afterClusterTime": moment}})
    assert documents.command(alone, (), ()).body == b'{"find":"items"}'
    careful = encode({"find": "items", "readConcern": {"level": "majority", "afterClusterTime": moment}})
    assert documents.command(careful, (), ()).body == b'{"find":"items","readConcern":{"level":"majority"}}'


def test_a_command_that_stays_bson_loses_the_same_fields() -> None:
    twice = RawBSONDocument(b"\x13\0\0\0\x10a\0\1\0\0\0\x10a\0\2\0\0\0\0")
    sent = encode({"find": "items", "filter": twice, "lsid": 1, "$db": "shop"})
    asked = documents.command(sent, (), {"lsid", "$db"})
    assert asked == ("find", "shop", "items", encode({"find": "items", "filter": twice}))
    row = encode({"insert": "items"})
    asked = documents.command(row, [("documents", twice.raw)], ())
    assert asked.body == encode({"insert": "items", "documents": [twice]})


def test_what_stood_for_a_secret_may_stand_there_again() -> None:
    body = orjson.dumps(
        {"a": {"$oid": "redacted-token-1"}, "b": {"$binary": {"base64": "redacted-key-2", "subType": "00"}}}
    )
    assert documents.encoded(body) == [encode({"a": "redacted-token-1", "b": b"redacted-key-2"})]


def test_what_is_too_deep_is_one_error() -> None:
    with pytest.raises(Unreadable, match="200 levels"):
        documents.encoded(b'{"a":' * 300 + b"1" + b"}" * 300)


def test_dates_of_all_times_come_back() -> None:
    for moment in (DatetimeMS(0), DatetimeMS(253_402_300_799_999), DatetimeMS(253_402_300_800_000)):
        raw = encode({"at": moment})
        assert documents.encoded(documents.readable(raw)) == [raw]
    assert timedelta(milliseconds=253_402_300_799_999) + datetime(1970, 1, 1) < datetime.max
