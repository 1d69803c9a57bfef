"""Rules, names and looks, in this order."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.planted import BY_LOOKS, HARMLESS
from timetracer.redaction.finds import Find
from timetracer.redaction.inspector import Inspector
from timetracer.redaction.rules import DEFAULT, SECRET

INSPECTOR = Inspector(DEFAULT)


def inspector(**rules: Any) -> Inspector:
    return Inspector(DEFAULT.also(**rules))


def told(finds: list[Find]) -> list[tuple[str, str, bool]]:
    return [(find.secret, find.kind, find.echoes) for find in finds]


def test_a_rule_beats_a_name_and_a_name_beats_looks() -> None:
    mail = "ada@engines.uk"

    assert told(INSPECTOR.value(mail, "request.body.x")) == [(mail, "email", False)]
    assert told(INSPECTOR.value(mail, "request.body.x", "password")) == [(mail, "password", True)]
    ruled = inspector(paths=["request.body.x"], function=lambda path, value: "never asked")
    assert told(ruled.value(mail, "request.body.x", "password")) == [(mail, "rule", True)]


@pytest.mark.parametrize(
    ("text", "kind", "secret", "echoes"),
    [
        ("Bearer abc", "authorization", "abc", True),
        ("token abc", "token", "abc", True),
        ("my own words", "authorization", "my own words", True),
        ("AWS4-HMAC-SHA256 Credential=a", "authorization", "Credential=a", False),
        ("Digest a=b", "authorization", "a=b", False),
        ("a=0123456789abcdefg", "cookie", "0123456789abcdefg", True),
        ("tz=Europe/Berlin", "cookie", "Europe/Berlin", False),
        ("a=1234567890123456", "setcookie", "1234567890123456", False),
    ],
)
def test_what_of_a_value_is_the_secret_and_whether_it_is_looked_for(
    text: str, kind: str, secret: str, echoes: bool
) -> None:
    assert told(INSPECTOR.value(text, "x", kind)) == [(secret, kind.removeprefix("set"), echoes)]


@pytest.mark.parametrize("text", ["", " ", "null", "None", "true", "FALSE", "****", "••••"])
def test_a_name_makes_no_secret_of_nothing(text: str) -> None:
    assert INSPECTOR.value(text, "x", "password") == []


@pytest.mark.parametrize(
    ("text", "kind", "secret"),
    [("1234", "password", True), ("123", "card", True), ("123", "password", False), ("4111111111111111", None, True),
     ("4111111111111112", None, False), ("-1.5", None, False)],
)  # fmt: skip
def test_numbers(text: str, kind: str | None, secret: bool) -> None:
    assert bool(INSPECTOR.number(text, "x", json.loads(text), kind, str)) is secret


def test_the_function_sees_numbers_as_numbers() -> None:
    seen: list[object] = []

    def function(path: str, value: object) -> object:
        seen.append((path, value))
        return SECRET

    finds = inspector(function=function).json('{"a": [1, 2.5, "3"]}', "request.body")

    assert seen == [("request.body.a.0", 1), ("request.body.a.1", 2.5), ("request.body.a.2", "3")]
    assert [find.secret for find in finds] == ["1", "2.5", "3"]


def test_the_function_is_not_asked_about_pseudonyms() -> None:
    asked: list[str] = []
    own = inspector(function=lambda path, value: asked.append(path))

    own.value("redacted-token-1", "request.body.x")
    own.value("redacted-token", "request.body.y")

    assert asked == ["request.body.y"]


@pytest.mark.parametrize("keep", ["email", "request.body.*", "request.body.user"])
def test_what_is_kept_is_not_looked_at(keep: str) -> None:
    assert inspector(keep=[keep]).value("ada@engines.uk", "request.body.user") == []
    assert inspector(keep=[keep], paths=["request.body.user"]).value("x", "request.body.user") == (
        [] if keep != "email" else [Find(0, 1, "x", "rule", "request.body.user", echoes=True)]
    )


def test_keys_by_their_looks_alone() -> None:
    assert INSPECTOR.key("password", "x") == []
    (find,) = INSPECTOR.key("ada@engines.uk", "x")
    assert find.in_key
    assert INSPECTOR.key("ada@engines.uk", "x") == [find]


def test_a_pattern_of_the_users_finds_its_group() -> None:
    own = inspector(patterns=[("badge", r"badge (\d+)|B-\d+")])

    assert told(own.value("x badge 42 and B-7", "x")) == [("42", "badge", False), ("B-7", "badge", False)]
    assert inspector(patterns=[("badge", r"B-\d+")], keep=["badge"]).value("B-7 B-8 B-9", "x") == []


def test_the_query_has_paths_of_its_own_and_the_fragment_is_none_of_it() -> None:
    finds = INSPECTOR.url("http://a/?pin=1#pin=2345", "request.url", "request.query")

    assert [(find.path, find.secret) for find in finds] == [("request.query.pin", "1"), ("request.url", "2345")]


SPOTS: dict[str, Callable[[str], bytes]] = {
    "json": lambda secret: json.dumps({"a": ["x", {"note": f"is ({secret})"}]}).encode(),
    "json key": lambda secret: json.dumps({secret: 1}).encode(),
    "json in json": lambda secret: json.dumps({"a": json.dumps({"b": secret})}).encode(),
    "url": lambda secret: f"GET http://a/b?c={quote(secret)}".encode(),
    "headers": lambda secret: f"*/*\n{secret}\ngzip".encode(),
}


@pytest.mark.parametrize("secret", [secret for _, secret in BY_LOOKS.values()], ids=BY_LOOKS)
@pytest.mark.parametrize("spot", SPOTS)
def test_the_quick_look_misses_nothing_that_the_long_look_finds(spot: str, secret: str) -> None:
    assert INSPECTOR.suspects(SPOTS[spot](secret))


@given(
    st.text(),
    st.sampled_from(["token", "x", "api_key", "monkey"]),
    st.sampled_from(['{"%s": "%s"}', "%s=%s", "'%s':'%s'"]),
)
def test_a_text_that_the_quick_look_passes_over_has_nothing(text: str, name: str, layout: str) -> None:
    written = layout % (name, json.dumps(text)[1:-1])
    if not INSPECTOR.suspects(written.encode()):
        assert INSPECTOR.json(written, "x") == []
        assert INSPECTOR.url(written, "x", "y") == []
        assert INSPECTOR.value(written, "x") == []


@pytest.mark.parametrize("text", HARMLESS)
def test_most_of_what_is_clean_is_seen_to_be_clean(text: str) -> None:
    known = (
        "41111",
        "4111-",
        "+49",
        "1700000000000000000",
        "0.4111",
        "4111111111111",
        "order-",
        "multipart",
        "eyJ",
        "123e",
        "risk",
        "task",
    )
    if "@" not in text and not text.startswith(known) and "bearer" not in text:
        assert not INSPECTOR.suspects(json.dumps({"note": text}).encode())
