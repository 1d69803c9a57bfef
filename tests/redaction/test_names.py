"""Which names are those of secrets."""

from __future__ import annotations

import json

import pytest

from timetracer.redaction.names import DEFAULT_NAMES, Names, squeeze

NAMES = Names(DEFAULT_NAMES)

SENSITIVE = {
    "Authorization": "authorization",
    "Proxy-Authorization": "authorization",
    "http.request.header.authorization": "authorization",
    "Cookie": "cookie",
    "Set-Cookie": "setcookie",
    "http.response.header.set_cookie": "setcookie",
    "password": "password",
    "PASSWORD": "password",
    "new_password": "password",
    "user[password]": "password",
    "password2": "password",
    "userpassword": "password",
    "DB_PASSWD": "password",
    "hashedPassword": "password",
    "token": "token",
    "access_token": "token",
    "accessToken": "token",
    "accesstoken": "token",
    "X-CSRF-Token": "token",
    "csrfmiddlewaretoken": "token",
    "OAuthToken": "token",
    "X-Amz-Security-Token": "token",
    "api_key": "apikey",
    "apiKey": "apikey",
    "APIKey": "apikey",
    "X-API-KEY": "apikey",
    "stripeApiKey": "apikey",
    "Ocp-Apim-Subscription-Key": "apikey",
    "client_secret": "secret",
    "AWSSecretAccessKey": "secret",
    "aws_secret_access_key": "secret",
    "credentials": "secret",
    "sessionId": "session",
    "PHPSESSID": "session",
    "card_number": "card",
    "cvv2": "card",
    "pin": "otp",
    "ssn": "ssn",
}

HARMLESS = [
    "token_count",
    "tokens",
    "max_tokens",
    "token_type",
    "nextPageToken",
    "next_token",
    "continuation_token",
    "password_policy",
    "passwordless",
    "monkey",
    "key",
    "primary_key",
    "Idempotency-Key",
    "Sec-WebSocket-Key",
    "AccessKeyId",
    "api_key_id",
    "secretary",
    "author",
    "shipping",
    "spin",
    "keyboard",
    "cookie_policy",
    "session",
    "boarding",
    "",
    "42",
    "…",
]


@pytest.mark.parametrize(("name", "kind"), SENSITIVE.items())
def test_the_last_words_of_a_name_decide(name: str, kind: str) -> None:
    assert NAMES.kind(name) == kind


@pytest.mark.parametrize("name", HARMLESS)
def test_names_that_only_resemble_one(name: str) -> None:
    assert NAMES.kind(name) is None


@pytest.mark.parametrize("name", ["x-tenant", "X_Tenant", "xTenant", "my-x-tenant"])
def test_the_users_names_are_compared_without_case_and_separators(name: str) -> None:
    assert Names({"X-Tenant"}).kind(name) == "xtenant"


def test_a_users_name_may_have_digits_and_signs_only() -> None:
    assert Names({"x-tenant2"}).kind("X-Tenant2") == "xtenant"
    assert Names({"2fa"}).kind("2FA") == "fa"
    assert Names({"42"}).kind("42") == "secret"


@pytest.mark.parametrize(
    ("keep", "name"),
    [
        ("token", "access_token"),
        ("access-token", "access_token"),
        ("cookie", "Set-Cookie"),
        ("password", "userpassword"),
    ],
)
def test_what_is_kept_by_kind_or_by_name_is_no_secret(keep: str, name: str) -> None:
    assert Names(DEFAULT_NAMES, {keep}).kind(name) is None
    assert Names(DEFAULT_NAMES, {keep}).kind("api_key") == "apikey"


@pytest.mark.parametrize("name", [name for name in SENSITIVE if "." not in name])
@pytest.mark.parametrize("layout", ['{"a":1,%s:2}', '{"a": 1,\n  %s  : "x"}', '[{"b":{%s:[]}}]'])
def test_the_quick_look_misses_no_key(name: str, layout: str) -> None:
    assert Names(DEFAULT_NAMES).suspects(squeeze((layout % json.dumps(name)).encode()))


@pytest.mark.parametrize(
    "text", ["?api_key=x", "password=x", "{'token': 'x'}", "token:'x'", r'"{\"token\":\"x\"}"', r'"{token: \"x\"}"']
)
def test_the_quick_look_misses_no_assignment_in_a_value(text: str) -> None:
    assert NAMES.suspects(squeeze(text.encode()))


def test_the_quick_look_passes_over_what_is_clean_every_time() -> None:
    names = Names(DEFAULT_NAMES)
    clean = squeeze(
        json.dumps(dict.fromkeys(["token_count", "password_policy", "monkey", "key", "id"], "token")).encode()
    )

    assert not names.suspects(clean)
    assert not names.suspects(clean)


def test_memory_is_bounded() -> None:
    names = Names(DEFAULT_NAMES)
    for number in range(25_000):
        names.kind(f"name_{number}")
        names.suspects(f'"key{chr(97 + number % 26)}{number:x}":'.encode())

    assert len(names.kinds) <= 10_000
    assert names.kind("token") == "token"
