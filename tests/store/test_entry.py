"""What a list says of a cassette."""

from __future__ import annotations

from typing import Any

import pytest

from cassette.worlds import BEGIN, orders
from timetracer.cassette.model import Cassette, Exchange, Kind, Span, Status
from timetracer.store.entry import Entry, describe


def asked(url: str, method: str = "GET", body: bytes | None = None, **attributes: Any) -> Cassette:
    exchange = Exchange("starlette", "", {"method": method, "url": url}, body)
    return Cassette([Span("root", "1" * 32, "1" * 16, start=1, attributes=attributes, exchange=exchange)])


def traced(**attributes: Any) -> Cassette:
    """A unit of work that only OpenTelemetry's instrumentor told us of."""
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    return Cassette([Span("root", "1" * 32, "1" * 16, start=1, attributes=named)])


def entry(cassette: Cassette) -> Entry:
    return describe(cassette, "a", "unit", 10)


def test_an_inbound_request() -> None:
    assert describe(orders(), "a.json", "unit", 1234) == Entry(
        name="a.json",
        kind="unit",
        start=BEGIN,
        duration=9_000_000,
        method="GET",
        route="/orders/{id}",
        target="/orders/7?expand=items",
        status=200,
        error=False,
        service="shop",
        spans=4,
        size=1234,
        fingerprint=entry(orders()).fingerprint,
    )


@pytest.mark.parametrize(
    ("url", "target", "route"),
    [
        ("http://shop:8080/a/b?c=d", "/a/b?c=d", "/a/b"),
        ("http://shop", "/", "/"),
        ("http://shop?a=/b", "/?a=/b", "/"),
        ("/a/b?c=http://d/e", "/a/b?c=http://d/e", "/a/b"),
        ("a?b=http://c", "a?b=http://c", "a"),
        ("http://[::1/a", "/a", "/a"),
        ("", "root", "root"),
    ],
)
def test_target_and_route_of_a_url(url: str, target: str, route: str) -> None:
    found = entry(asked(url))
    assert (found.target, found.route) == (target, route)


@pytest.mark.parametrize(
    ("cassette", "expected"),
    [
        (traced(http__method="POST", http__target="/a?b=1", http__status_code=201), ("POST", "/a?b=1", 201, False)),
        (traced(http__request__method="PUT", url__path="/a", url__query="b=1"), ("PUT", "/a?b=1", None, False)),
        (traced(url__path="/a", http__response__status_code=503), ("", "/a", 503, True)),
        (traced(http__url="http://shop/a", http__status_code="200"), ("", "/a", None, False)),
        (traced(http__method=7, http__target=["x"]), ("", "root", None, False)),
        (Cassette(name="empty"), ("", "empty", None, False)),
    ],
)
def test_what_only_attributes_tell(cassette: Cassette, expected: tuple[Any, ...]) -> None:
    found = entry(cassette)
    assert (found.method, found.target, found.status, found.error) == expected


def test_errors() -> None:
    failed = asked("/a")
    failed.spans[0].status = Status.ERROR
    broken = asked("/a")
    assert broken.spans[0].exchange is not None
    broken.spans[0].exchange.error = {"type": "cancelled"}
    assert [entry(cassette).error for cassette in (asked("/a"), failed, broken)] == [False, True, True]


def test_a_process_lasts_until_its_last_span() -> None:
    spans = [Span(str(n), "1" * 32, f"{n:016}", kind=Kind.CLIENT, start=n, end=n * 10) for n in (1, 3, 2)]
    assert describe(Cassette(spans), "a", "process", 1).duration == 29
    assert describe(Cassette(spans), "a", "unit", 1).duration == 9
    assert describe(Cassette(), "a", "process", 1).duration == 0


def test_equal_requests_have_equal_fingerprints_and_others_others() -> None:
    same = [asked("http://shop/a?b=1", body=b""), asked("/a?b=1"), asked("https://other/a?b=1")]
    assert len({entry(cassette).fingerprint for cassette in same}) == 1
    others = [
        asked("/a?b=1"),
        asked("/a?b=2"),
        asked("/a"),
        asked("/a?b=1", "POST"),
        asked("/a?b=1", body=b"x"),
        asked("/a", body=b"?b=1"),
        asked("/\udcff"),
    ]
    assert len({entry(cassette).fingerprint for cassette in others}) == len(others)
    assert len(entry(same[0]).fingerprint) == 16
