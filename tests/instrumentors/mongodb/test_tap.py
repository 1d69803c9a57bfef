"""What is recorded of a connection, told as what its two ends say."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

import timetracer
from timetracer.cassette import files
from timetracer.cassette.model import Exchange
from timetracer.seams.wire import TappedLine
from timetracer_instrumentors.mongodb.messages import EXHAUST_ALLOWED, MORE_TO_COME
from timetracer_instrumentors.mongodb.tap import is_hello
from wires.mongodb.transcripts import PYMONGO_WIRE, WIRE, exchanges, find, found, op_msg, op_query, op_reply

HELLO = {"hello": 1, "client": {"driver": {"name": "PyMongo"}}, "$db": "admin"}
GREETING = {"isWritablePrimary": True, "setName": "rs", "localTime": 1, "speculativeAuthenticate": {"payload": b"s"}}


def told(path: Path, *steps: tuple[str, bytes]) -> list[Exchange]:
    with timetracer.record(path):
        play(WIRE.tap(), *steps)
    return exchanges(path)


def play(line: TappedLine, *steps: tuple[str, bytes]) -> None:
    for who, data in steps:
        if who == ">":
            line.sent(data)
        elif who == "<":
            line.received(data)
        else:
            line.closed()


def body(exchange: Exchange) -> tuple[bytes | None, bytes | None]:
    return exchange.request_body, exchange.response_body


def test_a_request_and_its_reply_are_an_exchange(path: Path) -> None:
    (exchange,) = told(path, (">", find(1)), ("<", found(1, name="a")))
    assert (exchange.library, exchange.key, exchange.response) == ("mongodb", "find shop.items", {})
    assert exchange.request == {"command": "find", "database": "shop", "collection": "items"}
    assert body(exchange) == (
        b'{"find":"items","filter":{"_id":1}}',
        b'{"cursor":{"id":0,"ns":"shop.items","firstBatch":[{"name":"a"}]},"ok":1.0}',
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 400), max_size=6))
def test_split_anywhere_it_is_the_same(path: Path, cuts: list[int]) -> None:
    out, back = find(1) + find(2), found(1, name="a") + found(2, name="b")
    ends = [0, *sorted(cuts), 400]
    steps = [(">", out[a:b]) for a, b in itertools.pairwise(ends)]
    steps += [("<", back[a:b]) for a, b in itertools.pairwise(ends) if back[a:b]]
    path.unlink(missing_ok=True)
    assert [body(exchange)[0] for exchange in told(path, *steps)] == [
        b'{"find":"items","filter":{"_id":1}}',
        b'{"find":"items","filter":{"_id":2}}',
    ]


def test_replies_are_told_by_what_they_answer(path: Path) -> None:
    first, second = told(path, (">", find(1)), (">", find(2)), ("<", found(2, name="b")), ("<", found(1, name="a")))
    assert b'"_id":1' in (first.request_body or b"")
    assert b'"a"' in (first.response_body or b"")
    assert b'"b"' in (second.response_body or b"")


def test_large_fields_stand_in_the_command(path: Path) -> None:
    rows = [{"_id": ObjectId("65f0c0ffee65f0c0ffee65f0")}]
    sent = op_msg({"insert": "items", "$db": "shop", "lsid": {"id": 1}}, sequences=[("documents", rows)])
    (exchange,) = told(path, (">", sent), ("<", op_msg({"n": 1, "ok": 1.0}, 2, 1)))
    assert exchange.request_body == b'{"insert":"items","documents":[{"_id":{"$oid":"65f0c0ffee65f0c0ffee65f0"}}]}'


def test_the_first_greeting_is_a_fact_without_what_is_of_one_moment(path: Path) -> None:
    first, _ = told(
        path,
        (">", op_msg(HELLO, 1)),
        ("<", op_msg(GREETING, 9, 1)),
        (">", op_msg(HELLO, 2)),
        ("<", op_msg(GREETING, 9, 2)),
        (">", find(3)),
        ("<", found(3)),
    )
    assert (first.fact, first.request, first.request_body) == (True, {"command": "hello"}, None)
    assert first.response_body == b'{"isWritablePrimary":true,"setName":"rs"}'


def test_a_greeting_of_old_is_one_too(path: Path) -> None:
    (exchange,) = told(path, (">", op_query({"ismaster": 1})), ("<", op_reply({"ismaster": True})))
    assert (exchange.fact, exchange.response_body) == (True, b'{"ismaster":true}')


def test_a_greeting_without_an_answer_is_nothing(path: Path) -> None:
    told(path, (">", op_msg(HELLO)), ("<", b""), (">", find(2)), ("<", found(2)))
    assert [exchange.key for exchange in exchanges(path)] == ["find shop.items"]


@pytest.mark.parametrize("name", ["saslStart", "saslContinue", "authenticate", "killCursors", "endSessions", "logout"])
def test_what_is_the_drivers_own_is_not_stored(path: Path, name: str) -> None:
    steps = ((">", op_msg({name: 1, "payload": b"secret"}, 1)), ("<", op_msg({"ok": 1.0}, 2, 1)))
    kept = told(path, *steps, (">", find(3)), ("<", found(3)))
    assert [exchange.key for exchange in kept] == ["find shop.items"]
    assert b"secret" not in path.read_bytes()


def test_an_app_may_ask_for_a_greeting() -> None:
    def document(**fields: Any) -> bytes:
        return op_msg({"hello": 1, **fields})[21:]

    assert is_hello(document(client={}))
    assert not is_hello(document(lsid={"id": 1}))
    assert not is_hello(op_msg({"find": "hello"})[21:])


def test_nobody_answers_what_asks_for_no_answer(path: Path) -> None:
    exchange, _ = told(path, (">", find(1, flags=MORE_TO_COME)), (">", find(2)), ("<", found(2)))
    assert (exchange.response, exchange.response_body) == ({"end": "unacknowledged"}, b"[]")


@pytest.mark.parametrize("to", [1, 100], ids=["to the request", "to the answer before"])
def test_a_stream_of_answers_is_one_exchange(path: Path, to: int) -> None:
    (exchange,) = told(
        path,
        (">", find(1, flags=EXHAUST_ALLOWED)),
        ("<", found(1, number=100, flags=MORE_TO_COME, name="a")),
        ("<", found(to, number=101, name="b")),
    )
    assert exchange.response == {"end": "stream"}
    assert (exchange.response_body or b"").startswith(b'[{"cursor":')
    assert (exchange.response_body or b"").count(b'"name"') == 2


@pytest.mark.parametrize(("how", "step"), [("lost", ("<", b"")), ("silent", ("x", b""))])
def test_how_it_ended_is_told(path: Path, how: str, step: tuple[str, bytes]) -> None:
    steps = ((">", find(1, flags=EXHAUST_ALLOWED)), ("<", found(1, flags=MORE_TO_COME, name="a")), step)
    (exchange,) = told(path, *steps)
    assert exchange.response == {"end": how}
    assert (exchange.response_body or b"").count(b'"name"') == 1
    path.unlink()
    (exchange,) = told(path, (">", find(1)), step)
    assert (exchange.response, exchange.response_body) == ({"end": how}, b"[]")


def test_a_span_that_is_not_current_is_found_by_the_number(path: Path) -> None:
    with timetracer.record(path):
        tracer = TracerProvider().get_tracer("opentelemetry.instrumentation.pymongo")
        spans = {7: tracer.start_span("shop.find", kind=SpanKind.CLIENT)}
        play(PYMONGO_WIRE.tap(spans.get), (">", find(7)), ("<", found(7)), (">", find(8)), ("<", found(8)))
        spans[7].end()
    named = {span.name: span.exchange for cassette in files.read(path) for span in cassette.spans}
    assert [*named] == ["shop.find", "find shop.items"]
    assert b'"_id":7' in (named["shop.find"].request_body or b"" if named["shop.find"] else b"")


def test_too_long_a_request_is_known_by_its_length(path: Path) -> None:
    sent = op_msg({"insert": "items", "$db": "shop"}, sequences=[("documents", [{"text": "x" * 5000}])])
    with timetracer.record(path, max_body_bytes=1000):
        play(WIRE.tap(), (">", sent), ("<", op_msg({"n": 1, "ok": 1.0}, 2, 1)))
    (exchange,) = exchanges(path)
    assert exchange.request == {
        "command": "insert",
        "database": "shop",
        "collection": "items",
        "omitted": len(sent) - 16,
    }
