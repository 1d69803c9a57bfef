"""What stands in the place of a secret."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from timetracer.redaction.pseudonyms import PSEUDONYM, Pseudonyms, luhn


def test_the_same_secret_has_the_same_pseudonym_and_others_the_next_number() -> None:
    pseudonyms = Pseudonyms()

    assert [pseudonyms.of(secret, "token") for secret in ("ada", "bob", "ada")] == [
        "redacted-token-1",
        "redacted-token-2",
        "redacted-token-1",
    ]


def test_each_kind_counts_by_itself_and_the_first_kind_of_a_secret_stays() -> None:
    pseudonyms = Pseudonyms()

    assert pseudonyms.of("ada", "token") == "redacted-token-1"
    assert pseudonyms.of("bob", "cookie") == "redacted-cookie-1"
    assert pseudonyms.of("ada", "cookie") == "redacted-token-1"


def test_an_email_stays_an_email() -> None:
    assert Pseudonyms().of("ada@engines.uk", "email") == "redacted-email-1@example.com"


@pytest.mark.parametrize(
    ("secret", "kind"),
    [("4111111111111111", "card"), ("not a number", "card"), ("1234", "otp"), ("-1.5e3", "password")],
)
def test_a_number_stays_a_number_that_is_no_card(secret: str, kind: str) -> None:
    pseudonym = Pseudonyms().of(secret, kind)

    assert re.fullmatch(r"999999\d{10}", pseudonym)
    assert not luhn(pseudonym)
    assert isinstance(json.loads(pseudonym), int)


def test_no_number_is_given_twice_and_none_passes_as_a_card() -> None:
    pseudonyms = Pseudonyms()

    numbers = [pseudonyms.of(str(secret), "card") for secret in range(200)]

    assert len(set(numbers)) == 200
    assert not any(map(luhn, numbers))


@pytest.mark.parametrize("kind", ["token", "email", "card", "authorization"])
def test_every_form_is_recognised_as_a_whole(kind: str) -> None:
    assert PSEUDONYM.fullmatch(Pseudonyms().of("a secret", kind))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Bearer redacted-authorization-1, x", ["redacted-authorization-1"]),
        ("a=redacted-email-12%40example.com&b", ["redacted-email-12%40example.com"]),
        ("https://ada:redacted-password-1@example.com/", ["redacted-password-1"]),
        ("[9999990000000001]", ["9999990000000001"]),
        ("19999990000000001 99999900000000011", []),
        ("redacted- redacted-token redacted--1", []),
    ],
)
def test_pseudonyms_are_found_in_a_text(text: str, found: list[str]) -> None:
    assert PSEUDONYM.findall(text) == found


def test_threads_agree() -> None:
    pseudonyms = Pseudonyms()
    secrets = [f"secret {index % 50}" for index in range(2000)]

    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda secret: (secret, pseudonyms.of(secret, "token")), secrets))

    assert len(set(given)) == 50
    assert {pseudonym for _, pseudonym in given} == {f"redacted-token-{number}" for number in range(1, 51)}


@pytest.mark.parametrize(
    ("digits", "right"), [("4111111111111111", True), ("4111111111111112", False), ("79927398713", True), ("0", True)]
)
def test_luhn(digits: str, right: bool) -> None:
    assert luhn(digits) is right
