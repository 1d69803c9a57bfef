"""A unit of work is there from its beginning, and becomes its cassette."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import recordings
from recordings import MS
from timetracer.errors import CassetteNotFound
from timetracer.store import underway
from viewer.telling import Telling

OPEN = f"under way {1:016x}"


@pytest.fixture(params=["cassettes", "archive.sqlite"])
def telling(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Telling]:
    made = Telling(tmp_path / str(request.param))
    yield made
    made.store.close()


def names(telling: Telling) -> list[str]:
    return [entry.name for entry in telling.following.entries()]


def test_a_unit_is_listed_until_its_cassette_is_there(telling: Telling) -> None:
    other = telling.save_other()
    assert names(telling) == [other]
    telling.tell()
    assert names(telling) == [OPEN, other]
    entry, _ = telling.following.entries()
    assert (entry.route, entry.duration, entry.status, entry.error) == ("/orders/{id}", 400 * MS, None, False)
    name = telling.store.save(recordings.order())
    assert {*names(telling)} == {name, other}  # though it is told of still
    assert telling.following.written_as(OPEN) == name
    telling.process.withdraw()
    assert {*names(telling)} == {name, other}


def test_it_grows_with_the_clock(telling: Telling) -> None:
    telling.tell()
    telling.following.look()
    one = telling.following.trace(OPEN)
    telling.now += 100 * MS
    other = telling.following.trace(OPEN)
    assert one is not None
    assert other is not None
    assert (one.duration, other.duration) == (400 * MS, 500 * MS)
    assert telling.following.load(OPEN) == other.cassette


def test_its_name_leads_to_its_cassette(telling: Telling) -> None:
    telling.tell()
    telling.following.look()
    name = telling.write()
    telling.following.look()
    assert telling.following.trace(OPEN) is None
    assert telling.following.load(OPEN) == telling.store.load(name)
    assert telling.following.cassette_of(OPEN) == name


def test_a_cassette_of_the_same_moment_is_not_taken_for_it(telling: Telling) -> None:
    telling.tell()
    telling.following.look()
    other = recordings.order()
    other.spans[0].span_id = f"{0xFFF:016x}"
    telling.store.save(other)
    assert telling.following.written_as(OPEN) == ""
    telling.process.withdraw()
    telling.following.look()
    with pytest.raises(CassetteNotFound, match="it has ended, and has no cassette"):
        telling.following.load(OPEN)


def test_who_follows_asks_to_be_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    place = tmp_path / "not there yet"
    made = Telling(place)
    made.following.look()
    assert underway.looked_at(place)
    made.following.end()
    assert [*tmp_path.iterdir()] == []
