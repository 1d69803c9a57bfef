"""What is known of Redis' exchanges: as a cassette has them, for people, and to recognise them."""

from __future__ import annotations

from typing import Any

import pytest

from timetracer.cassette.model import Plain
from timetracer.seams import installed
from timetracer_instrumentors.redis import protocol
from timetracer_instrumentors.redis.commands import CONNECT, DELIVERY
from timetracer_instrumentors.redis.protocol import REDIS


def frame(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


REQUESTS: dict[str, tuple[tuple[Any, Any], bytes, dict[str, Plain]]] = {
    "SET a …": (("SET", 0), frame(b"set", b"a", b"\xff"), {"command": "SET", "args": ["a", b"\xff"]}),
    "GET b'\\xff'": (("GET", 3), frame(b"GET", b"\xff"), {"command": "GET", "args": [b"\xff"], "db": 3}),
    "PING": (("PING", 0), frame(b"PING"), {"command": "PING", "args": []}),
    "AUTH": (("AUTH", 0), b"", {"command": "AUTH"}),
    "EXEC": (("EXEC", 0), frame(b"EXEC"), {"command": "EXEC", "args": []}),
    "MULTI GET a; EXEC": (("EXEC", 0), frame(b"get", b"a"), {"command": "EXEC", "commands": [["GET", "a"]]}),
    "CONNECT redis://h:1": ((CONNECT, "redis://h:1"), b"", {"command": "CONNECT", "url": "redis://h:1"}),
    "message news": (
        (DELIVERY, 0),
        frame(b"message", b"news", b"hi"),
        {"delivery": "message", "channel": "news"},
    ),
    "invalidate": ((DELIVERY, 0), b">2\r\n$10\r\ninvalidate\r\n*0\r\n", {"delivery": "invalidate"}),
    "monitor": ((DELIVERY, 0), b"+1.5\r\n", {"delivery": "monitor"}),
}


@pytest.mark.parametrize("key", REQUESTS)
def test_a_request_as_the_cassette_has_it(key: str) -> None:
    fields, body, described = REQUESTS[key]
    assert protocol.describe_request(fields, body) == (described, None)
    assert protocol.key(described) == key
    assert protocol.delivery(described) is (fields[0] == DELIVERY)
    assert protocol.incidental(described) is (fields[0] in {"PING", "AUTH", CONNECT})


def test_a_key_stays_a_line() -> None:
    assert len(protocol.key({"command": "GET", "args": ["x" * 1000]})) < 100


def test_a_response_as_the_cassette_has_it() -> None:
    assert protocol.describe_response((0, None), b"") == ({"closed": True}, None)
    assert protocol.describe_response((2, None), b"$1\r\na\r\n") == ({"reply": "a"}, None)
    assert protocol.describe_response((3, {}), b"_\r\n") == ({"reply": None, "resp": 3}, None)
    assert protocol.describe_response((2, {1: b"-ERR no\r\n"}), b"-A\r\n") == (
        {"reply": {"error": "A"}, "refused": {"1": {"error": "ERR no"}}},
        None,
    )


@pytest.mark.parametrize("odd", [b"$-1\r\n", b":+1\r\n", b"*1\r\n" * 99 + b":1\r\n", b"#x\r\n"])
def test_what_would_not_be_written_again_as_it_was_is_kept_as_it_was(odd: bytes) -> None:
    assert protocol.describe_response((3, None), odd) == ({"raw": odd, "resp": 3}, None)


def test_requests_are_told_apart_by_command_database_and_arguments() -> None:
    different: list[dict[str, Plain]] = [
        {"command": "SET", "args": ["a", "b"]},
        {"command": "SET", "args": ["a", b"b\xff"]},
        {"command": "SET", "args": ["a b"]},
        {"command": "SET", "args": ["a", "b"], "db": 1},
        {"command": "GETSET", "args": ["a", "b"]},
        {"command": "EXEC", "commands": [["SET", "a", "b"]]},
        {"command": "EXEC", "commands": [["SET", "a"], ["b"]]},
        {"command": "EVALSHA", "args": ["a" * 40, "0"]},
        {"command": "EVALSHA", "args": ["b" * 40, "0"]},
        {"command": "CONNECT", "url": "redis://a:1"},
        {"command": "CONNECT", "url": "redis://b:1"},
    ]
    found = [tuple(protocol.identity(request, None).items()) for request in different]
    assert len(set(found)) == len(different)


def test_only_writes_bring_new_identifiers() -> None:
    assert protocol.writes({"command": "SET", "args": []})
    assert protocol.writes({"command": "EXEC", "commands": [["GET", "a"], ["SADD", "a", "b"]]})
    assert not protocol.writes({"command": "EXEC", "commands": [["GET", "a"]]})
    assert not protocol.writes({"command": "GET", "args": []})
    assert not protocol.writes({"command": "SOME.MODULE", "args": []})


def test_it_is_found_by_name_without_a_driver() -> None:
    assert installed.load("redis") is not None
    assert REDIS.name == "redis"
    assert OSError in REDIS.errors()
