"""What a person is told when nothing recorded answers."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from replaying.recording import A, Recording, X, ask
from timetracer.errors import UnmatchedCall
from timetracer.replaying.calls import Asked
from timetracer.replaying.matching import Index
from timetracer.replaying.noise import Noise


def told(index: Index, asked: Asked) -> str:
    with pytest.raises(UnmatchedCall) as missed:
        index.take(asked)
    return str(missed.value)


def differences(recorded: dict[str, Any], live: dict[str, Any]) -> list[str]:
    text = told(Recording().add("POST /a", **recorded).index(), ask("POST /a", **live))
    return [line[12:] for line in text.splitlines() if line.startswith(("  differs ", "          "))]


def test_the_whole_text() -> None:
    recording = Recording(("GET /users/7", ""), ("GET /items?page=1&size=10", ""))
    index = recording.index(command="pytest test_shop.py::test_items --timetracer=record")
    assert told(index, ask("GET /items?page=2&size=10", accept="text/html")) == dedent("""\
        No recorded exchange answers this call.

          asked     GET /items?page=2&size=10
          nearest   GET /items?page=1&size=10 (not played yet)
          differs   request.query.page: recorded "1", asked "2"
                    request.headers.accept: recorded nothing, asked "text/html"
          record    pytest test_shop.py::test_items --timetracer=record""")


def test_nothing_recorded_at_all() -> None:
    assert told(Recording().index(), ask("GET /a")) == dedent("""\
        No recorded exchange answers this call.

          asked     GET /a
          recorded  nothing of httpx""")


@pytest.mark.parametrize(
    ("times", "count"),
    [(1, "the one recording of this call has been played"), (3, "all 3 recordings of this call have been played")],
)
def test_one_call_too_many(times: int, count: str) -> None:
    index = Recording(*[("GET /a", "")] * times).index()
    for _ in range(times):
        index.take(ask("GET /a"))
    assert told(index, ask("GET /a")).splitlines()[2:] == ["  asked     GET /a", f"  nearest   GET /a ({count})"]
    assert index.verdict().extra == 1


def test_one_call_too_many_of_a_translated_one() -> None:
    index = Recording().add("POST /a", {"id": A}).index()
    index.take(ask("POST /a", {"id": X}))
    assert "the one recording of this call has been played" in told(index, ask("POST /a", {"id": X}))


def test_the_nearest_was_played_already() -> None:
    index = Recording(("GET /a?n=1", "")).index()
    index.take(ask("GET /a?n=1"))
    assert "nearest   GET /a?n=1 (already played)" in told(index, ask("GET /a?n=2"))


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("GET /users/7/orders", "GET /users/8/orders"),
        ("POST /users", "POST /users?dry=1"),
        ("GET /users", "GET /users?page=1"),
        ("DELETE /users", "POST /users?dry=1"),
        ("GET /nowhere", "GET /b"),
    ],
)
def test_the_nearest(asked: str, nearest: str) -> None:
    calls = [
        "POST /users?dry=1",
        "GET /users?page=1",
        "GET /users/8/orders",
        "GET /users/8",
        "GET http://other/users",
        "GET /b",
    ]
    assert f"nearest   {nearest} " in told(Recording(*[(call, "") for call in calls]).index(), ask(asked))


def test_the_nearest_body() -> None:
    recording = Recording().add("POST /a", {"x": 1, "y": 2, "z": 3}).add("POST /a", {"x": 1, "y": 9, "z": 9})
    assert "request.body.x: recorded 1, asked 5" in (
        text := told(recording.index(), ask("POST /a", {"x": 5, "y": 9, "z": 9}))
    )
    assert "request.body.y" not in text


def test_of_two_as_near_the_one_that_waits() -> None:
    index = Recording(("GET /a?n=1", ""), ("GET /a?n=2", "")).index()
    index.take(ask("GET /a?n=1"))
    assert "nearest   GET /a?n=2 (not played yet)" in told(index, ask("GET /a?n=3"))


def test_where_it_went_counts_more_than_how_much_differs() -> None:
    recording = Recording().add("POST /orders", dict.fromkeys("abcdefg", 1)).add("GET http://other/x")
    assert "nearest   POST /orders " in told(recording.index(), ask("POST /orders"))


@pytest.mark.parametrize(
    ("recorded", "live", "lines"),
    [
        ({"body": {"u": {"name": "ann"}}}, {"body": {"u": {"name": "bob"}}},
         ['request.body.u.name: recorded "ann", asked "bob"']),
        ({"body": {"n": 1}}, {"body": {"n": "1"}}, ['request.body.n: recorded 1, asked "1"']),
        ({"body": [1, 2]}, {"body": [1]}, ["request.body[1]: recorded 2, asked nothing"]),
        ({"body": "plain"}, {"body": "other"}, ['request.body: recorded "plain", asked "other"']),
        ({"body": b"\xff\x01"}, {"body": b"\xff\x02"}, ['request.body: recorded "ÿ\\u0001", asked "ÿ\\u0002"']),
        ({"body": "a\x1b[31mb"}, {"body": "\u202eb"}, ['request.body: recorded "a\\u001b[31mb", asked "\\u202eb"']),
        ({"authorization": "Bearer redacted-bearer-1"}, {"authorization": "Basic redacted-basic-1"},
         ['request.headers.authorization: recorded "Bearer redacted-bearer-?", asked "Basic redacted-basic-?"']),
        ({"body": {"mail": "redacted-email-2@example.com", "n": 1}},
         {"body": {"mail": "redacted-email-1@example.com", "n": 2}}, ["request.body.n: recorded 1, asked 2"]),
        ({"body": "a=1&b=2", "content_type": "application/x-www-form-urlencoded"},
         {"body": "b=2&a=1", "content_type": "application/x-www-form-urlencoded"},
         ["request.body: written in another way"]),
    ],
)  # fmt: skip
def test_what_differs_is_named_by_its_path(recorded: dict[str, Any], live: dict[str, Any], lines: list[str]) -> None:
    assert differences(recorded, live) == lines


def test_long_values_are_shown_where_they_differ() -> None:
    (line,) = differences({"body": "a" * 500 + "recorded" + "z" * 500}, {"body": "a" * 500 + "asked" + "z" * 500})
    assert "recorded " in line
    assert "aaarecordedzzz" in line
    assert "aaaaskedzzz" in line
    assert "(1,010 characters)" in line
    assert len(line) < 220


def test_many_differences_are_counted() -> None:
    lines = differences({"body": {f"k{n:02d}": 1 for n in range(30)}}, {"body": {f"k{n:02d}": 2 for n in range(30)}})
    assert len(lines) == 13
    assert lines[-1] == "… and 18 more"


def test_what_is_bound_or_noise_is_no_difference() -> None:
    recording = Recording().add("POST /a", {"id": A}).add("POST /b", {"id": A, "nonce": 1, "n": 1})
    index = recording.index(noise=Noise(["request.body.nonce"]))
    index.take(ask("POST /a", {"id": X}))
    text = told(index, ask("POST /b", {"id": X, "nonce": 2, "n": 2}))
    assert "request.body.n: recorded 1, asked 2" in text
    assert "body.id" not in text
    assert "nonce" not in text


def test_a_read_with_an_unknown_identifier_is_explained() -> None:
    text = told(Recording((f"GET /users/{A}", "")).index(), ask(f"GET /users/{X}"))
    assert f'request.path: recorded "/users/{A}", asked "/users/{X}"' in text
    assert (
        f"unknown   {X.replace('-', '')} is nowhere in the cassette, and a read cannot bring a new identifier" in text
    )
    assert "unknown" not in told(Recording((f"GET /users/{A}", "")).index(), ask("GET /users/7"))


def test_keys_cannot_play_with_the_terminal() -> None:
    text = told(Recording(("GET /\x1b[2J", "")).index(), ask("GET /\x1b]0;x\x07"))
    assert "\x1b" not in text
    assert "\x07" not in text


def test_a_fact_is_not_what_comes_nearest() -> None:
    recording = Recording(("GET /version", ""), ("GET /items?page=1&size=10", ""))
    recording.candidates[0].exchange.fact = True
    assert "nearest   GET /items?page=1&size=10" in told(recording.index(), ask("GET /versions"))
