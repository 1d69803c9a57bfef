"""Names and values in free text."""

from __future__ import annotations

import pytest

from timetracer.redaction.assignments import assignments
from timetracer.redaction.names import DEFAULT_NAMES, Names

NAMES = Names(DEFAULT_NAMES)


def values(text: str, *, prose: bool = False) -> list[str]:
    return [text[found.start : found.end] for found in assignments(text, NAMES.kind, prose=prose)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("password=hunter", "hunter"),
        ("--password=hunter", "hunter"),
        ("DB_PASSWORD=a!b#c", "a!b#c"),
        ("x?a=1&api_key=k-12&b", "k-12"),
        ("https://a/b?access_token=abcd", "abcd"),
        ('"token": "x"', "x"),
        ("'token':'x y'", "x y"),
        (r"\"token\": \"x\"", "x"),
        ("{'user': {'api_key': 'x'}}", "x"),
        ("login(password: \"x\")", "x"),
        ("WHERE password = 'x'", "x"),
        (":token => \"x\"", "x"),
        ("x?key=0123456789abcdefghij", "0123456789abcdefghij"),
        ("<Password xsi:type='y'>x</Password>", "x"),
        ("<ns:SessionToken>x</ns:SessionToken>", "x"),
        ("<input name='csrf_token' value='x'>", "x"),
        ('<meta name="csrf-token" content="x"/>', "x"),
    ],
)  # fmt: skip
def test_values_beside_a_sensitive_name(text: str, value: str) -> None:
    assert values(text) == [value]
    assert values(text, prose=True) == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("password: hunter2", "hunter2"),
        ("X-Api-Key: abc123", "abc123"),
        ("Authorization: Basic YWRh", "YWRh"),
        ("token = abc123", "abc123"),
        ("invalid api_key: sk12345, try again", "sk12345"),
    ],
)
def test_values_in_prose(text: str, value: str) -> None:
    assert values(text, prose=True) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "password",
        "password=",
        "password=abc",
        "password: see below",
        "the token: required for all",
        "token = get_token()",
        "token=get_token()",
        "token=self.token.value",
        "token = context.perl6_token",
        "token=token",
        "password=password",
        "password: None, token=None",
        '{"password": true, "token": null}',
        '{"token": "required"}',
        '{"password": {"type": "string"}}',
        "token_count=12345",
        "monkey=banana12",
        "key=value1234567890",
        "?key=primary",
        "?key=a-long-word-without-any-digits",
        '<input type="password" name="password">',
        '<input name="user" value="ada">',
        "<password></password>",
        "<password/>",
        "12:30:00",
        "secret: ****",
        "password=$PASSWORD",
    ],
)
def test_prose_code_and_placeholders(text: str) -> None:
    assert values(text) == []
    assert values(text, prose=True) == []


def test_all_of_several() -> None:
    assert values("password=aaaa&user=b&token=cccc, api_key='dddd'") == ["aaaa", "cccc", "dddd"]


def test_a_word_after_a_colon_needs_prose() -> None:
    assert values('"x" password: hunter2') == []


def test_what_is_found_has_the_kind_of_its_name() -> None:
    assert [found.kind for found in assignments("password=aaaa&api_key=bbbb", NAMES.kind, prose=False)] == [
        "password",
        "apikey",
    ]


@pytest.mark.parametrize(
    "unit", ["password=", "password=self.", "password='", "a=", "a:", "<a>", "<a name=", "&token="]
)
def test_the_time_is_linear_in_the_length(unit: str) -> None:
    """Quadratic time would not end here."""
    assert values(unit * (300_000 // len(unit)) + " | token=abcd", prose=True)[-1] == "abcd"
