"""A unit that is looked at, from its beginning to its cassette."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import recordings
from timetracer.cassette.model import Cassette
from timetracer.viewer.growing import Growing, said
from viewer.telling import Telling

OPEN = f"under way {1:016x}"


def growing(telling: Telling) -> Growing:
    def replayed(cassette: Cassette) -> Cassette:
        return replace(cassette, name="replayed")

    telling.following.look()
    return Growing(telling.following, OPEN, replayed)


def test_it_stands_as_it_is_told_until_it_is_its_cassette(tmp_path: Path) -> None:
    telling = Telling(tmp_path)
    telling.tell()
    one = growing(telling)
    found = one.look()
    assert found is not None
    assert (found.is_open != set(), one.over, one.name) == (True, False, OPEN)
    name = telling.write()
    found = one.look()
    assert found is not None
    assert (found.is_open, found.cassette.name) == (set(), "replayed")
    assert (one.over, one.written, one.name) == (True, True, name)


def test_what_is_never_written_is_looked_for_for_a_while(tmp_path: Path) -> None:
    telling = Telling(tmp_path)
    telling.tell()
    one = growing(telling)
    telling.process.withdraw()
    assert one.look() is None
    assert not one.over
    for _ in range(100):
        assert one.look() is None
    assert (one.over, one.written) == (True, False)


def test_a_unit_says_the_same_while_only_its_time_grows(tmp_path: Path) -> None:
    telling = Telling(tmp_path)
    telling.tell()
    one = growing(telling)
    before = one.look()
    telling.now += 1
    after = one.look()
    assert before is not None
    assert after is not None
    assert before.cassette != after.cassette
    assert [*map(said, before.cassette.spans)] == [*map(said, after.cassette.spans)]
    assert said(before.cassette.spans[0]) != said(recordings.order().spans[0])
