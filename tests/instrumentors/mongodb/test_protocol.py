"""What a command and its answer are in a cassette, and how a command is recognised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId, encode

from timetracer.cassette.model import Exchange
from timetracer.seams import installed
from timetracer_instrumentors.mongodb import protocol
from timetracer_instrumentors.mongodb.protocol import MONGODB, NOISE, describe_request, describe_response
from wires.mongodb.transcripts import op_msg


def described(document: dict[str, Any], **more: Any) -> tuple[dict[str, Any], bytes | None]:
    return describe_request((encode(document),), op_msg(document, **more)[16:])


def test_a_command_is_its_name_its_place_and_its_document() -> None:
    request, body = described({"insert": "items", "$db": "shop"}, sequences=[("documents", [{"a": 1}])])
    assert request == {"command": "insert", "database": "shop", "collection": "items"}
    assert body == b'{"insert":"items","documents":[{"a":1}]}'
    assert protocol.key(request) == "insert shop.items"


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"getMore": 5, "collection": "items", "$db": "shop"}, "getMore shop.items"),
        ({"aggregate": 1, "pipeline": [], "$db": "shop"}, "aggregate shop"),
        ({"ping": 1, "$db": "admin"}, "ping admin"),
    ],
)
def test_a_key_says_where_the_command_goes(document: dict[str, Any], key: str) -> None:
    assert protocol.key(described(document)[0]) == key


@pytest.mark.parametrize("name", sorted(NOISE - {"$db"}))
def test_noise_is_no_part_of_what_is_asked(name: str) -> None:
    plain = {"find": "items", "filter": {name: 1}, "$db": "shop"}
    assert described({**plain, name: 1}) == described(plain)


def test_what_goes_without_saying_is_not_said() -> None:
    def update(**more: Any) -> Any:
        return described({"update": "items", "$db": "shop"}, sequences=[("updates", [{"q": {}, "u": {}, **more}])])

    assert update(multi=False, upsert=False) == update()
    assert update(multi=True) != update()


@pytest.mark.parametrize(
    ("value", "same"), [(5, True), ("a", True), (ObjectId(), True), ({"a": 1}, False), ([], False)]
)
def test_to_be_equal_is_to_be_that(value: Any, same: bool) -> None:
    def find(wanted: Any) -> Any:
        return described({"find": "items", "filter": {"_id": wanted}, "$db": "shop"})

    assert (find({"$eq": value}) == find(value)) is same


def test_too_long_a_command_is_its_name_and_its_place() -> None:
    request, body = describe_request((encode({"insert": "items", "$db": "shop"}),), b"")
    assert (request["collection"], body) == ("items", b"")


def test_a_greeting_is_one_whoever_greets() -> None:
    assert describe_request((b"",), b"") == ({"command": "hello"}, None)
    said = encode({"ok": 1.0, "localTime": 5, "saslSupportedMechs": ["SCRAM-SHA-256"], "topologyVersion": {}})
    assert describe_response(("greeting", 1), said) == ({}, b'{"ok":1.0}')


@pytest.mark.parametrize(
    ("fields", "described"),
    [
        (("complete", 1), ({}, b'{"n":0}')),
        (("complete", 2), ({"end": "stream"}, b'[{"n":0},{"n":1}]')),
        (("lost", 1), ({"end": "lost"}, b'[{"n":0}]')),
        (("silent", 0), ({"end": "silent"}, b"[]")),
    ],
)
def test_an_answer_says_how_it_ended(fields: tuple[str, int], described: Any) -> None:
    assert describe_response(fields, b"".join(encode({"n": n}) for n in range(fields[1]))) == described


def test_a_command_is_recognised_by_its_parts() -> None:
    parts = protocol.identity({"command": "find", "database": "shop", "collection": "items"}, b"{}")
    assert parts == {"command": "find", "database": "shop", "body": b"{}"}
    assert protocol.identity({"command": "hello"}, None) == {"command": "hello", "database": "", "body": b""}


def test_only_writes_bring_new_identifiers() -> None:
    assert protocol.writes({"command": "insert"})
    assert not protocol.writes({"command": "find"})
    assert not protocol.writes({"command": "aggregate"})


def test_the_greetings_of_a_recording_are_told_apart() -> None:
    def fact(body: bytes) -> Exchange:
        return Exchange("mongodb", "hello", {"command": "hello"}, response={}, response_body=body, fact=True)

    find = Exchange("mongodb", "find", {"command": "find"}, response={}, response_body=b"{}")
    assert protocol.greetings([fact(b'{"a":1}'), find, fact(b'{"a":1}'), fact(b'{"b":1}')]) == [b'{"a":1}', b'{"b":1}']


def test_a_recording_is_read_without_any_driver(fresh_python: Callable[[str], str]) -> None:
    """Whoever only looks at one need not have a driver installed."""
    found = fresh_python(
        "import sys\n"
        "sys.modules['bson'] = sys.modules['pymongo'] = None\n"
        "from timetracer.seams import installed\n"
        "mongodb = installed.load('mongodb')\n"
        "print(mongodb.identity({'command': 'find'}, b'{}')['command'])"
    )
    assert found == "find"
    assert installed.load("mongodb") is MONGODB
