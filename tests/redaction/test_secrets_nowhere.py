"""Every secret in every place, and what holds for any message."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.messages import (
    FORM_TYPE,
    JSON_TYPE,
    REDACTOR,
    cassette,
    exchange,
    message,
    redacted_body,
    span,
)
from redaction.planted import BY_LOOKS
from timetracer.cassette.model import Cassette, Event, Exchange, Link
from timetracer.redaction.pseudonyms import PSEUDONYM, Pseudonyms

# --- every secret in every place -------------------------------------------------------------------------------

TEXTS: dict[str, Callable[[str], str]] = {
    "plain": lambda secret: f"so: {secret}",
    "json": lambda secret: json.dumps({"a": [{"note": f"is ({secret})"}]}),
    "ascii json in json": lambda secret: json.dumps({"a": json.dumps({"b": f"ö {secret}"})}),
    "form": lambda secret: urlencode({"x": "1", "note": secret}),
    "html": lambda secret: f"<p title='{secret}'>{secret}</p>",
    "events": lambda secret: f"event: a\ndata: {json.dumps({'x': secret})}\n\ndata: {json.dumps(secret)}\n\n",
    "multipart": lambda secret: f'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\n{secret}\r\n--b--\r\n',
}
TYPES = {"json": JSON_TYPE, "form": FORM_TYPE, "html": "text/html", "multipart": "multipart/form-data; boundary=b"}

NAMED = {
    "password": "correct-horse-9",
    "token": "tok'en <1> ö",
    "apiKey": "k/e+y=1 %41",
    "client_secret": "a b&c\\d-9",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "session_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
}


def world(secret: str, name: str) -> Cassette:
    """A cassette with `secret` in every place that there is, in one of them under `name`."""
    nothing = Exchange("httpx", "", message())
    spans = [
        span(
            exchange(
                key=f"GET http://a/{quote(secret, safe='')}",
                request=message(
                    TYPES.get(form, "text/plain"),
                    (f"X-{name}", secret),
                    ("X-Note", secret),
                    url=f"http://a/{quote(secret)}?q={quote_plus(secret)}",
                ),
                request_body=text(secret).encode(),
                response={"headers": [["Content-Type", TYPES.get(form, "text/plain")], ["X-Echo", f"[{secret}]"]]},
                response_body=text(secret).encode(),
                error={"type": "a.B", "args": [f"({secret})", {"x": secret, "y": [secret, secret.encode()]}]},
            ),
            name=f"call {secret}",
            attributes={"url.full": f"http://a/?q={quote_plus(secret)}", "list": [secret], "map": {name: secret}},
            events=[Event(f"e {secret}", 1, {"exception.stacktrace": f'File "x"\n  raise E({secret!r})'})],
            links=[Link("", "", {"a": secret})],
            status_message=f"failed: {secret}",
        )
        for form, text in TEXTS.items()
    ]
    return Cassette([span(nothing), *spans], {"r": secret}, f"test[{secret}]")


def written(recording: Cassette) -> str:
    return "\n".join(
        part
        for text in _texts(recording)
        for part in (text, text.replace("\\", ""), re.sub("%[0-9A-Fa-f]{2}", _char, text).replace("+", " "))
    )


def _char(match: re.Match[str]) -> str:
    return chr(int(match[0][1:], 16))


def _texts(value: Any) -> list[str]:
    if isinstance(value, bytes):
        return [value.decode("utf-8", "replace")]
    if isinstance(value, Mapping):
        return [text for pair in value.items() for item in pair for text in _texts(item)]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [text for item in value for text in _texts(item)]
    if hasattr(value, "__dataclass_fields__"):
        return [text for name in value.__dataclass_fields__ for text in _texts(getattr(value, name))]
    return [str(value)]


@pytest.mark.parametrize(("kind", "secret"), BY_LOOKS.values(), ids=BY_LOOKS)
def test_what_looks_like_a_secret_is_in_no_place_of_the_cassette(kind: str, secret: str) -> None:
    recording = world(secret, "note")
    assert secret in written(recording)

    REDACTOR.redact_cassette(recording, Pseudonyms())

    text = written(recording)
    assert secret not in text
    assert secret.replace("\n", "n") not in text
    kinds = {mark.kind for found in recording.spans for mark in found.redactions}
    kinds |= {mark.kind for found in recording.exchanges for mark in found.redactions}
    assert kinds == {kind}


@pytest.mark.parametrize(("name", "secret"), NAMED.items())
def test_what_has_the_name_of_a_secret_once_is_in_no_place_of_the_cassette(name: str, secret: str) -> None:
    recording = world(secret, name)
    assert secret in written(recording)

    REDACTOR.redact_cassette(recording, Pseudonyms())

    assert secret not in written(recording)


@pytest.mark.parametrize("secret", [secret for _, secret in BY_LOOKS.values()] + list(NAMED.values()))
def test_redacting_twice_is_redacting_once(secret: str) -> None:
    recording = world(secret, "password")
    REDACTOR.redact_cassette(recording, Pseudonyms())
    once = repr(recording)

    REDACTOR.redact_cassette(recording, Pseudonyms())

    assert repr(recording) == once


@pytest.mark.parametrize("secret", [secret for _, secret in BY_LOOKS.values()])
def test_recorded_and_live_requests_are_redacted_alike(secret: str) -> None:
    recording = world(secret, "note")
    asked = [(exchanged.request, exchanged.request_body) for exchanged in recording.exchanges]

    REDACTOR.redact_cassette(recording, Pseudonyms())

    pseudonyms = Pseudonyms()
    live = [REDACTOR.redact_request(request, body, pseudonyms)[:2] for request, body in asked]
    assert live == [(exchanged.request, exchanged.request_body) for exchanged in recording.exchanges]


# --- properties ------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["id", "name", "password", "apiKey", "token", "note", "x-tenant", "ö", 'a"b', "mail", ""])
SECRETS = st.text(min_size=1, max_size=20) | st.sampled_from([secret for _, secret in BY_LOOKS.values()])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | SECRETS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def differing(before: Any, after: Any) -> list[tuple[Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        assert len(before) == len(after)
        return [pair for one, two in zip(before.values(), after.values(), strict=True) for pair in differing(one, two)]
    if isinstance(before, list) and isinstance(after, list):
        assert len(before) == len(after)
        return [pair for one, two in zip(before, after, strict=True) for pair in differing(one, two)]
    return [] if before == after and type(before) is type(after) else [(before, after)]


@given(JSON, st.booleans())
def test_json_stays_json_and_equal_but_for_pseudonyms(value: Any, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only)

    after = json.loads(redacted_body(body.encode("utf-8", "surrogatepass").decode("utf-8", "replace")))

    for old, new in differing(json.loads(body.encode("utf-8", "surrogatepass").decode("utf-8", "replace")), after):
        assert PSEUDONYM.search(str(new)), (old, new)
        assert isinstance(old, str) is isinstance(new, str)


@given(JSON)
def test_json_is_redacted_once_and_for_all(value: Any) -> None:
    once = redacted_body(json.dumps(value))

    assert redacted_body(once) == once


@given(
    st.text(max_size=60) | st.lists(SECRETS, max_size=4).map(" ".join),
    st.sampled_from(["text/plain", FORM_TYPE, JSON_TYPE]),
)
def test_any_text_is_redacted_once_and_for_all(text: str, media_type: str) -> None:
    body = text.encode("utf-8", "replace").decode()
    once = redacted_body(body, media_type)

    assert redacted_body(once, media_type) == once


@given(st.binary(max_size=200), st.sampled_from(["", "image/png", JSON_TYPE, FORM_TYPE, "multipart/form-data"]))
def test_no_bytes_are_too_strange(body: bytes, media_type: str) -> None:
    REDACTOR.redact_request(message(media_type), body, Pseudonyms())


@given(st.text(st.characters(codec="utf-8"), min_size=8, max_size=24), st.sampled_from(sorted(TEXTS)))
def test_a_secret_named_once_survives_nowhere(secret: str, form: str) -> None:
    recording = Cassette(
        [
            span(
                exchange(
                    request={"headers": [["Content-Type", JSON_TYPE]]},
                    request_body=json.dumps({"password": secret}).encode(),
                    response={"headers": [["Content-Type", TYPES.get(form, "text/plain")]]},
                    response_body=TEXTS[form]("~" + secret + "~").encode(),
                )
            )
        ]
    )
    body = recording.exchanges[0].response_body

    REDACTOR.redact_cassette(recording, Pseudonyms())

    request_body = recording.exchanges[0].request_body
    assert request_body is not None
    if json.loads(request_body)["password"] != secret and not secret.isalnum():
        assert recording.exchanges[0].response_body != body


@given(
    st.lists(st.sampled_from(['{"token": "abcdefgh"}', "ö", "x" * 9, "ada@engines.uk", "\n"]), max_size=12), st.data()
)
def test_chunks_always_add_up(pieces: list[str], data: st.DataObject) -> None:
    body = "".join(pieces).encode()
    borders = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    lengths = [end - start for start, end in zip([0, *borders], [*borders, len(body)], strict=True)]
    recording = cassette(
        exchange(
            response={"headers": []}, response_body=body, chunks=[(length, at) for at, length in enumerate(lengths)]
        )
    )

    (exchanged,) = recording.exchanges
    assert exchanged.chunks is not None
    assert exchanged.response_body is not None
    assert [at for _, at in exchanged.chunks] == list(range(len(lengths)))
    assert all(length >= 0 for length, _ in exchanged.chunks)
    assert sum(length for length, _ in exchanged.chunks) == len(exchanged.response_body)
    text = exchanged.response_body.decode()
    inside = {position for match in PSEUDONYM.finditer(text) for position in range(match.start() + 1, match.end())}
    places = {len(text[:position].encode()) for position in inside}
    assert not places & set(accumulate(length for length, _ in exchanged.chunks))
