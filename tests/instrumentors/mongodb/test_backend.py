"""What a client is answered from a recording, told as what its two ends say."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import pack

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import timetracer
from timetracer.errors import FailedVerdict, ReplayError, UnmatchedCall
from timetracer.seams.wire import MountedLine
from timetracer_instrumentors.mongodb.messages import EXHAUST_ALLOWED, MORE_TO_COME
from wires.mongodb.transcripts import PEER, WIRE, answers, exchanges, find, found, op_msg, op_query

A, B, X, Y = (ObjectId(digit * 24) for digit in "abcd")


def recorded(path: Path, *steps: tuple[str, bytes]) -> None:
    with timetracer.record(path):
        line = WIRE.tap()
        for who, data in steps:
            line.sent(data) if who == ">" else line.received(data)
        line.closed()


@contextmanager
def replayed(path: Path) -> Iterator[MountedLine]:
    with timetracer.replay(path, strict=True):
        yield WIRE.mount(PEER)


def test_a_request_is_answered_under_its_own_number(path: Path) -> None:
    recorded(path, (">", find(1)), ("<", found(1, name="a")))
    with replayed(path) as line:
        ((to, flags, document),) = answers(
            line.receive(op_msg({"find": "items", "filter": {"_id": 1}, "$db": "shop"}, 7))
        )
    assert (to, flags) == (7, 0)
    assert document == {"cursor": {"id": 0, "ns": "shop.items", "firstBatch": [{"name": "a"}]}, "ok": 1.0}


def test_what_a_driver_adds_does_not_matter(path: Path) -> None:
    recorded(path, (">", find(1)), ("<", found(1)))
    noise = {"lsid": {"id": b"x"}, "txnNumber": 3, "$clusterTime": {}, "comment": "traceparent", "maxTimeMS": 5}
    with replayed(path) as line:
        assert len(answers(line.receive(find(1, **noise)))) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 200), max_size=5))
def test_split_anywhere_it_is_the_same(path: Path, cuts: list[int]) -> None:
    if not path.exists():
        recorded(path, (">", find(1)), ("<", found(1, name="a")), (">", find(2)), ("<", found(2, name="b")))
    asked, places = find(1) + find(2), [0, *sorted(cuts), 200]
    with replayed(path) as line:
        said = b"".join(line.receive(asked[a:b]) for a, b in itertools.pairwise(places) if asked[a:b])
    assert [to for to, _, _ in answers(said)] == [1, 2]


def test_nothing_recorded_is_a_miss_and_ends_the_connection(path: Path) -> None:
    recorded(path, (">", find(1)), ("<", found(1)))
    with pytest.raises(FailedVerdict), timetracer.replay(path):
        line = WIRE.mount(PEER)
        with pytest.raises(UnmatchedCall, match=r"differs   request.body.filter._id: recorded 1, asked 2"):
            line.receive(find(2))
        with pytest.raises(UnmatchedCall):
            line.receive(find(1))


def test_generated_identifiers_stand_for_recorded_ones_from_then_on(path: Path) -> None:
    def insert(one: ObjectId) -> bytes:
        return op_msg({"insert": "items", "$db": "shop"}, sequences=[("documents", [{"_id": one}])])

    def read(one: ObjectId) -> bytes:
        return op_msg({"find": "items", "filter": {"ref": str(one)}, "$db": "shop"})

    done, reply = op_msg({"n": 1, "ok": 1.0}, 2, 1), found(1, _id=A, text=f"duplicate key {{ _id: ObjectId('{A}') }}")
    recorded(path, (">", insert(A)), ("<", done), (">", insert(B)), ("<", done), (">", read(A)), ("<", reply))
    with replayed(path) as line:
        line.receive(insert(X))
        line.receive(insert(Y))
        ((_, _, document),) = answers(line.receive(read(X)))
    assert document["cursor"]["firstBatch"] == [{"_id": X, "text": f"duplicate key {{ _id: ObjectId('{X}') }}"}]


def test_an_identifier_may_have_decimal_digits_alone(path: Path) -> None:
    def insert(one: str) -> bytes:
        return op_msg({"insert": "items", "$db": "shop"}, sequences=[("documents", [{"_id": ObjectId(one)}])])

    recorded(path, (">", insert("1" * 24)), ("<", op_msg({"n": 1, "ok": 1.0}, 2, 1)))
    with replayed(path) as line:
        assert line.receive(insert("2" * 24))


def test_indexes_may_be_there_already_or_not_yet(path: Path) -> None:
    made = op_msg({"createIndexes": "items", "indexes": [{"name": "a"}], "$db": "shop"})
    other = op_msg({"createIndexes": "items", "indexes": [{"name": "b"}], "$db": "shop"})
    recorded(path, (">", made), ("<", op_msg({"numIndexesBefore": 1, "numIndexesAfter": 2, "ok": 1.0}, 2, 1)))
    with replayed(path):
        pass
    with replayed(path) as line:
        ((_, _, again),) = answers(line.receive(made))
        ((_, _, unknown),) = answers(line.receive(other))
    assert (again["numIndexesAfter"], unknown["note"]) == (2, "all indexes already exist")


def test_a_read_that_brings_an_identifier_is_a_miss(path: Path) -> None:
    asked = op_msg({"find": "items", "filter": {"_id": A}, "$db": "shop"})
    recorded(path, (">", asked), ("<", found(1)))
    with pytest.raises(FailedVerdict), timetracer.replay(path), pytest.raises(UnmatchedCall):
        WIRE.mount(PEER).receive(op_msg({"find": "items", "filter": {"_id": X}, "$db": "shop"}))


def test_a_stream_of_answers_goes_on_by_itself(path: Path) -> None:
    recorded(
        path,
        (">", find(1, flags=EXHAUST_ALLOWED)),
        ("<", found(1, number=100, flags=MORE_TO_COME, name="a")),
        ("<", found(100, number=101, name="b")),
    )
    with replayed(path) as line:
        said = answers(line.receive(find(1, flags=EXHAUST_ALLOWED)))
    assert [flags for _, flags, _ in said] == [MORE_TO_COME, 0]
    assert said[0][0] == 1


def test_nobody_answers_what_asks_for_no_answer(path: Path) -> None:
    recorded(path, (">", find(1, flags=MORE_TO_COME)))
    with replayed(path) as line:
        assert line.receive(find(1, flags=MORE_TO_COME)) == b""


def test_a_lost_connection_is_lost_again(path: Path) -> None:
    recorded(path, (">", find(1)), ("<", found(1)), (">", find(2)), ("<", b""))
    with replayed(path) as line:
        assert line.receive(find(1))
        assert not line.closing
        assert line.receive(find(2)) == b""
        assert line.closing


def test_a_server_that_was_silent_is_silent_again(path: Path) -> None:
    recorded(path, (">", find(1)))
    with replayed(path) as line:
        assert line.receive(find(1)) == b""
        assert not line.closing


def test_greetings_and_good_byes_are_answered_by_itself(path: Path) -> None:
    recorded(path, (">", op_msg({"hello": 1, "$db": "admin"})), ("<", op_msg({"setName": "rs", "me": "a:1"}, 2, 1)))
    with timetracer.replay(path):
        line = WIRE.mount(PEER)
        for asked in (op_msg({"hello": 1, "$db": "admin"}), op_query({"ismaster": 1})):
            said = line.receive(asked)
            assert (b"setName\0\3\0\0\0rs\0" in said, b"db.example:27017" in said) == (True, True)
        ((_, _, ended),) = answers(line.receive(op_msg({"endSessions": [], "$db": "admin"})))
        ((_, _, killed),) = answers(line.receive(op_msg({"killCursors": "items", "cursors": [5], "$db": "shop"})))
        assert line.receive(op_msg({"endSessions": [], "$db": "admin"}, flags=MORE_TO_COME)) == b""
    assert (ended["ok"], killed["cursorsNotFound"]) == (1.0, [])


@pytest.mark.parametrize("name", ["saslStart", "authenticate"])
def test_nobody_can_prove_who_he_is(path: Path, name: str) -> None:
    recorded(path, (">", find(1)), ("<", found(1)))
    with timetracer.replay(path), pytest.raises(ReplayError, match="wants to prove who it is"):
        WIRE.mount(PEER).receive(op_msg({name: 1, "$db": "admin"}))


@pytest.mark.parametrize("data", [pack("<iiii", 3, 1, 0, 2013), pack("<iiii", 20, 1, 0, 2013) + b"abcd"])
def test_what_is_no_message_is_told(path: Path, data: bytes) -> None:
    recorded(path, (">", find(1)), ("<", found(1)))
    with timetracer.replay(path), pytest.raises(ReplayError, match="a driver of MongoDB sent a message"):
        WIRE.mount(PEER).receive(data)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('{\\"cursor\\":', "timetracer.response.body is not a document in MongoDB's Extended JSON"),
        ("[]", "timetracer.response.body is not one document"),
        ('{\\"a\\":{\\"$oid\\":\\"5\\"}}', "timetracer.response.body is not a document"),
        ('{\\"n\\":1,\\"ok\\":1.0}', "timetracer.response.body has no 'cursor' as every answer to a find has"),
        ('{\\"cursor\\":7,\\"ok\\":1.0}', "timetracer.response.body has no 'cursor' as every answer to a find has"),
    ],
)
def test_a_recorded_answer_that_is_none_is_told(path: Path, body: str, problem: str) -> None:
    recorded(path, (">", find(1)), ("<", found(1)))
    (exchange,) = exchanges(path)
    said = (exchange.response_body or b"").decode().replace('"', '\\"')
    path.write_text(path.read_text().replace(f'"{said}"', f'"{body}"'))
    with timetracer.replay(path), pytest.raises(ReplayError, match=f"find shop.items: {problem}"):
        WIRE.mount(PEER).receive(find(1))
