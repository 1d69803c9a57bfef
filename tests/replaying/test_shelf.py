"""The recorded units of work, found by their request: in turn, over and over, and read when they are asked for."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from timetracer.cassette.model import Cassette, Kind, Plain, Span
from timetracer.errors import CassetteDamaged
from timetracer.replaying.calls import Asked
from timetracer.replaying.shelf import Recorded, Shelf, asked_again, inbound
from toy import exchanged, instrumentor


def identity(request: dict[str, Plain], body: bytes | None) -> dict[str, str | bytes]:
    url = urlsplit(str(request["url"]))
    return {"method": str(request["verb"]), "path": url.path, "query": url.query, "body": body or b""}


SERVER = replace(instrumentor(Kind.SERVER), identity=identity)


def unit(url: str, *, body: bytes = b"", started: int = 1) -> Cassette:
    """An inbound request, and a call that was made for it."""
    served = exchanged(verb_of(body), url, body=body, started=started)
    return Cassette(
        [
            Span("send", "1" * 32, "2" * 16, "1" * 16, Kind.CLIENT, exchange=exchanged("GET", "elsewhere")),
            Span("GET", "1" * 32, "1" * 16, kind=Kind.SERVER, exchange=served),
        ]
    )


def verb_of(body: bytes) -> str:
    """The toy writes with PUT; what has a body writes."""
    return "PUT" if body else "GET"


def asked(url: str, body: bytes = b"") -> Asked:
    return asked_again(exchanged(verb_of(body), url, body=body), SERVER)


class Library:
    """A shelf over these cassettes, and what was read of them."""

    def __init__(self, **cassettes: Cassette) -> None:
        self.read: list[str] = []
        self._cassettes = cassettes
        self.shelf = Shelf((self._entry(name, cassette) for name, cassette in cassettes.items()), self._load)

    def _entry(self, name: str, cassette: Cassette) -> tuple[str, str, str]:
        served = inbound(cassette)
        assert served is not None
        return str(served.request["verb"]), urlsplit(str(served.request["url"])).path, name

    def _load(self, name: str) -> Cassette:
        self.read.append(name)
        return self._cassettes[name]

    def take(self, url: str, body: bytes = b"") -> str | None:
        found = self.shelf.take(asked(url, body), SERVER)
        return found.name if found is not None else None


def test_a_request_finds_its_unit() -> None:
    library = Library(one=unit("/a?n=1"), two=unit("/a?n=2"), three=unit("/b?n=1"))
    assert [library.take(url) for url in ("/b?n=1", "/a?n=2", "/a?n=1")] == ["three", "two", "one"]


def test_the_unit_comes_with_its_cassette() -> None:
    one = unit("/a")
    assert Library(one=one).shelf.take(asked("/a"), SERVER) == Recorded("one", one)


@pytest.mark.parametrize("url", ["/c", "/a?n=2", "/b"])
def test_what_was_never_asked_finds_nothing(url: str) -> None:
    assert Library(one=unit("/a?n=1"), two=unit("/b?n=1")).take(url) is None


def test_a_request_is_recognised_by_its_body_as_well() -> None:
    library = Library(one=unit("/a", body=b"1"), two=unit("/a", body=b"2"))
    assert [library.take("/a", b"2"), library.take("/a", b"1"), library.take("/a", b"3")] == ["two", "one", None]


def test_recordings_of_one_request_are_taken_in_turn_and_start_over() -> None:
    library = Library(second=unit("/a", started=2), first=unit("/a", started=1))
    assert [library.take("/a") for _ in range(5)] == ["first", "second", "first", "second", "first"]


def test_another_request_does_not_disturb_whose_turn_it_is() -> None:
    library = Library(first=unit("/a?n=1", started=1), second=unit("/a?n=1", started=2), other=unit("/a?n=2"))
    assert library.take("/a?n=1") == "first"
    assert [library.take(url) for url in ("/a?n=2", "/a?n=2", "/a?n=3")] == ["other", "other", None]
    assert library.take("/a?n=1") == "second"


def test_requests_whose_body_nobody_read_are_the_same_whatever_it_is() -> None:
    first, second, other = unit("/a?n=1", started=1), unit("/a?n=1", started=2), unit("/a?n=2")
    for one in (first, second, other):
        served = inbound(one)
        assert served is not None
        served.request["unread"] = True
    library = Library(first=first, second=second, other=other)
    assert [library.take(url) for url in ("/a?n=1", "/a?n=2", "/a?n=2")] == ["first", "other", "other"]
    assert library.take("/a?n=1") == "second"


def test_requests_that_differ_in_a_generated_identifier_are_taken_in_turn_and_start_over() -> None:
    def body(number: int) -> bytes:
        return b'{"id": "%b"}' % str(UUID(int=number << 64, version=4)).encode()

    library = Library(first=unit("/a", body=body(1), started=1), second=unit("/a", body=body(2), started=2))
    found = [library.take("/a", body(number)) for number in (11, 12, 13, 14)]
    assert found == ["first", "second", "first", "second"]


def test_a_cassette_is_read_when_its_request_comes_for_the_first_time() -> None:
    library = Library(one=unit("/a?n=1"), two=unit("/a?n=2"), three=unit("/b"))
    assert library.read == []
    for _ in range(3):
        library.take("/a?n=1")
    assert sorted(library.read) == ["one", "two"]


def test_one_that_cannot_be_read_is_told() -> None:
    def damaged(name: str) -> Cassette:
        raise CassetteDamaged(name, "it is not JSON")

    shelf = Shelf([("GET", "/a", "one.json")], damaged)
    for _ in range(2):
        with pytest.raises(CassetteDamaged, match="not JSON"):
            shelf.take(asked("/a"), SERVER)


def test_a_unit_without_an_inbound_request_answers_none() -> None:
    calls = Cassette([Span("send", "1" * 32, "2" * 16, kind=Kind.CLIENT, exchange=exchanged("GET", "/a"))])
    assert inbound(calls) is None
    shelf = Shelf([("GET", "/a", "calls")], {"calls": calls}.__getitem__)
    assert shelf.take(asked("/a"), SERVER) is None


def test_the_only_one_answers_whatever_is_asked() -> None:
    only = unit("/a")
    shelf = Shelf([], {}.__getitem__, only)
    assert [shelf.take(asked(url), SERVER) for url in ("/a", "/b", "/b")] == [Recorded("", only)] * 3


def test_a_recorded_request_asks_as_it_asked() -> None:
    one = asked_again(exchanged("PUT", "/a?n=1", body=b"x"), SERVER)
    assert (one.library, one.key, one.parts["body"], one.write, one.path, one.now) == (
        ("toy", "PUT /a?n=1", b"x", True, "", 0)
    )
