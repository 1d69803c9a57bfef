"""What a replay did is told from a recording, and of which recording it is."""

from __future__ import annotations

import pytest

from timetracer.cassette.model import Cassette, Span
from timetracer.cassette.replays import OF, ROOT, is_replay, is_replay_of, recorded_only
from timetracer.errors import CassetteError

RECORDED = Cassette([Span("GET", "1" * 32, "1" * 16)], name="GET /items")
OTHER = Cassette([Span("GET", "1" * 32, "2" * 16)], name="GET /items")


def test_a_recording_is_no_replay() -> None:
    assert not is_replay(RECORDED)
    assert not is_replay_of(RECORDED, RECORDED)


def test_a_replay_is_of_the_cassette_with_that_root() -> None:
    kept = Cassette(resource={OF: "GET /items", ROOT: "1" * 16})
    assert is_replay(kept)
    assert [is_replay_of(kept, each) for each in (RECORDED, OTHER, Cassette())] == [True, False, False]


def test_a_replay_of_several_is_found_by_its_name() -> None:
    kept = Cassette(resource={OF: "process", ROOT: ""})
    assert [is_replay_of(kept, each) for each in (Cassette(name="process"), RECORDED)] == [True, False]


def test_a_replay_is_never_taken_for_a_recording() -> None:
    assert recorded_only([RECORDED], "a.json") == [RECORDED]
    with pytest.raises(CassetteError, match=r"^b.json: it is what a replay did, not a recording; .*: GET /items$"):
        recorded_only([RECORDED, Cassette(resource={OF: "GET /items"})], "b.json")
