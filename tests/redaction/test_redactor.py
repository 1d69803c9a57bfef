"""One request: nothing secret is left, and nothing else is changed."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from redaction.messages import (
    FORM_TYPE,
    JSON_TYPE,
    PNG,
    REDACTOR,
    exchange,
    message,
    redacted,
    redacted_body,
    span,
)
from redaction.planted import BY_LOOKS, HARMLESS, JWT, PEM
from timetracer.cassette.model import Cassette, Plain, Redaction
from timetracer.redaction.pseudonyms import Pseudonyms
from timetracer.redaction.redactor import Redactor
from timetracer.redaction.rules import DEFAULT, SECRET, Rules

# --- one request -----------------------------------------------------------------------------------------------


def test_a_clean_request_comes_back_as_the_same_objects() -> None:
    request = message(JSON_TYPE, ("Accept", "*/*"), ("traceparent", f"00-{'4b' * 16}-{'0a' * 8}-01"))
    body = json.dumps({"items": [{"id": 1, "token_count": 5, "at": "2024-01-01T00:00:00Z"}]}).encode()

    new, new_body, marks = REDACTOR.redact_request(request, body, Pseudonyms())

    assert new is request
    assert new_body is body
    assert marks == []


def test_a_request_without_a_body_has_none_afterwards() -> None:
    assert REDACTOR.redact_request(message("", ("X-Api-Key", "k")), None, Pseudonyms())[1] is None


@pytest.mark.parametrize(
    ("name", "value", "new"),
    [
        ("Authorization", "Bearer tok-1", "Bearer redacted-authorization-1"),
        ("authorization", "Basic YWRhOnB3", "Basic redacted-authorization-1"),
        ("AUTHORIZATION", "tok-1", "redacted-authorization-1"),
        (
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=y",
            "AWS4-HMAC-SHA256 redacted-authorization-1",
        ),
        ("Proxy-Authorization", 'Digest username="a", response="b"', "Digest redacted-authorization-1"),
        ("Cookie", "session=s-1; theme=dark; empty=", "session=redacted-cookie-1; theme=redacted-cookie-2; empty="),
        ("Cookie", 'a="s-1";b=s-1', 'a="redacted-cookie-1";b=redacted-cookie-1'),
        ("Set-Cookie", "sid=s-1; Path=/; Max-Age=60; HttpOnly", "sid=redacted-cookie-1; Path=/; Max-Age=60; HttpOnly"),
        ("Set-Cookie", 'a={"x":1,"y":2}; Path=/', "a=redacted-cookie-1; Path=/"),
        ("Set-Cookie", "a=1x; Path=/, b=2x", "a=redacted-cookie-1; Path=/, b=redacted-cookie-2"),
        (
            "Set-Cookie",
            "a=s-1; Expires=Wed, 21 Oct 2015 07:28:00 GMT",
            "a=redacted-cookie-1; Expires=Wed, 21 Oct 2015 07:28:00 GMT",
        ),
        ("Set-Cookie", 'sid=""; Max-Age=0', 'sid=""; Max-Age=0'),
        ("Cookie", "not a cookie at all", "redacted-cookie-1"),
        ("X-Api-Key", "key-1", "redacted-apikey-1"),
        ("X-Auth-Token", "tok-1", "redacted-token-1"),
        ("Location", "https://a/b?access_token=tok-1&x=1", "https://a/b?access_token=redacted-token-1&x=1"),
        (
            "Link",
            "<https://a/b?page=2&api_key=k-12>; rel=next",
            "<https://a/b?page=2&api_key=redacted-apikey-1>; rel=next",
        ),
        ("Referer", f"https://a/{JWT}/b", "https://a/redacted-jwt-1/b"),
        ("From", "ada@engines.uk", "redacted-email-1@example.com"),
        ("Cache-Control", "max-age=0, private", "max-age=0, private"),
    ],
)
def test_headers(name: str, value: str, new: str) -> None:
    request, _, marks = redacted(message("", ("Accept", "*/*"), (name, value)))

    assert request["headers"] == [["Accept", "*/*"], [name, new]]
    assert bool(marks) is (value != new)
    assert all(mark.path.startswith(f"request.headers.{name.lower()}") for mark in marks)


@pytest.mark.parametrize(
    ("url", "new"),
    [
        ("http://a/b?api_key=k-1", "http://a/b?api_key=redacted-apikey-1"),
        ("http://a/b?x=1&API-Key=k%2F1%20&y=%41#f", "http://a/b?x=1&API-Key=redacted-apikey-1&y=%41#f"),
        ("http://a/b?key=0123456789abcdef0123456789abcdef", "http://a/b?key=redacted-apikey-1"),
        ("http://a/b?key=primary", "http://a/b?key=primary"),
        ("http://ada:pw@a/b", "http://ada:redacted-password-1@a/b"),
        ("redis://:p%40w@a:1/0", "redis://:redacted-password-1@a:1/0"),
        ("https://0123456789abcdef@a/b", "https://redacted-password-1@a/b"),
        ("https://ada@a/b", "https://ada@a/b"),
        ("http://a/users/ada@engines.uk/x", "http://a/users/redacted-email-1@example.com/x"),
        ("http://a/b?to=ada%40engines.uk&n=1", "http://a/b?to=redacted-email-1%40example.com&n=1"),
        ("http://a/b?token=ada%40engines.uk", "http://a/b?token=redacted-token-1"),
        (f"http://a/b?q=%20{JWT}", "http://a/b?q=%20redacted-jwt-1"),
        ("http://a/b?card=4111+1111+1111+1111", "http://a/b?card=9999990000000002"),
        ("http://a/b?password=&token&page_token=p", "http://a/b?password=&token&page_token=p"),
        ("http://a/b?redirect=https%3A%2F%2Fc%2F%3Fapi_key%3Dk-12345", None),
    ],
)
def test_urls(url: str, new: str | None) -> None:
    request, _, _ = redacted(message(url=url))

    if new is None:
        assert "k-12345" not in str(request["url"])
    else:
        assert request["url"].replace("0000000001", "0000000002") == new


@pytest.mark.parametrize(
    ("body", "new"),
    [
        ('{"password": "p\\u00e4ss\\/1" , "a":1}', '{"password": "redacted-password-1" , "a":1}'),
        ('{"user":{"list":[{"apiKey":"k-1"}]}}', '{"user":{"list":[{"apiKey":"redacted-apikey-1"}]}}'),
        ('{"api_keys": ["k-1", "k-2"]}', '{"api_keys": ["redacted-apikey-1", "redacted-apikey-2"]}'),
        (
            '{"token": {"type": "x", "value": "v-1", "ttl": 3600}}',
            '{"token": {"type": "x", "value": "redacted-token-1", "ttl": 3600}}',
        ),
        ('{"pin": 1234, "cvv": 123, "token": 5}', '{"pin": 9999990000000001, "cvv": 9999990000000002, "token": 5}'),
        ('{"token": null, "secret": true, "password": ""}', '{"token": null, "secret": true, "password": ""}'),
        ('{"card": 4111111111111111}', '{"card": 9999990000000001}'),
        ('{"n": 12345678901234567890123, "a": 1, "a": 2.50e1}', '{"n": 12345678901234567890123, "a": 1, "a": 2.50e1}'),
        (
            '{"big": 12345678901234567890123, "token": "t-1"}',
            '{"big": 12345678901234567890123, "token": "redacted-token-1"}',
        ),
        ('{"ada@engines.uk": {"x": 1}}', '{"redacted-email-1@example.com": {"x": 1}}'),
        ('{"\\u0070assword": "p-1"}', '{"\\u0070assword": "redacted-password-1"}'),
        ('{"pass\\u0077ord":"p-1","x":"\\u00e9"}', '{"pass\\u0077ord":"redacted-password-1","x":"\\u00e9"}'),
        ('{"m": "x \\"ada@engines.uk\\"\\n\\u00e9"}', '{"m": "x \\"redacted-email-1@example.com\\"\\n\\u00e9"}'),
        ('{"m": "{\\"password\\": \\"p-1\\"}"}', '{"m": "{\\"password\\": \\"redacted-password-1\\"}"}'),
        (
            '{"q": "mutation { login(password: \\"p-1\\") }"}',
            '{"q": "mutation { login(password: \\"redacted-password-1\\") }"}',
        ),
        ("{\"e\": \"{'token': 't-1'}\"}", "{\"e\": \"{'token': 'redacted-token-1'}\"}"),
        ('{"u": "https://a/?sig=1&access_token=t-12"}', '{"u": "https://a/?sig=1&access_token=redacted-token-1"}'),
        ('{"k" :\t"v", "password"\n :\t"p-1"}', '{"k" :\t"v", "password"\n :\t"redacted-password-1"}'),
        ('{"a": "Bearer abc12345"}', '{"a": "Bearer redacted-bearer-1"}'),
        ('{"auth": "Bearer abc12345"}', '{"auth": "Bearer redacted-authorization-1"}'),
        ('"ada@engines.uk"', '"redacted-email-1@example.com"'),
        ('{"a": 1}\n{"token": "t-1"}\n', '{"a": 1}\n{"token": "redacted-token-1"}\n'),
        ('{"token": "t-1", "broken": "of', '{"token": "redacted-token-1", "broken": "of'),
        ('{"broken": "ada@engines.uk', '{"broken": "redacted-email-1@example.com'),
        ("not json, password=p-12", "not json, password=redacted-password-1"),
        ("\ufeff" + '{"token": "t-1"}', "\ufeff" + '{"token": "redacted-token-1"}'),
        ("[" * 5000 + '{"token": "t-1"}', "[" * 5000 + '{"token": "redacted-token-1"}'),
    ],
)
def test_json_is_changed_in_its_secrets_alone(body: str, new: str) -> None:
    assert redacted_body(body) == new


@pytest.mark.parametrize("media_type", ["application/problem+json", "application/x-ndjson", "text/plain", ""])
def test_json_is_known_by_what_it_is(media_type: str) -> None:
    assert redacted_body('{"pin": 1234, "s": "x"}', media_type) == '{"pin": 9999990000000001, "s": "x"}'


def test_a_form() -> None:
    body = urlencode(
        {"user": "ada", "user[password]": "p w&1", "mail": "ada@engines.uk", "card": "4111 1111 1111 1111"}
    )

    assert redacted_body(body, FORM_TYPE) == (
        "user=ada&user%5Bpassword%5D=redacted-password-1&mail=redacted-email-1%40example.com&card=9999990000000001"
    )


@pytest.mark.parametrize("boundary", ["xyz", '"xyz"'])
def test_multipart(boundary: str) -> None:
    def part(headers: str, content: bytes) -> bytes:
        return b"--xyz\r\nContent-Disposition: form-data; " + headers.encode() + b"\r\n\r\n" + content + b"\r\n"

    def body(password: str, inner: str, mail: str) -> bytes:
        return (
            part('name="password"', password.encode())
            + part('name="data"\r\nContent-Type: application/json', inner.encode())
            + part('name="mail"', mail.encode())
            + part('name="file"; filename="a.png"\r\nContent-Type: image/png', PNG)
            + b"--xyz--\r\n"
        )

    request = message(f"multipart/form-data; boundary={boundary}")
    _, new, marks = redacted(request, body("p-1", '{"pin": 1234}', "ada@engines.uk"))

    assert new == body("redacted-password-1", '{"pin": 9999990000000001}', "redacted-email-1@example.com")
    assert [mark.path for mark in marks] == ["request.body.password", "request.body.data.pin", "request.body.mail"]


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ('data: {"token": 12345}\n\ndata: [DONE]\n\n', 'data: {"token": 9999990000000001}\n\ndata: [DONE]\n\n'),
        ("event: x\ndata: hi ada@engines.uk\n\n", "event: x\ndata: hi redacted-email-1@example.com\n\n"),
        ("<SessionToken>abc</SessionToken><Key>a</Key>", "<SessionToken>redacted-token-1</SessionToken><Key>a</Key>"),
        (
            '<input type="hidden" name="csrf_token" value="abc">',
            '<input type="hidden" name="csrf_token" value="redacted-token-1">',
        ),
        ('<label>Password: </label><input name="password" type="password">', None),
        ("<p>Your password: must have 8 characters</p>", None),
        ("X-Api-Key: key12345\nAccept: text/html", "X-Api-Key: redacted-apikey-1\nAccept: text/html"),
        (f"see {PEM} there", "see redacted-privatekey-1 there"),
        ("curl -H 'Authorization: Bearer abc12345'", "curl -H 'Authorization: Bearer redacted-authorization-1'"),
        ("postgres://ada:pw@db/x", "postgres://ada:redacted-password-1@db/x"),
    ],
)
def test_text(text: str, new: str | None) -> None:
    assert redacted_body(text, "text/plain") == (text if new is None else new)


def test_binary_bodies_stay_as_they_are_but_for_known_secrets_and_tokens() -> None:
    request = message("application/octet-stream", ("X-Api-Key", "key-123456"))
    binary = b"\xff\x00\x89 ada@engines.uk 4111111111111111 key-123456 " + BY_LOOKS["github"][1].encode() + b"\xfe"

    _, body, marks = redacted(request, binary)

    assert body == b"\xff\x00\x89 ada@engines.uk 4111111111111111 redacted-apikey-1 redacted-github-1\xfe"
    assert [(mark.path, mark.kind) for mark in marks[1:]] == [("request.body", "apikey"), ("request.body", "github")]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_resembles_a_secret_stays(text: str) -> None:
    request = message("text/plain", ("X-Note", text), url=f"http://a/b?q={quote(text)}")

    assert REDACTOR.redact_request(request, text.encode(), Pseudonyms()) == (request, text.encode(), [])
    assert redacted_body(json.dumps({"note": text})) == json.dumps({"note": text})


def test_other_libraries_requests_are_plain_values() -> None:
    request: dict[str, Plain] = {
        "command": "insert",
        "documents": [{"email": "ada@engines.uk", "password": "p-1", "pin": 1234, "n": Decimal("1.5")}],
        "args": ("SET", b"user:1", b"mail ada@engines.uk", 4111111111111111, None, True),
        "tags": frozenset({"ada@engines.uk"}),
        "credentials": {"username": "ada", "key": "k-1"},
        "blob": b"\xff\xfe",
    }

    new, _, marks = redacted(request)

    assert new == {
        "command": "insert",
        "documents": [
            {
                "email": "redacted-email-1@example.com",
                "password": "redacted-password-1",
                "pin": 9999990000000001,
                "n": Decimal("1.5"),
            }
        ],
        "args": ("SET", b"user:1", b"mail redacted-email-1@example.com", 9999990000000002, None, True),
        "tags": frozenset({"redacted-email-1@example.com"}),
        "credentials": {"username": "ada", "key": "redacted-secret-1"},
        "blob": b"\xff\xfe",
    }
    assert Redaction("request.documents.0.password", "password") in marks


# --- the user's rules ------------------------------------------------------------------------------------------


def with_rules(**rules: Any) -> Redactor:
    return Redactor(DEFAULT.also(**rules))


@pytest.mark.parametrize(
    ("path", "new"),
    [
        ("request.body.user.ssn", '{"user": {"ssn": "redacted-rule-1", "id": 7}, "items": [{"c": "x"}, {"c": "y"}]}'),
        ("request.body.user.id", '{"user": {"ssn": "1-2", "id": 9999990000000001}, "items": [{"c": "x"}, {"c": "y"}]}'),
        (
            "request.body.items.*.c",
            '{"user": {"ssn": "1-2", "id": 7}, "items": [{"c": "redacted-rule-1"}, {"c": "redacted-rule-2"}]}',
        ),
        (
            "request.body.items[*].c",
            '{"user": {"ssn": "1-2", "id": 7}, "items": [{"c": "redacted-rule-1"}, {"c": "redacted-rule-2"}]}',
        ),
        ("request.body.items[1]", '{"user": {"ssn": "1-2", "id": 7}, "items": [{"c": "x"}, {"c": "redacted-rule-1"}]}'),
        (
            "REQUEST.body.User",
            '{"user": {"ssn": "redacted-rule-1", "id": 9999990000000001}, "items": [{"c": "x"}, {"c": "y"}]}',
        ),
        ("*.body.user.ssn", '{"user": {"ssn": "redacted-rule-1", "id": 7}, "items": [{"c": "x"}, {"c": "y"}]}'),
        ("request.**.ssn", '{"user": {"ssn": "redacted-rule-1", "id": 7}, "items": [{"c": "x"}, {"c": "y"}]}'),
        ("response.body.user.ssn", '{"user": {"ssn": "1-2", "id": 7}, "items": [{"c": "x"}, {"c": "y"}]}'),
    ],
)
def test_a_rule_by_path(path: str, new: str) -> None:
    body = '{"user": {"ssn": "1-2", "id": 7}, "items": [{"c": "x"}, {"c": "y"}]}'

    assert redacted_body(body, redactor=with_rules(paths=[path], keep=["ssn"])) == new


def test_rules_for_headers_queries_and_whole_bodies() -> None:
    redactor = with_rules(paths=["request.headers.X-Tenant", "request.query.q", "request.body"])

    request, body, marks = redacted(
        message("text/plain", ("x-tenant", "acme"), url="http://a/?q=%41+1&r=2"), b"all", redactor
    )

    assert request["headers"][0] == ["x-tenant", "redacted-rule-1"] or request["headers"][0] == [
        "x-tenant",
        "redacted-rule-2",
    ]
    assert re.fullmatch(r"http://a/\?q=redacted-rule-\d&r=2", request["url"])
    assert body == b"redacted-rule-3"
    assert {mark.kind for mark in marks} == {"rule"}


def test_a_rule_by_name_and_one_by_pattern() -> None:
    redactor = with_rules(names=["X-Tenant"], patterns=[("badge", r"badge:(\d+)"), ("room", r"R\d{4}")])

    assert redacted_body('{"xTenant": "acme", "n": "badge:1234 in R0815"}', redactor=redactor) == (
        '{"xTenant": "redacted-xtenant-1", "n": "badge:9999990000000001 in redacted-room-1"}'
    )


def test_a_rule_by_function() -> None:
    asked: list[tuple[str, Plain]] = []

    def function(path: str, value: Plain) -> Any:
        asked.append((path, value))
        if path == "request.body.name":
            return 'A "quoted" one'
        if path == "request.body.age":
            return 0
        return SECRET if value == "find me" else None

    new = redacted_body(
        '{"name": "x", "age": 42.5, "b": [true, null, "find me"], "token": "t-1"}',
        redactor=with_rules(function=function),
    )

    assert (
        new
        == '{"name": "A \\"quoted\\" one", "age": 0, "b": [true, null, "redacted-rule-1"], "token": "redacted-token-1"}'
    )
    assert {("request.body.name", "x"), ("request.body.age", 42.5), ("request.body.b.2", "find me")} <= set(asked)


def test_a_function_that_changes_nothing_leaves_no_mark() -> None:
    request = message("text/plain", ("A", "b"))

    assert REDACTOR.redact_request(request, b"x", Pseudonyms()) == (request, b"x", [])
    assert with_rules(function=lambda path, value: value).redact_request(request, b"x", Pseudonyms()) == (
        request,
        b"x",
        [],
    )


@pytest.mark.parametrize(
    ("keep", "body"),
    [
        ("email", '{"mail": "ada@engines.uk"}'),
        ("card", '{"n": "4111111111111111"}'),
        ("password", '{"password": "p-1"}'),
        ("api_key", '{"apiKey": "k-1"}'),
        ("request.body.user.*", '{"user": {"token": "t-1", "mail": "ada@engines.uk"}}'),
        ("jwt", json.dumps({"x": JWT})),
    ],
)
def test_what_is_kept_stays(keep: str, body: str) -> None:
    assert redacted_body(body) != body
    assert redacted_body(body, redactor=with_rules(keep=[keep])) == body


def test_a_rule_about_a_short_value_in_the_url_holds_for_the_key_too() -> None:
    recording = Cassette([span(exchange(key="GET http://a/?x=ab&y=cd", request=message(url="http://a/?x=ab&y=cd")))])

    with_rules(paths=["request.query.x"]).redact_cassette(recording, Pseudonyms())

    assert recording.exchanges[0].key == "GET http://a/?x=redacted-rule-1&y=cd"


def test_a_function_may_be_given_alone() -> None:
    assert Redactor(Rules(function=lambda path, value: None)).redact_request(message(), b"", Pseudonyms())[2] == []


# --- what an instrumentor knows ---------------------------------------------------------------------------------

KNOWN: dict[str, str | None] = {"request.body.Text": None, "response.body.Raw": "AAAA", "request.headers.x-own": None}


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("open sesame", "redacted-rule-1"),
        (
            '{"user": "ada", "port": 5432, "n": 1234567, "on": true}',
            '{"user": "redacted-rule-1", "port": 5432, "n": 9999990000000001, "on": true}',
        ),
        ('{"user": "ada"', "redacted-rule-1"),
        ('["ada"]', "redacted-rule-1"),
        ("{}", "{}"),
    ],
)
def test_a_known_secret_keeps_its_form(text: str, new: str) -> None:
    request = message(JSON_TYPE, ("X-Own", "mine"))
    body = json.dumps({"Text": text, "Other": "open sesame?"}).encode()

    _, new_body, _ = REDACTOR.redact_request(request, body, Pseudonyms(), {"request.body.Text": None})

    assert new_body is not None
    assert json.loads(new_body) == {"Text": new, "Other": "open sesame?".replace(text, new)}
    assert REDACTOR.redact_request(request, body, Pseudonyms())[1] is body, "others know nothing of it"


def test_a_known_secret_in_a_cassette_and_what_the_user_keeps() -> None:
    for keep, header, raw in (
        ((), "redacted-rule-1", "AAAA"),
        (("request.headers.x-own", "response.body"), "own", "cmF3"),
    ):
        one = exchange(
            request=message(JSON_TYPE, ("X-Own", "own")),
            response={"status": 200, "headers": [["Content-Type", JSON_TYPE]]},
            response_body=b'{"Raw": "cmF3"}',
            secrets=KNOWN,
        )
        other = exchange(request=message("", ("X-Own", "other")))
        with_rules(keep=keep).redact_cassette(Cassette([span(one), span(other)]), Pseudonyms())
        assert one.request["headers"][0] == ["X-Own", header]  # type: ignore[index]
        assert one.response_body == b'{"Raw": "%b"}' % raw.encode()
        assert other.request["headers"] == [["X-Own", "other"]]


def test_a_value_that_no_column_names_is_taken_out_by_its_place() -> None:
    """What docs/security.md advises for ``INSERT INTO users VALUES ($1, $2)``."""
    request: dict[str, Plain] = {"sql": "insert into users values ($1, $2)", "parameters": [1, "hunter2zz"]}
    same, _, _ = Redactor(DEFAULT).redact_request(request, None, Pseudonyms())
    assert same == request
    ours = Redactor(DEFAULT.also(paths=["request.parameters[1]"]))
    new, _, _ = ours.redact_request(request, None, Pseudonyms())
    assert new["parameters"] == [1, "redacted-rule-1"]
