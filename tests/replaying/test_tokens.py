"""Tokens by their shape, and how identifiers are spelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaying.recording import A
from timetracer.redaction.pseudonyms import NAME
from timetracer.replaying.tokens import (
    IDENTIFIER,
    canonical,
    claims,
    identifiers,
    pseudonym_shape,
    respell,
    tokens,
)

BARE = A.replace("-", "")
ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"/users/{A}/x", [("uuid", A)]),
        (f"urn%3Auuid%3A{A}", [("uuid", A)]),
        (f'{{"a":"line\\n{A}"}}', [("uuid", A)]),
        (f"user_{BARE}-{ULID}", [("hex:32", BARE), ("ulid", ULID)]),
        ("507f1f77bcf86cd799439011", [("hex:24", "507f1f77bcf86cd799439011")]),
        (f"x{BARE}", []),
        (f"{BARE}0", []),
        ("1" * 24, []),
        ("AbCdEf0123456789aBcDeF01", []),
        (ULID.lower(), []),
        ("$2b$12$" + "a" * 53, [("hash", "$2b$12$" + "a" * 53)]),
        ("redacted-email-12@example.com", [("redacted-email", "redacted-email-12")]),
        ("9999990000000001", [("999999", "9999990000000001")]),
        ("eyJh.eyJi.sig", [("jwt", "eyJh.eyJi.sig")]),
        ("2025-11-24", [("day", "2025-11-24")]),
        ("2025-11-24T16:00:00.123Z", [("iso", "2025-11-24T16:00:00.123Z")]),
        ("2025-11-24 16:00", [("iso", "2025-11-24 16:00")]),
        ("2025-11-24T16%3A00%3A00%2B01%3A00", [("iso", "2025-11-24T16%3A00%3A00%2B01%3A00")]),
        ("20251124T160000Z", [("basic", "20251124T160000Z")]),
        ("Mon, 24 Nov 2025 16:00:00 GMT", [("http_date", "Mon, 24 Nov 2025 16:00:00 GMT")]),
        ("at=1764000000.5", [("epoch", "1764000000.5")]),
        ("1764000000123", [("epoch", "1764000000123")]),
        ("17640000001", []),
        ("2764000000", []),
        ("0.1764000000", []),
        ("SELECT id, name FROM items WHERE price > 12", []),
    ],
)
def test_tokens(text: str, expected: list[tuple[str, str]]) -> None:
    found = list(tokens(text))
    assert [(token.shape, token.text) for token in found] == expected
    assert all(text[token.start : token.end] == token.text for token in found)


@pytest.mark.parametrize(
    ("text", "same"),
    [(A, BARE), (A.upper(), BARE), (BARE.upper(), BARE), ("507F1F77BCF86CD799439011", "507f1f77bcf86cd799439011"),
     (ULID, ULID), ("Req-1234", "Req-1234")],
)  # fmt: skip
def test_an_identifier_has_one_canonical_spelling(text: str, same: str) -> None:
    assert canonical(text) == same
    assert canonical(same) == same


@given(st.uuids(), st.uuids())
def test_one_identifier_can_be_spelled_as_another_is(one: object, other: object) -> None:
    text = canonical(str(other))
    for like in (str(one), str(one).upper(), canonical(str(one))):
        spelled = respell(text, like)
        assert canonical(spelled) == text
        assert ("-" in spelled) == ("-" in like)
        assert spelled.upper() == spelled or like.upper() != like


def test_identifiers_are_found_where_tokens_are() -> None:
    text = f"{A} {ULID} {BARE} 2025-11-24 1764000000 $2b$12${'a' * 53} redacted-jwt-1"
    assert [match.group() for match in IDENTIFIER.finditer(text)] == [A, ULID, BARE, f"$2b$12${'a' * 53}"]


@given(
    st.lists(st.sampled_from([A, BARE, ULID, "1" * 24, "word", " ", "-", "%2F", "\\n", "/", '"', ",", "$", "é", "x"]))
)
def test_identifiers_alone_are_found_faster_but_the_same(words: list[str]) -> None:
    text = "".join(words)
    assert identifiers(text.encode()) == {canonical(token.text) for token in tokens(text) if token.kind == "identifier"}


def test_pseudonyms_of_a_kind_share_their_shape() -> None:
    assert NAME.findall("redacted-email-3%40example.com 99999900000000012") == ["redacted-email-3"]
    assert (
        pseudonym_shape("redacted-email-3") == pseudonym_shape("redacted-email-14") != pseudonym_shape("redacted-jwt-3")
    )
    assert pseudonym_shape("9999990000000001") == pseudonym_shape("9999990000000002")


@pytest.mark.parametrize(
    ("jwt", "expected"),
    [("eyJhIjoxfQ.eyJiIjoyfQ.x", ('{"a":1}', '{"b":2}')), ("eyJhI_8.eyJiIjoyfQ.x", None), ("eyJhI.eyJiIjoyfQ.x", None)],
)
def test_claims(jwt: str, expected: tuple[str, str] | None) -> None:
    assert claims(jwt) == expected


@pytest.mark.parametrize(
    "piece", ["-eyJ", "eyJ.", "$argon2id$", "redacted-", "a" * 23 + "-", "1764000000", "2025-11-24T"]
)
def test_hostile_texts_are_read_in_one_go(piece: str) -> None:
    """Were the time quadratic in the length, this would take minutes."""
    assert len(list(tokens(piece * (1_000_000 // len(piece))))) < 1_000_000
