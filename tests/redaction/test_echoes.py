"""Known secrets, found again without their names."""

from __future__ import annotations

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.redaction.echoes import Echoes

SECRET = 'tö/k+en "1" & <2>'


def known(*secrets: str) -> Echoes:
    echoes = Echoes()
    for secret in secrets:
        echoes.add(secret, "token")
    return echoes


def covered(echoes: Echoes, text: str) -> list[str]:
    return [text[echo.start : echo.end] for echo in echoes.within(text)]


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        html.escape(SECRET),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        "".join(char if char.isalnum() and char.isascii() else quote(char, safe="").lower() for char in SECRET),
        json.dumps(SECRET)[1:-1].replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"),
        SECRET.encode().decode("latin-1"),
    ],
)
def test_a_secret_is_found_in_whatever_way_it_is_escaped(written: str) -> None:
    assert written in covered(known(SECRET), f"before {written} after")


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_base64_gives_nothing_away_at_any_place(before: str, after: str, encode: Callable[[bytes], bytes]) -> None:
    secret = "s3cr3t?>ÿ-value"
    text = encode((before + secret + after).encode()).decode()

    (hidden,) = covered(known(secret), text)

    assert len(hidden) >= len(secret.encode()) * 4 // 3 - 3


def test_letters_that_follow_go_with_it_so_that_a_pseudonym_ends_where_its_number_ends() -> None:
    assert covered(known("abc-12345"), "x abc-123456 y") == ["abc-123456"]


@pytest.mark.parametrize(
    ("secret", "text", "found"),
    [
        ("supersecret", "wrong password supersecret!", ["supersecret"]),
        ("supersecret", "supersecrets supersecret_2 xsupersecret", []),
        ("supersecret", '{"supersecret": 1, "supersecret" : 2}', []),
        ("supersecret", '{"a": "supersecret"}', ["supersecret"]),
        ("supersecret", "?supersecret=1", []),
        ("12345678", "id 12345678, 123456789, 012345678", ["12345678"]),
        ("a-b-c-d-e", '{"a-b-c-d-e": 1}', ["a-b-c-d-e"]),
    ],
)
def test_a_plain_word_is_found_only_where_it_stands_alone_and_is_no_name(
    secret: str, text: str, found: list[str]
) -> None:
    assert covered(known(secret), text) == found


@pytest.mark.parametrize("secret", ["", "short", "1234567", "required", "Password", "example.com"])
def test_short_and_everyday_values_are_not_looked_for(secret: str) -> None:
    echoes = known(secret)

    assert not echoes
    assert echoes.within(f"x {secret} y") == []


def test_an_echo_knows_its_secret() -> None:
    (echo,) = known("the secret/1").within("see the%20secret%2F1")

    assert (echo.secret, echo.kind) == ("the secret/1", "token")


@given(st.lists(st.text(st.sampled_from("ab1-/"), min_size=8, max_size=12), max_size=120, unique=True), st.data())
def test_many_secrets_are_found_as_few_are(secrets: list[str], data: st.DataObject) -> None:
    echoes = known(*secrets)
    chosen = data.draw(st.lists(st.sampled_from(secrets), max_size=5)) if secrets else []
    text = " | ".join(chosen)

    found = {(echo.start, echo.secret) for echo in echoes.within(text)}

    position = 0
    for secret in chosen:
        assert (position, secret) in found
        position += len(secret) + 3


def test_beginnings_that_overlap_are_all_tried() -> None:
    echoes = known("ababababa-1", "babababab-2", *(f"{number} is another secret" for number in range(40)))

    assert covered(echoes, "x abababababab-2 y") == ["babababab-2"]
