"""Whole cassettes: one secret has one name everywhere, and nothing else is changed."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest

from redaction.messages import (
    FORM_TYPE,
    JSON_TYPE,
    PNG,
    REDACTOR,
    cassette,
    exchange,
    message,
    redacted,
    span,
)
from timetracer.cassette.model import Cassette, Event, Exchange, Link, Redaction, Span
from timetracer.redaction.pseudonyms import Pseudonyms

# --- echoes, numbers, what is sent again -----------------------------------------------------------------------


def test_a_replay_recognises_a_secret_of_an_earlier_request() -> None:
    pseudonyms = Pseudonyms()
    redacted(message("", ("X-Api-Key", "key-123456")), pseudonyms=pseudonyms)

    request, body, _ = redacted(
        message(JSON_TYPE, url="http://a/key-123456"), b'{"x":"key-123456"}', pseudonyms=pseudonyms
    )

    assert request["url"] == "http://a/redacted-apikey-1"
    assert body == b'{"x":"redacted-apikey-1"}'
    assert redacted(message(), pseudonyms=pseudonyms)[2] == []


def test_pseudonyms_that_the_app_sends_back_stay() -> None:
    request = message(
        FORM_TYPE,
        ("Authorization", "Bearer redacted-token-7"),
        ("Cookie", "session=redacted-cookie-3"),
        url="http://u:redacted-password-2@example.com/?api_key=redacted-apikey-4&to=redacted-email-5%40example.com",
    )
    body = b"card=9999990000000006&mail=redacted-email-5%40example.com"

    assert REDACTOR.redact_request(request, body, Pseudonyms()) == (request, body, [])


def test_an_echoed_secret_has_one_pseudonym_everywhere() -> None:
    secret = "tok/en+12345"
    encoded = b64encode(secret.encode()).decode()
    recording = cassette(
        exchange(
            request=message("", ("Authorization", f"Bearer {secret}")),
            response={"status": 401, "headers": [["WWW-Authenticate", f'Bearer error="{secret}"']]},
            response_body=f'{{"a": "{secret}", "b": "{quote(secret, safe="")}", "c": "{encoded}"}}'.encode(),
            error={"type": "x.Error", "args": [f"refused {secret}"]},
        )
    )

    (exchanged,) = recording.exchanges
    assert exchanged.response == {
        "status": 401,
        "headers": [["WWW-Authenticate", 'Bearer error="redacted-authorization-1"']],
    }
    assert exchanged.response_body == (
        b'{"a": "redacted-authorization-1", "b": "redacted-authorization-1", "c": "redacted-authorization-1"}'
    )
    assert exchanged.error == {"type": "x.Error", "args": ["refused redacted-authorization-1"]}
    assert Redaction("response.body", "authorization") in exchanged.redactions


def test_a_secret_found_later_is_replaced_earlier_too() -> None:
    recording = cassette(
        exchange(request=message(url="http://a/verify/tok-12345"), started=1, ended=2),
        exchange(request=message("", ("X-Auth-Token", "tok-12345")), started=3, ended=4),
    )

    assert recording.exchanges[0].request["url"] == "http://a/verify/redacted-token-1"


def test_what_the_app_brings_is_numbered_before_what_it_is_given_each_in_the_order_of_the_calls() -> None:
    def call(started: int, sent: str, received: str) -> Exchange:
        return exchange(
            request=message("", ("X-Auth-Token", sent)),
            response={"headers": [["Content-Type", JSON_TYPE]]},
            response_body=json.dumps({"token": received}).encode(),
            started=started,
            ended=started + 5,
        )

    inbound = exchange(started=0, ended=99, response_body=b'{"token": "given-2"}', response={"headers": []})
    recording = cassette(
        call(30, "given-1", "own-1"), call(20, "own-2", "given-2"), inbound, call(10, "own-1", "given-1")
    )

    sent = [exchanged.request["headers"] for exchanged in recording.exchanges]
    assert sent == [
        [["X-Auth-Token", "redacted-token-4"]],
        [["X-Auth-Token", "redacted-token-2"]],
        [],
        [["X-Auth-Token", "redacted-token-1"]],
    ]
    assert recording.exchanges[1].response_body == b'{"token": "redacted-token-3"}'


def test_a_replay_comes_to_the_numbers_of_the_recording() -> None:
    """The app logs in, is given a token, uses it, and brings another secret of its own afterwards."""
    own = [("password", "pw-first"), ("password", "pw-second")]
    recording = cassette(
        exchange(request=message("", ("X-Password", own[0][1])), response={"headers": []}, started=1, ended=2,
                 response_body=b'{"password": "given-1"}'),
        exchange(request=message("", ("X-Password", "given-1")), started=3, ended=4),
        exchange(request=message("", ("X-Password", own[1][1])), started=5, ended=6),
    )  # fmt: skip
    assert recording.exchanges[0].response_body is not None
    given = json.loads(recording.exchanges[0].response_body)["password"]
    pseudonyms = Pseudonyms()

    live = [
        redacted(message("", ("X-Password", password)), pseudonyms=pseudonyms)[0]
        for password in ("pw-first", given, "pw-second")
    ]

    assert live == [exchanged.request for exchanged in recording.exchanges]


# --- whole cassettes -------------------------------------------------------------------------------------------


def test_spans_events_links_resource_and_name() -> None:
    recording = Cassette(
        [
            Span(
                "GET /ada@engines.uk",
                "0" * 32,
                "1" * 16,
                attributes={
                    "url.full": "http://a/?api_key=k-12345678",
                    "http.request.header.authorization": ["Bearer t-12345678"],
                    "http.request.header.cookie": ("a=1234x; b=2",),
                    "http.response.status_code": 200,
                    "db.statement": "SELECT * FROM t WHERE password = 'pw-1'",
                },
                events=[Event("exception", 1, {"exception.message": "api key k-12345678 is no good, pin: 1234567"})],
                links=[Link("0" * 32, "1" * 16, {"from": "ada@engines.uk"})],
                status_message="401 for t-12345678",
            )
        ],
        {"service.name": "shop", "api.key": "k-12345678"},
        "test_login[ada@engines.uk]",
    )

    REDACTOR.redact_cassette(recording, Pseudonyms())

    (found,) = recording.spans
    assert found.name == "GET /redacted-email-1@example.com"
    assert found.attributes == {
        "url.full": "http://a/?api_key=redacted-apikey-1",
        "http.request.header.authorization": ["Bearer redacted-authorization-1"],
        "http.request.header.cookie": ("a=redacted-cookie-1; b=9999990000000001",),
        "http.response.status_code": 200,
        "db.statement": "SELECT * FROM t WHERE password = 'redacted-password-1'",
    }
    assert found.events[0].attributes == {
        "exception.message": "api key redacted-apikey-1 is no good, pin: 9999990000000002"
    }
    assert found.links[0].attributes == {"from": "redacted-email-1@example.com"}
    assert found.status_message == "401 for redacted-authorization-1"
    assert recording.resource == {"service.name": "shop", "api.key": "redacted-apikey-1"}
    assert recording.name == "test_login[redacted-email-1@example.com]"
    assert [mark.path for mark in found.redactions] == [
        "span.name",
        "span.attributes.url.full",
        "span.attributes.http.request.header.authorization.0",
        "span.attributes.http.request.header.cookie.0.a",
        "span.attributes.http.request.header.cookie.0.b",
        "span.attributes.db.statement",
        "span.status_message",
        "span.events.0.attributes.exception.message",
        "span.events.0.attributes.exception.message",
        "span.links.0.attributes.from",
        "resource.api.key",
        "cassette.name",
    ]


@pytest.mark.parametrize(
    "place",
    [
        {"name": "ada@engines.uk"},
        {"attributes": {"a": "ada@engines.uk"}},
        {"status_message": "ada@engines.uk"},
        {"events": [Event("ada@engines.uk", 1)]},
        {"events": [Event("e", 1, {"a": "ada@engines.uk"})]},
        {"links": [Link("", "", {"a": "ada@engines.uk"})]},
        {"exchange": exchange(key="ada@engines.uk")},
        {"exchange": exchange(request_body=b"ada@engines.uk")},
        {"exchange": exchange(response={"x": "ada@engines.uk"})},
        {"exchange": exchange(response={}, response_body=b"ada@engines.uk")},
        {"exchange": exchange(error={"args": ["ada@engines.uk"]})},
    ],
)
def test_no_place_is_overlooked(place: dict[str, Any]) -> None:
    recording = Cassette([span(**place)])

    REDACTOR.redact_cassette(recording, Pseudonyms())

    assert "ada@engines.uk" not in repr(recording)
    assert "redacted-email-1@example.com" in repr(recording)


def test_an_echo_does_not_go_over_the_border_of_two_values() -> None:
    request, _, _ = redacted({"password": "abc\ndefghi", "list": ["abc", "defghi"]})

    assert request == {"password": "redacted-password-1", "list": ["abc", "defghi"]}


def test_the_key_says_what_the_request_says() -> None:
    url = "http://a/b?pin=1234&q=1"
    (exchanged,) = cassette(exchange(key=f"GET {url}", request=message(url=url))).exchanges

    assert exchanged.key == f"GET {exchanged.request['url']}" == "GET http://a/b?pin=9999990000000001&q=1"
    assert exchanged.redactions == [Redaction("request.query.pin", "otp")]


def test_a_mark_holds_no_secret_itself() -> None:
    recording = cassette(
        exchange(
            request=message("", ("X-Api-Key", "key-123456")),
            response={"headers": []},
            response_body=b'{"ada@engines.uk": {"password": "p"}, "key-123456": {"pin": 1234}}',
        )
    )

    assert {mark.path for mark in recording.exchanges[0].redactions} == {
        "request.headers.x-api-key",
        "response.body.redacted-email-1@example.com",
        "response.body.redacted-email-1@example.com.password",
        "response.body",
        "response.body.redacted-apikey-1.pin",
    }


def test_a_clean_cassette_stays_as_it_is() -> None:
    fields: dict[str, Any] = {
        "key": "POST http://shop/items",
        "request_body": b"x",
        "response": {"status": 200, "headers": [["Date", "Wed, 21 Oct 2015 07:28:00 GMT"]]},
        "response_body": PNG,
        "chunks": [(10, 1), (len(PNG) - 10, 2)],
        "error": {"type": "x.Y", "args": ["broke off", 3]},
    }

    assert cassette(exchange(**fields)) == Cassette([span(exchange(**fields))])


CHUNKED = '{"n": "ö", "token": "abcdefgh", "z": 1}'


@pytest.mark.parametrize("border", range(len(CHUNKED.encode()) + 1))
def test_chunks_go_on_adding_up_and_a_border_in_a_secret_moves_to_its_end(border: int) -> None:
    body = CHUNKED.encode()
    start = body.index(b"abcdefgh")
    length = len("redacted-token-1")

    recording = cassette(
        exchange(response={"headers": []}, response_body=body, chunks=[(border, 5), (0, 6), (len(body) - border, 7)])
    )

    (exchanged,) = recording.exchanges
    assert exchanged.response_body == CHUNKED.replace("abcdefgh", "redacted-token-1").encode()
    first = border if border <= start else max(border, start + 8) + length - 8
    assert exchanged.chunks == [(first, 5), (0, 6), (len(body) + length - 8 - first, 7)]


def test_chunks_of_something_else_than_the_body_stay() -> None:
    recording = cassette(exchange(response={"headers": []}, response_body=b'{"token": "abcdefgh"}', chunks=[(20, 1)]))

    assert recording.exchanges[0].chunks == [(20, 1)]


def test_no_request_of_the_app_is_changed_in_place() -> None:
    request = message(JSON_TYPE, ("X-Api-Key", "k-1"))
    before = repr(request)

    new, _, _ = redacted(request)

    assert repr(request) == before
    assert new != request
