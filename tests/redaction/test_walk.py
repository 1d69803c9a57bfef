"""Every value is visited, and the whole is put together again."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.redaction.echoes import Echo
from timetracer.redaction.finds import Find
from timetracer.redaction.inspector import Inspector
from timetracer.redaction.pseudonyms import Pseudonyms
from timetracer.redaction.rules import DEFAULT
from timetracer.redaction.walk import Piece, Walk, rebuilt

WALK = Walk(Inspector(DEFAULT))


def through(value: Any, walk: Walk = WALK, path: str = "p") -> Any:
    pseudonyms = Pseudonyms()
    pieces = list(walk.pieces(value, path))
    for piece in pieces:
        piece.settle()
        piece.name(pseudonyms)
    return rebuilt(value, (piece.result() for piece in pieces))


PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
    | st.decimals(allow_nan=False) | st.datetimes() | st.dates() | st.times() | st.timedeltas() | st.uuids(),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(st.text(max_size=5) | st.just("headers"), inner, max_size=3)
    | st.frozensets(st.integers() | st.text(), max_size=3) | st.lists(st.tuples(st.text(), st.text()), max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(PLAIN)
def test_what_has_no_secret_comes_out_equal_in_value_and_type(value: Any) -> None:
    quiet = Walk(Inspector(DEFAULT.also(keep=["p.*"])))

    new = through({"x": value}, quiet)

    assert new == {"x": value}
    assert sorted(repr(new)) == sorted(repr({"x": value}))


@given(PLAIN)
def test_a_value_that_a_glance_passes_over_has_nothing(value: Any) -> None:
    if WALK.glance(value) is not None:
        assert not any(piece.finds for piece in WALK.pieces(value, "p"))


@pytest.mark.parametrize(
    ("value", "new"),
    [
        ({"password": "abc"}, {"password": "redacted-password-1"}),
        ({"password": b"abc"}, {"password": b"redacted-password-1"}),
        ({"password": 1234}, {"password": 9999990000000001}),
        ({"password": 12.5}, {"password": 9999990000000001.0}),
        ({"password": Decimal("12.5")}, {"password": Decimal(9999990000000001)}),
        ({"password": [True, None, "", 1]}, {"password": [True, None, "", 1]}),
        ({"a": {"password": ("abc", "def")}}, {"a": {"password": ("redacted-password-1", "redacted-password-2")}}),
        ({"secret": {"id": 1234, "x": "b"}}, {"secret": {"id": 1234, "x": "redacted-secret-1"}}),
        ({"headers": [["Password", "abc"]]}, {"headers": [["Password", "redacted-password-1"]]}),
        ({"trailers": (("token", "abc"),)}, {"trailers": (("token", "redacted-token-1"),)}),
        ({"headers": {"token": "abc"}}, {"headers": {"token": "redacted-token-1"}}),
        ({"headers": [["token", "abc"], 5]}, {"headers": [["token", "abc"], 5]}),
        ({"url": "/?pin=1"}, {"url": "/?pin=9999990000000001"}),
        ({"ada@engines.uk": 1}, {"redacted-email-1@example.com": 1}),
        ("mail ada@engines.uk", "mail redacted-email-1@example.com"),
        (b"mail ada@engines.uk", b"mail redacted-email-1@example.com"),
        (b"\xff ada@engines.uk", b"\xff ada@engines.uk"),
        ({"password": b"\xff\xfe"}, {"password": b"redacted-password-1"}),
        ({"password": UUID(int=5)}, {"password": UUID(int=5)}),
        ({"password": date(2024, 1, 1)}, {"password": date(2024, 1, 1)}),
    ],
)  # fmt: skip
def test_secrets_are_taken_out_and_types_stay(value: Any, new: Any) -> None:
    assert repr(through(value)) == repr(new)


def test_dates_and_identifiers_are_secrets_only_by_a_rule() -> None:
    own = Walk(Inspector(DEFAULT.also(paths=["request.*"])))
    moments = {"a": datetime(2024, 1, 1, tzinfo=timezone.utc), "b": timedelta(1), "c": UUID(int=5)}

    assert through(moments, own, "request") == {"a": "redacted-rule-1", "b": "redacted-rule-2", "c": "redacted-rule-3"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": "b", "c": [1, ("d", None)]}, "a\nb\nc\n1\nd"),
        ({"headers": [["x", "y"]]}, "headers\ny"),
        ({"token": "x"}, None),
        ({"headers": [["token", "x"]]}, None),
        ({"headers": [["x", 1]]}, None),
        ({"a": b"x"}, None),
        ("ada@engines.uk", None),
        (None, ""),
    ],
)
def test_a_glance(value: Any, text: str | None) -> None:
    glanced = WALK.glance(value)

    assert glanced == text or (
        glanced is not None and text is not None and sorted(glanced.split("\n")) == sorted(text.split("\n"))
    )


def test_no_glance_at_prose_or_with_rules_of_the_users() -> None:
    assert Walk(Inspector(DEFAULT), prose=True).glance("x") is None
    assert Walk(Inspector(DEFAULT.also(paths=["request.a"]))).glance("x") is None


def test_prose_is_read_as_prose() -> None:
    assert through("password: hunter2") == "password: hunter2"
    assert through("password: hunter2", Walk(Inspector(DEFAULT), prose=True)) == "password: redacted-password-1"


def test_an_echo_is_added_where_nothing_is_found_yet_and_no_pseudonym_stands() -> None:
    text = "named abcdefgh, again abcdefgh, redacted-abcdefgh-1"
    piece = Piece("p", text, text, [Find(6, 14, "abcdefgh", "token", "p")])

    for start in (6, 22, 41):
        piece.add_echo(Echo(start + 100, start + 108, "abcdefgh", "token"), 100)

    assert [(find.start, find.end) for find in piece.finds] == [(6, 14), (22, 30)]
