"""Transcripts of connections to the backend: bytes in, bytes out, from exchanges in a table. No server, no socket."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.cassette.model import Exchange, Plain
from timetracer.errors import ReplayError, UnmatchedCall
from timetracer_instrumentors.redis.backend import RedisBackend, refused, said
from timetracer_instrumentors.redis.protocol import REDIS, describe_request

OK = b"+OK\r\n"
QUEUED = b"+QUEUED\r\n"
Response = "dict[str, Plain] | None"


def words(*told: str | bytes) -> bytes:
    """A command as a client sends it."""
    raw = [word.encode() if isinstance(word, str) else word for word in told]
    return b"*%d\r\n" % len(raw) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in raw)


class Line:
    """A line that knows answers by key: each as often as it is there."""

    def __init__(self, *recorded: tuple[str, Any]) -> None:
        self.recorded = list(recorded)
        self.over = False
        self.asked: list[dict[str, Plain]] = []
        self.catalogue: dict[tuple[bytes, ...], bytes] = {}
        self.hears: Callable[[Exchange], bytes | None] | None = None

    def find(self, *fields: Any, body: bytes = b"", in_turn: bool = False) -> Exchange | None:
        request, _ = describe_request(fields, body)
        key = REDIS.key(request)
        for known in self.recorded:
            if known[0] == key:
                self.recorded.remove(known)
                self.asked.append(request)
                return Exchange("redis", key, request, response=known[1])
        return None

    def ask(self, *fields: Any, body: bytes = b"") -> Exchange:
        found = self.find(*fields, body=body)
        if found is None:
            raise UnmatchedCall("nothing recorded")
        return found

    def listen(self, hears: Callable[[Exchange], bytes | None]) -> None:
        self.hears = hears


def backend(*recorded: tuple[str, Any]) -> tuple[RedisBackend, Line]:
    line = Line(*recorded)
    return RedisBackend(line), line  # type: ignore[arg-type]


def reply(value: Plain, resp: int = 2) -> dict[str, Plain]:
    return {"reply": value, "resp": 3} if resp == 3 else {"reply": value}


def test_a_command_is_answered_as_it_was_recorded() -> None:
    redis, line = backend(("GET a", reply(b"\xff\r\n")), ("SET a …", reply({"simple": "OK"})))
    assert redis.receive(words("set", "a", "1") + words("GET", "a")) == OK + b"$3\r\n\xff\r\n\r\n"
    assert line.asked == [{"command": "SET", "args": ["a", "1"]}, {"command": "GET", "args": ["a"]}]
    with pytest.raises(UnmatchedCall):
        redis.receive(words("GET", "b"))


def test_the_handshake_is_its_own() -> None:
    redis, line = backend(("GET a", reply(None, 3)))
    hello = redis.receive(words("HELLO", "3", "AUTH", "me", "secret"))
    assert hello.startswith(b"%7\r\n$6\r\nserver\r\n")
    assert b"$5\r\nproto\r\n:3\r\n" in hello
    told = (
        words("CLIENT", "SETINFO", "LIB-NAME", "x")
        + words("CLIENT", "MAINT_NOTIFICATIONS", "ON")
        + words("SELECT", "7")
    )
    assert redis.receive(told + words("READONLY")) == OK + b"-ERR unknown subcommand\r\n" + OK + OK
    assert redis.receive(words("GET", "a")) == b"_\r\n"
    assert line.asked[-1] == {"command": "GET", "args": ["a"], "db": 7}
    assert redis.receive(words("RESET") + words("HELLO")).startswith(b"+RESET\r\n*14\r\n")
    assert redis.receive(words("QUIT")) == OK
    assert redis.closing


def test_a_handshake_that_failed_fails_again() -> None:
    failed = reply({"error": "WRONGPASS no"})
    redis, _ = backend(("AUTH", failed))
    assert redis.receive(words("AUTH", "another") * 2) == b"-WRONGPASS no\r\n" + OK


def test_a_ping_needs_no_recording() -> None:
    redis, _ = backend(("PING", reply({"error": "LOADING"})), ("PING", reply({"simple": "PONG"}, 3)))
    assert (
        redis.receive(words("PING") * 3 + words("PING", "hi")) == b"-LOADING\r\n" + b"+PONG\r\n" * 2 + b"$2\r\nhi\r\n"
    )


def test_a_transaction_is_asked_as_one() -> None:
    redis, line = backend(("MULTI SET a …; GET a; EXEC", reply([{"simple": "OK"}, "1"])))
    told = words("WATCH", "a") + words("MULTI") + words("SET", "a", "1") + words("get", "a")
    assert redis.receive(told) == OK + OK + QUEUED * 2
    assert redis.receive(words("EXEC")) == b"*2\r\n+OK\r\n$1\r\n1\r\n"
    assert line.asked == [{"command": "EXEC", "commands": [["SET", "a", "1"], ["GET", "a"]]}]


def test_what_was_not_queued_is_not_queued_again() -> None:
    redis, line = backend(("MULTI SET a; EXEC", reply({"error": "EXECABORT"})))
    request: dict[str, Plain] = {"command": "EXEC", "commands": [["SET", "a"], ["GET", b"\xff"]]}
    response: dict[str, Plain] = {"refused": {"0": {"error": "ERR arity"}, "x": 1, "7": 1}}
    line.catalogue = refused([Exchange("redis", "", request, response=response), Exchange("redis", "", {})])
    assert line.catalogue == {(b"SET", b"a"): b"-ERR arity\r\n"}
    assert redis.receive(words("MULTI") + words("SET", "a") + words("EXEC")) == OK + b"-ERR arity\r\n-EXECABORT\r\n"


def test_a_transaction_that_is_discarded_asks_nothing() -> None:
    redis, _ = backend(("EXEC", reply({"error": "ERR EXEC without MULTI"})))
    assert redis.receive(words("MULTI") + words("GET", "a") + words("DISCARD")) == OK + QUEUED + OK
    assert redis.receive(words("EXEC")) == b"-ERR EXEC without MULTI\r\n"


def test_a_connection_that_was_lost_is_lost_again() -> None:
    redis, _ = backend(("GET a", {"closed": True}))
    assert (redis.receive(words("GET", "a")), redis.closing) == (b"", True)


def test_after_the_replay_it_is_a_server_that_has_gone() -> None:
    redis, line = backend()
    line.over = True
    assert redis.receive(words("GET", "a")) == b""
    assert redis.closing


def test_what_was_never_answered_is_not_nor_what_follows() -> None:
    redis, _ = backend(("BLPOP a …", None), ("GET a", reply("1")))
    assert (redis.receive(words("BLPOP", "a", "0") + words("GET", "a")), redis.closing) == (b"", False)


def message(*items: Plain, push: bool = False) -> Exchange:
    return Exchange("redis", "", {}, response=reply({"push": [*items]}, 3) if push else reply([*items]))


@pytest.mark.parametrize(("hello", "mark"), [("2", b"*"), ("3", b">")])
@pytest.mark.parametrize("push", [False, True])
def test_a_message_goes_to_whoever_has_subscribed(hello: str, mark: bytes, push: bool) -> None:
    redis, line = backend()
    redis.receive(words("HELLO", hello))
    confirmed = redis.receive(words("SUBSCRIBE", "news", b"\xff") + words("PSUBSCRIBE", "we*"))
    assert confirmed.count(mark + b"3\r\n") == 3
    assert confirmed.endswith(b"$10\r\npsubscribe\r\n$3\r\nwe*\r\n:3\r\n")
    assert line.hears is not None
    assert (
        line.hears(message("message", "news", "hi", push=push))
        == mark + b"3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n"
    )
    assert line.hears(message("message", b"\xff", b"\xfe", push=push)) is not None
    assert line.hears(message("pmessage", "we*", "weather", "rain", push=push)) is not None
    assert line.hears(message("pmessage", "news", "news", "hi", push=push)) is None
    assert line.hears(message("message", "others", "hi", push=push)) is None
    redis.receive(words("UNSUBSCRIBE", "news"))
    assert line.hears(message("message", "news", "hi", push=push)) is None


def test_who_leaves_everything_is_told_of_each() -> None:
    redis, _ = backend()
    redis.receive(words("SUBSCRIBE", "a", "b") + words("SSUBSCRIBE", "shard"))
    assert redis.receive(words("PING")) == b"*2\r\n$4\r\npong\r\n$0\r\n\r\n"
    left = redis.receive(words("UNSUBSCRIBE"))
    assert left == b"".join(
        b"*3\r\n$11\r\nunsubscribe\r\n$1\r\n%b\r\n:%d\r\n" % each for each in ((b"a", 1), (b"b", 0))
    )
    assert redis.receive(words("SUNSUBSCRIBE", "shard")).endswith(b"shard\r\n:0\r\n")
    assert redis.receive(words("PUNSUBSCRIBE")) == b"*3\r\n$12\r\npunsubscribe\r\n$-1\r\n:0\r\n"


def test_other_pushes_and_what_a_monitor_sees() -> None:
    redis, line = backend()
    invalidated = message("invalidate", ["a"], push=True)
    assert redis.receive(words("CLIENT", "TRACKING", "ON")) == OK
    assert line.hears is not None
    assert line.hears(invalidated) is None
    redis.receive(words("HELLO", "3"))
    assert line.hears(invalidated) == b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n"
    seen = Exchange("redis", "", {}, response=reply({"simple": '1.5 "GET"'}))
    assert line.hears(seen) is None
    assert redis.receive(words("MONITOR")) == OK
    assert line.hears(seen) == b'+1.5 "GET"\r\n'


@pytest.mark.parametrize("value", [{"simple": "OK"}, {"error": "ERR"}, 7, None])
def test_what_is_the_same_in_both_versions_is_said_in_both(value: Plain) -> None:
    for recorded in (2, 3):
        for spoken in (2, 3):
            assert said(Exchange("redis", "X", {}, response=reply(value, recorded)), spoken)
    assert said(Exchange("redis", "X", {}, response=reply({"null": "array"}, 2)), 3) == b"_\r\n"


@pytest.mark.parametrize("value", ["text", ["text"], {"map": {}}, {"double": "1"}, True])
def test_what_has_another_form_in_the_other_version_is_refused(value: Plain) -> None:
    with pytest.raises(ReplayError, match=r"HGETALL u was recorded over RESP3.*protocol=3"):
        said(Exchange("redis", "HGETALL u", {}, response=reply(value, 3)), 2)


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        ({}, "timetracer.response says neither reply nor raw"),
        ({"reply": [1.5]}, r"reply\[0\]: 1.5 is no value of RESP"),
        ({"reply": {"map": 1}}, r"reply.map: 1 is no value of RESP"),
    ],
)
def test_a_cassette_that_does_not_fit_says_which_span_and_where(response: Any, problem: str) -> None:
    redis, _ = backend(("GET a", response))
    with pytest.raises(ReplayError, match=f"^GET a: its recorded {problem}.*record it again"):
        redis.receive(words("GET", "a"))


def test_what_could_not_be_read_is_said_as_it_was() -> None:
    assert said(Exchange("redis", "X", {}, response={"raw": b"$-1\r\n", "resp": 3}), 3) == b"$-1\r\n"


TOLD = words("SELECT", "2") + words("MULTI") + words("GET", "a") + words("EXEC") + words("PING")


@given(st.lists(st.integers(0, len(TOLD))))
def test_split_anywhere_it_is_the_same(cuts: list[int]) -> None:
    redis, _ = backend(("MULTI GET a; EXEC", reply(["1"])))
    edges = sorted({0, *cuts, len(TOLD)})
    heard = b"".join(redis.receive(TOLD[start:end]) for start, end in itertools.pairwise(edges))
    assert heard == OK + OK + QUEUED + b"*1\r\n$1\r\n1\r\n+PONG\r\n"


@given(st.binary())
def test_hostile_bytes_are_one_error(data: bytes) -> None:
    redis, _ = backend()
    with contextlib.suppress(ReplayError):
        redis.receive(data)


def test_what_is_no_resp_is_one_error() -> None:
    with pytest.raises(ReplayError, match="no RESP: no value of RESP begins with b'G'"):
        backend()[0].receive(b"GET / HTTP/1.1\r\n\r\n")
