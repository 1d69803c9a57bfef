"""Well-known secrets, and what only resembles them."""

from __future__ import annotations

from itertools import chain

import pytest

from redaction.planted import BY_LOOKS, HARMLESS, JWT, PEM
from timetracer.redaction.patterns import Hit, cards, emails, tokens, userinfo


def hits(text: str) -> list[Hit]:
    return list(chain(cards(text), emails(text), userinfo(text), tokens(text)))


@pytest.mark.parametrize(("kind", "secret"), BY_LOOKS.values(), ids=BY_LOOKS)
@pytest.mark.parametrize("layout", ["{}", "a {} b", '"{}"', "x={}&y", "({}),", "<b>{}</b>", "\n{}\n", "é{}é"])
def test_a_secret_is_found_as_a_whole_wherever_it_stands(kind: str, secret: str, layout: str) -> None:
    text = layout.format(secret)
    if layout == "é{}é" and kind == "email":
        secret = f"é{secret}"  # letters of any script may be part of an address

    (hit,) = hits(text)

    assert (text[hit.start : hit.end], hit.kind) == (secret, kind)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_resembles_one_is_not_found(text: str) -> None:
    assert hits(text) == []


@pytest.mark.parametrize(
    "secret", [secret for kind, secret in BY_LOOKS.values() if kind not in ("email", "privatekey")]
)
def test_the_end_of_a_word_is_no_token(secret: str) -> None:
    assert hits(f"abc{secret}") == []


@pytest.mark.parametrize("secret", [JWT, BY_LOOKS["github"][1], BY_LOOKS["openai"][1]])
def test_a_token_may_follow_an_escape(secret: str) -> None:
    assert [hit.secret for hit in hits(f"a\\n{secret}")] == [secret]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Bearer abc12345", "abc12345"),
        ("authorization: bearer  a.b-c_d~e+f/g1==", "a.b-c_d~e+f/g1=="),
        ("BEARER abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz"),
    ],
)
def test_bearer_credentials_are_looked_for_elsewhere_too(text: str, secret: str) -> None:
    (hit,) = hits(text)

    assert hit == Hit(text.index(secret), text.index(secret) + len(secret), secret, "bearer", echoes=True)


@pytest.mark.parametrize(
    "text", ["bearer of good news", "Bearer token", "Bearer a1", "forbearer abc12345", "Bearer\tshort"]
)
def test_prose_about_bearers(text: str) -> None:
    assert hits(text) == []


def test_a_private_key_that_breaks_off_goes_as_far_as_it_is_one() -> None:
    (hit,) = hits("x " + PEM[:60] + "!")

    assert hit.secret == PEM[:60]


def test_two_private_keys_are_two() -> None:
    assert [hit.secret for hit in hits(f"{PEM}\n{PEM}")] == [PEM, PEM]


def test_certificates_are_public() -> None:
    assert hits("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----") == []


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("postgres://ada:pw@db/x", "pw"),
        ("redis://:p%40w@cache:6379/0", "p@w"),
        ("https://0123456789abcdef@git/x", "0123456789abcdef"),
        ("https://ada:pw@example.com/", "pw"),
        ("http://ada:pw@[::1]/", "pw"),
    ],
)
def test_passwords_in_urls_and_no_emails(url: str, secret: str) -> None:
    (hit,) = hits(url)

    assert (hit.secret, hit.kind, hit.echoes) == (secret, "password", True)


@pytest.mark.parametrize("url", ["https://host/path@x.org", "https://ada@host", "https://host/?a:b@c", "a://b c:d@e"])
def test_urls_without_passwords(url: str) -> None:
    assert list(userinfo(url)) == []


@pytest.mark.parametrize("group", ["4242 4242 4242 4242", "4242-4242-4242-4242", "4242+4242+4242+4242"])
def test_a_card_is_the_same_however_it_is_grouped(group: str) -> None:
    assert [hit.secret for hit in cards(group)] == ["4242424242424242"]
    assert list(cards(group[:-5] + "/" + group[-4:])) == []


@pytest.mark.parametrize("mail", ["a@b.co", "a.b+c@d.e.org", "o'neil@x-y.uk", "ADA@ENGINES.UK", "a_b@1-2.net"])
def test_emails(mail: str) -> None:
    assert [hit.secret for hit in emails(f"to <{mail}>, or {mail}, or '{mail}'.")] == [mail, mail, mail]


@pytest.mark.parametrize(
    "text", ["a@b", "@b.co", "a@.co", "a@b.c", "a@b.co-", "redacted-email-1@example.com", "a @b.co"]
)
def test_no_emails(text: str) -> None:
    assert list(emails(text)) == []


@pytest.mark.parametrize(
    "unit", ["eyJ", "-eyJ", "eyJaaaaaaaaaaaaa.", "a@", "@a.", "4111 ", "sk-", "Bearer ", "://a:", PEM[:31]]
)
def test_the_time_is_linear_in_the_length(unit: str) -> None:
    """Quadratic time would not end here."""
    assert hits(unit * (1_000_000 // len(unit)) + f" | {JWT}")[-1].secret == JWT
