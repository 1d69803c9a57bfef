"""One to one, both ways, in texts, bytes and structures."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaying.recording import A, B, X, Y
from timetracer.replaying.identities import Identities, OneToOne


def bound(*pairs: tuple[str, str]) -> Identities:
    identities = Identities()
    for live, recorded in pairs:
        assert identities.bind(live, recorded)
    return identities


def test_nothing_bound_nothing_touched() -> None:
    text, value = f"order {A}", {"id": A}
    identities = bound((B, B))
    assert not identities
    assert identities.to_live(text) is text
    assert identities.to_recorded(text) is text
    assert identities.to_live_plain(value) is value


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (A, X),
        (f"urn:uuid:{A}", f"urn:uuid:{X}"),
        (A.upper(), X.upper()),
        (A.replace("-", ""), X.replace("-", "")),
        (f"a{A}", f"a{A}"),
        (f"{A}{B}", f"{A}{B}"),
        (f"{A},{B},{A}", f"{X},{B},{X}"),
        (f"%2F{A}%2F", f"%2F{X}%2F"),
    ],
)
def test_texts_are_translated_in_their_own_spelling(recorded: str, live: str) -> None:
    identities = bound((X, A))
    assert identities.to_live(recorded) == live
    assert identities.to_recorded(live) == recorded
    assert identities.to_live(recorded.encode("latin-1")) == live.encode("latin-1")


def test_every_other_byte_is_kept() -> None:
    rest = bytes(range(256))
    assert bound((X, A)).to_live(rest + b"-" + A.encode() + rest) == rest + b"-" + X.encode() + rest


def test_structures_are_copied_not_changed() -> None:
    value = {A: [("x", A, 7, None)], "raw": A.encode(), "set": {A}, "id": UUID(A)}
    assert bound((X, A)).to_live_plain(value) == {X: [("x", X, 7, None)], "raw": X.encode(), "set": {X}, "id": UUID(X)}
    assert value["set"] == {A}


def test_odd_ones_are_whole_words_that_cannot_be_mistaken() -> None:
    identities = bound(("live-0001", "rec-0000001"), ("checkout", "checkin8"), ("a b 12345678", "a b 87654321"))
    assert identities.to_live("rec-0000001, rec-0000001x, checkin8, a b 87654321") == (
        "live-0001, rec-0000001x, checkin8, a b 87654321"
    )
    assert identities.to_live(b"rec-0000001") == b"rec-0000001", "another length"


def test_odd_ones_around_known_ones_do_not_translate_twice() -> None:
    identities = bound((X, A), (f"req-{X}", f"req-{A}"))
    assert identities.to_live(f"req-{A}") == f"req-{X}"


@pytest.mark.parametrize(
    "pair", [(X, B), (Y, A), (A, B), (A, A), (B, X), (X, X)], ids=lambda pair: f"{pair[0][0]}-{pair[1][0]}"
)
def test_what_is_bound_stays_bound(pair: tuple[str, str]) -> None:
    identities = bound((X, A))
    assert not identities.bind(*pair)
    assert identities.bind(X.upper(), A.replace("-", "")), "the same pair again"


@pytest.mark.parametrize(
    "pairs", [[(X, A), (X, B)], [(X, A), (Y, A)], [(A, B), (B, A)], [(X, A), (A, A)], [(X, A), (A, B)]]
)
def test_pairs_of_one_call_must_agree(pairs: list[tuple[str, str]]) -> None:
    assert not Identities().admits(pairs)
    assert Identities().admits([(X, A), (Y, B), (X, A)])


UUIDS = [str(UUID(int=number, version=4)) for number in range(6)]
PAIRS = st.lists(st.tuples(st.sampled_from(UUIDS), st.sampled_from(UUIDS)))


@given(PAIRS, st.lists(st.sampled_from(UUIDS)))
def test_translating_is_one_to_one_and_undone_by_translating_back(
    pairs: list[tuple[str, str]], words: list[str]
) -> None:
    identities, kept = Identities(), dict[str, str]()
    for live, recorded in pairs:
        if identities.bind(live, recorded):
            assert kept.setdefault(live, recorded) == recorded
    assert len(set(kept.values())) == len(kept)
    assert all(identities.to_recorded(live) == recorded for live, recorded in kept.items())
    assert all(identities.to_live(recorded) == live for live, recorded in kept.items())
    text = " ".join(words)
    assert identities.to_recorded(identities.to_live(text)) == text
    assert len({identities.to_recorded(one) for one in UUIDS}) == len(UUIDS)


@given(st.lists(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), max_size=3)))
def test_a_map_never_stops_being_one_to_one(calls: list[list[tuple[str, str]]]) -> None:
    pairs = OneToOne()
    for call in calls:
        if pairs.admits(call):
            pairs.bind(call)
            assert all(pairs.recorded_of[live] == recorded for live, recorded in call)
        assert {live: recorded for recorded, live in pairs.live_of.items()} == pairs.recorded_of
