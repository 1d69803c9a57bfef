"""Transcripts of real connections, and the exchanges that the tap makes of them. No server, no socket."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from timetracer.cassette.model import Exchange
from timetracer.recording.assembler import exchange_of
from timetracer.recording.tape import Tape
from timetracer_instrumentors.redis.protocol import REDIS
from timetracer_instrumentors.redis.resp import RespError
from timetracer_instrumentors.redis.tap import RedisTap


class Line:
    """A line that keeps its tapes."""

    def __init__(self, *, recording: bool = True) -> None:
        self.tapes: list[Tape] = []
        self.own: list[bool] = []
        self.recording = recording
        self.listening = 0

    def begin(self, *fields: Any, fact: bool = False, own: bool = False) -> Tape | None:
        if not self.recording:
            return None
        self.tapes.append(Tape(REDIS, fields, 1 << 20, lambda: None, fact=fact))
        self.own.append(own)
        return self.tapes[-1]

    def told(self, *fields: Any) -> Tape | None:
        return self.begin(*fields, own=True)

    def listens(self) -> None:
        self.listening += 1

    @property
    def exchanges(self) -> list[Exchange]:
        return [exchange_of(tape) for tape in self.tapes]

    @property
    def seen(self) -> list[tuple[str, Any]]:
        return [
            (exchange.key, (exchange.response or {}).get("reply", exchange.response)) for exchange in self.exchanges
        ]


def said(*words: str | bytes) -> bytes:
    """A command as a client sends it."""
    raw = [word.encode() if isinstance(word, str) else word for word in words]
    return b"*%d\r\n" % len(raw) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in raw)


def heard(*transcript: bytes, line: Line | None = None) -> Line:
    """What comes of a transcript: the client's part (an array) and the server's in turn."""
    line = line or Line()
    tap = RedisTap(line)  # type: ignore[arg-type]
    for turn, data in enumerate(transcript):
        (tap.received if turn % 2 else tap.sent)(data)
    return line


OK = b"+OK\r\n"
QUEUED = b"+QUEUED\r\n"


def test_a_command_and_its_reply_are_an_exchange() -> None:
    line = heard(said("set", "name", b"\xff"), OK, said("GET", "name"), b"$1\r\n\xff\r\n")
    first, second = line.exchanges
    assert first.request == {"command": "SET", "args": ["name", b"\xff"]}
    assert first.response == {"reply": {"simple": "OK"}}
    assert first.key == "SET name …"
    assert second.response == {"reply": b"\xff"}
    assert line.own == [False, False]


def test_a_pipeline_is_as_many_exchanges() -> None:
    line = heard(said("INCR", "n") * 2 + said("GET", "n"), b":1\r\n:2\r\n$1\r\n2\r\n")
    assert line.seen == [("INCR n", 1), ("INCR n", 2), ("GET n", "2")]


def test_the_database_belongs_to_the_request_and_the_handshake_is_nothing() -> None:
    greeting = (
        said("HELLO", "3", "AUTH", "me", "secret") + said("CLIENT", "SETINFO", "LIB-NAME", "x") + said("SELECT", "7")
    )
    line = heard(greeting, b"%1\r\n$5\r\nproto\r\n:3\r\n" + OK + OK, said("GET", "a"), b"_\r\n")
    (only,) = line.exchanges
    assert only.request == {"command": "GET", "args": ["a"], "db": 7}
    assert only.response == {"reply": None, "resp": 3}


def test_a_handshake_that_fails_is_recorded_without_what_was_sent() -> None:
    line = heard(
        said("AUTH", "hunter2"), b"-WRONGPASS no\r\n", said("SELECT", "99"), b"-ERR out of range\r\n", said("GET", "a")
    )
    assert [exchange.request for exchange in line.exchanges[:2]] == [{"command": "AUTH"}, {"command": "SELECT"}]
    assert line.seen[0] == ("AUTH", {"error": "WRONGPASS no"})
    assert line.exchanges[2].request == {"command": "GET", "args": ["a"]}
    assert line.own == [True, True, False]
    assert "hunter2" not in repr(line.exchanges)


def test_a_ping_claims_nobodys_span() -> None:
    line = heard(said("PING"), b"+PONG\r\n")
    assert (line.own, line.seen) == ([True], [("PING", {"simple": "PONG"})])


def test_what_drivers_ask_for_their_own_sake_is_a_fact() -> None:
    line = heard(said("CLUSTER", "SLOTS"), b"*0\r\n")
    assert line.exchanges[0].fact


def test_a_transaction_is_one_exchange() -> None:
    told = said("MULTI") + said("SET", "a", "1") + said("get", "a") + said("EXEC") + said("GET", "b")
    line = heard(told, OK + QUEUED * 2 + b"*2\r\n+OK\r\n$1\r\n1\r\n" + b"$1\r\nb\r\n")
    first, second = line.exchanges
    assert first.request == {"command": "EXEC", "commands": [["SET", "a", "1"], ["GET", "a"]]}
    assert first.response == {"reply": [{"simple": "OK"}, "1"]}
    assert first.key == "MULTI SET a …; GET a; EXEC"
    assert second.response == {"reply": "b"}


def test_what_the_server_would_not_queue_is_kept() -> None:
    told = said("MULTI") + said("SET", "a") + said("GET", "a") + said("EXEC")
    line = heard(told, OK + b"-ERR arity\r\n" + QUEUED + b"-EXECABORT\r\n")
    assert line.exchanges[0].response == {"reply": {"error": "EXECABORT"}, "refused": {"0": {"error": "ERR arity"}}}


def test_a_transaction_that_is_discarded_is_nothing() -> None:
    line = heard(said("WATCH", "a") + said("MULTI") + said("GET", "a") + said("DISCARD"), OK + OK + QUEUED + OK)
    assert line.seen == []
    assert heard(said("EXEC"), b"-ERR EXEC without MULTI\r\n").seen == [("EXEC", {"error": "ERR EXEC without MULTI"})]


SUBSCRIBED = b"3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"
LEFT = b"3\r\n$11\r\nunsubscribe\r\n$4\r\nnews\r\n:0\r\n"
MESSAGE = b"3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n"


@pytest.mark.parametrize("kind", [b"*", b">"])
def test_a_message_is_an_exchange_and_a_subscription_is_none(kind: bytes) -> None:
    line = heard(said("SUBSCRIBE", "news"), kind + SUBSCRIBED + kind + MESSAGE)
    (only,) = line.exchanges
    assert only.request == {"delivery": "message", "channel": "news"}
    assert only.key == "message news"
    assert line.own == [True]
    assert line.listening == 1


def test_after_the_last_channel_an_array_is_a_reply_again() -> None:
    told = said("UNSUBSCRIBE") + said("LRANGE", "l", "0", "-1")
    line = heard(said("SUBSCRIBE", "news"), b"*" + SUBSCRIBED, told, b"*" + LEFT + b"*" + MESSAGE)
    assert line.seen == [("LRANGE l …", ["message", "news", "hi"])]


def test_a_subscribers_ping_is_answered_with_an_array() -> None:
    line = heard(said("SUBSCRIBE", "news") + said("PING"), b"*" + SUBSCRIBED + b"*2\r\n$4\r\npong\r\n$0\r\n\r\n")
    assert line.seen == [("PING", ["pong", ""])]


def test_a_push_between_a_command_and_its_reply() -> None:
    push = b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n"
    line = heard(said("CLIENT", "TRACKING", "ON") + said("GET", "a"), OK + push + b"$1\r\n1\r\n")
    assert line.seen == [("GET a", "1"), ("invalidate", {"push": ["invalidate", ["a"]]})]
    assert line.listening == 1


def test_a_subscription_that_is_refused_takes_nobodys_reply() -> None:
    line = heard(said("SUBSCRIBE", "news"), b"-NOPERM\r\n", said("LRANGE", "l", "0", "-1"), b"*0\r\n")
    assert line.seen == [("LRANGE l …", [])]


def test_a_monitor_is_told_what_others_do() -> None:
    line = heard(said("MONITOR"), OK + b'+1.5 [0 127.0.0.1:1] "GET" "a"\r\n')
    assert [exchange.request for exchange in line.exchanges] == [{"delivery": "monitor"}]


def test_a_reset_connection_begins_anew() -> None:
    line = heard(said("SELECT", "3") + said("MULTI") + said("RESET") + said("GET", "a"), OK + OK + b"+RESET\r\n$-1\r\n")
    assert line.exchanges[0].request == {"command": "GET", "args": ["a"]}


def test_the_server_ends_the_connection_and_owes_an_answer() -> None:
    line = heard(said("GET", "a") + said("MULTI") + said("GET", "b") + said("EXEC"), b"")
    assert [exchange.response for exchange in line.exchanges] == [{"closed": True}] * 2


def test_the_client_gives_up() -> None:
    line = Line()
    tap = RedisTap(line)  # type: ignore[arg-type]
    tap.sent(said("BLPOP", "a", "0"))
    tap.closed()
    (only,) = line.exchanges
    assert (only.response, only.error, only.ended > 0) == (None, None, True)


def test_a_body_that_is_too_long_is_counted() -> None:
    line = Line()
    tap = RedisTap(line)  # type: ignore[arg-type]
    long = said("SET", "a", "x" * (1 << 21))
    tap.sent(long)
    tap.received(OK)
    assert line.exchanges[0].request == {"command": "SET", "omitted": len(long)}


def test_where_nobody_records_it_keeps_count_all_the_same() -> None:
    line = Line(recording=False)
    transcript = said("GET", "a") + said("MULTI") + said("GET", "a") + said("EXEC"), b"$-1\r\n+OK\r\n+QUEUED\r\n"
    heard(*transcript, said("AUTH", "x"), b"*0\r\n-WRONGPASS\r\n>2\r\n$1\r\na\r\n:1\r\n", line=line)
    assert line.tapes == []


def test_replies_that_are_switched_off_are_not_guessed() -> None:
    with pytest.raises(RespError, match="CLIENT REPLY"):
        heard(said("CLIENT", "REPLY", "OFF"))
    assert heard(said("CLIENT", "LIST"), b"$1\r\nx\r\n").seen == [("CLIENT LIST", "x")]


SENT = said("SELECT", "2") + said("SET", "a", b"\r\n") + said("MULTI") + said("GET", "a") + said("EXEC")
RECEIVED = OK + OK + OK + QUEUED + b"*1\r\n$2\r\n\r\n\r\n"


@given(st.lists(st.integers(0, len(SENT))), st.lists(st.integers(0, len(RECEIVED))))
def test_split_anywhere_it_is_the_same(sent: list[int], received: list[int]) -> None:
    line = Line()
    tap = RedisTap(line)  # type: ignore[arg-type]
    for data, cuts, tell in ((SENT, sent, tap.sent), (RECEIVED, received, tap.received)):
        edges = sorted({0, *cuts, len(data)})
        for start, end in itertools.pairwise(edges):
            tell(data[start:end])
    assert line.seen == [("SET a …", {"simple": "OK"}), ("MULTI GET a; EXEC", ["\r\n"])]


@example([b"\x00", b":\r\n"])
@given(st.lists(st.binary(min_size=1)))
def test_hostile_bytes_end_the_tapping_with_one_error(pieces: list[bytes]) -> None:
    line = Line()
    tap = RedisTap(line)  # type: ignore[arg-type]
    try:
        for turn, piece in enumerate(pieces):
            (tap.received if turn % 2 else tap.sent)(piece)
    except RespError:
        pass
    tap.closed()
    assert line.exchanges is not None
