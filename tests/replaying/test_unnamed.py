"""A secret that stands in a call before anything has named it: the call is answered, and nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from timetracer.cassette.model import Cassette, Exchange, Kind, Span
from timetracer.errors import UnmatchedCall
from timetracer.redaction.pseudonyms import Pseudonyms
from timetracer.redaction.redactor import Redactor
from timetracer.replaying.session import Replay
from timetracer.replaying.shelf import Recorded, Requests, asked_again
from timetracer.replaying.unnamed import REASON, kind_of
from toy import TOY, exchanged, load

SECRET = "Zx9fTkQ2w8/LmPa1"
OTHER = "Bq7Rn4Yc1v0KsTd8"


def issued(started: int, **fields: str) -> Exchange:
    """A log-in, whose answer says which of its values are secrets."""
    return exchanged("PUT", "login", json.dumps(fields).encode(), started=started * 10**9)


def lookup(started: int, reference: str, answer: str) -> Exchange:
    return exchanged("GET", f"http://shop/lookup?ref={reference}&page=2", answer.encode(), started=started * 10**9)


def replay(*exchanges: Exchange) -> Replay:
    """Of what reaches the disk."""
    spans = [
        Span("send", f"{1:032x}", f"{number:016x}", kind=Kind.CLIENT, start=number, end=number + 1, exchange=one)
        for number, one in enumerate(exchanges, 1)
    ]
    cassette = Cassette(spans)
    Redactor().redact_cassette(cassette, Pseudonyms())
    assert SECRET not in repr(cassette)
    return Replay([cassette], load)


def ask(session: Replay, url: str, verb: str = "GET", body: bytes = b"") -> bytes | None:
    return session.answer(TOY, (verb, url), body).exchange.response_body


def relaxed(session: Replay) -> list[Any]:
    return [reasons for _, reasons in session.verdict().relaxed]


def test_a_secret_that_only_a_later_answer_names_stands_in_an_earlier_call() -> None:
    session = replay(
        lookup(1, "Zx9fTkQ2w8%2FLmPa1", "first"),
        issued(2, access_token=SECRET),
        lookup(3, "Zx9fTkQ2w8%2FLmPa1", "second"),
    )
    url = "http://shop/lookup?ref=Zx9fTkQ2w8/LmPa1&page=2"
    assert ask(session, "http://shop/lookup?ref=Zx9fTkQ2w8%2FLmPa1&page=2") == b"first"
    assert ask(session, "login", "PUT") is not None
    assert ask(session, url) == b"second"
    verdict = session.verdict()
    assert verdict.ok(strict=True)
    assert relaxed(session) == [(REASON,)]


def test_a_secret_that_a_later_call_names_stands_in_an_earlier_one() -> None:
    session = replay(
        exchanged("PUT", "orders", b"made", body=b'{"note": "for %s"}' % OTHER.encode(), started=1),
        exchanged("GET", f"http://shop/?api_key={OTHER}", b"mine", started=2),
    )
    assert ask(session, "orders", "PUT", b'{"note": "for %s"}' % OTHER.encode()) == b"made"
    assert ask(session, f"http://shop/?api_key={OTHER}") == b"mine"
    assert session.verdict().ok(strict=True)


def test_it_stands_for_one_secret_only() -> None:
    session = replay(lookup(1, OTHER, "first"), issued(2, access_token=OTHER), lookup(3, OTHER, "second"))
    assert ask(session, f"http://shop/lookup?ref={OTHER}&page=2") == b"first"
    with pytest.raises(UnmatchedCall):
        ask(session, "http://shop/lookup?ref=somebody-elses-1&page=2")


@pytest.mark.parametrize(
    "url",
    [
        "http://shop/lookup?ref=short&page=2",
        f"http://shop/lookup?ref={OTHER}&page=3",
        f"http://shop/other?ref={OTHER}&page=2",
        f"http://shop/lookup?ref={OTHER} more&page=2",
        "http://shop/lookup?ref=redacted-jwt-7&page=2",
    ],
)
def test_all_else_must_be_the_same(url: str) -> None:
    session = replay(lookup(1, OTHER, "first"), issued(2, access_token=OTHER))
    with pytest.raises(UnmatchedCall):
        ask(session, url)


def test_where_it_may_be_either_of_two_it_is_a_miss() -> None:
    session = replay(
        lookup(1, OTHER, "Ada's"), lookup(2, SECRET, "Bob's"), issued(3, access_token=OTHER, refresh_token=SECRET)
    )
    with pytest.raises(UnmatchedCall):
        ask(session, f"http://shop/lookup?ref={SECRET}&page=2")


def test_one_text_is_not_two_secrets_nor_two_texts_one() -> None:
    def both(one: str, other: str) -> Exchange:
        return exchanged("GET", f"http://shop/{one}/{other}", b"both", started=1)

    session = replay(both(OTHER, OTHER), issued(3, access_token=OTHER))
    with pytest.raises(UnmatchedCall):
        ask(session, f"http://shop/{OTHER}/somebody-elses-1")
    session = replay(both(OTHER, "Nm5Ge2Hw9jUp6XzA"), issued(3, access_token=OTHER, refresh_token="Nm5Ge2Hw9jUp6XzA"))
    with pytest.raises(UnmatchedCall):
        ask(session, f"http://shop/{OTHER}/{OTHER}")
    assert ask(session, f"http://shop/{OTHER}/Nm5Ge2Hw9jUp6XzA") == b"both"


def test_the_kind_of_a_pseudonym() -> None:
    assert (kind_of("redacted-token-12"), kind_of("9999990000000001")) == ("token", "999999")


def test_an_inbound_request_that_brings_it_finds_its_cassette() -> None:
    served = exchanged("GET", f"http://shop/lookup?ref={OTHER}", started=1)
    cassette = Cassette(
        [
            Span("GET", f"{1:032x}", f"{1:016x}", kind=Kind.SERVER, start=1, end=9, exchange=served),
            Span("send", f"{1:032x}", f"{2:016x}", kind=Kind.CLIENT, exchange=issued(2, access_token=OTHER)),
        ]
    )
    Redactor().redact_cassette(cassette, Pseudonyms())
    requests = Requests([Recorded("one", cassette)], TOY)
    asked = asked_again(exchanged("GET", f"http://shop/lookup?ref={OTHER}"), TOY)
    other = asked_again(exchanged("GET", f"http://shop/lookup?ref={OTHER}&page=2"), TOY)
    for _ in range(2):
        assert requests.take(asked) == Recorded("one", cassette)
    assert requests.take(other) is None
