"""What is under way is told beside the cassettes, and is none of them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from store.units import unit
from timetracer.store import underway
from timetracer.store.opening import open_store


@pytest.mark.parametrize("name", ["cassettes", "cassettes.sqlite"])
def test_what_is_told_is_read_and_is_no_cassette(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    store = open_store(place)
    store.save(unit(1))
    told = underway.Told(place)
    told.replace([unit(2), unit(3)])
    assert [*underway.read(place)] == [unit(2), unit(3)]
    told.replace([unit(3)])
    assert [*underway.read(place)] == [unit(3)]
    assert [cassette for _, cassette in store.scan()] == [unit(1)]
    store.close()


def test_the_last_to_go_takes_the_folder_with_it(tmp_path: Path) -> None:
    one, other = underway.Told(tmp_path), underway.Told(tmp_path)
    one.replace([unit(1)])
    other.replace([unit(2)])
    assert [*underway.read(tmp_path)] == [unit(1), unit(2)]
    one.replace([])
    assert [*underway.read(tmp_path)] == [unit(2)]
    other.withdraw()
    assert [*tmp_path.iterdir()] == []


def test_what_a_killed_process_left_is_not_read_and_is_tidied(tmp_path: Path) -> None:
    underway.Told(tmp_path).replace([unit(1)])
    later = time.time() + underway.STALE + 1
    assert [*underway.read(tmp_path, lambda: later)] == []
    underway.tidy(tmp_path)
    assert [*underway.read(tmp_path)] == [unit(1)]
    underway.tidy(tmp_path, lambda: later)
    assert [*underway.read(tmp_path)] == []


def test_a_folder_that_cannot_be_written_loses_only_this(tmp_path: Path) -> None:
    (tmp_path / ".underway").write_text("in the way")
    told = underway.Told(tmp_path)
    told.replace([unit(1)])
    told.withdraw()
    assert [*underway.read(tmp_path)] == []


def test_a_damaged_file_hides_no_other(tmp_path: Path) -> None:
    underway.Told(tmp_path).replace([unit(1)])
    (tmp_path / ".underway" / f"{os.getpid()}-0.open").write_text("{")
    assert [*underway.read(tmp_path)] == [unit(1)]


def test_one_who_looks_asks_until_he_goes_or_is_gone(tmp_path: Path) -> None:
    place = tmp_path / "cassettes"
    assert not underway.looked_at(place)
    look = underway.Look(place)
    look.renew()
    assert underway.looked_at(place)
    later = time.time() + underway.STALE + 1
    assert not underway.looked_at(place, lambda: later)
    look.end()
    assert not underway.looked_at(place)
    assert not place.exists()
    look.renew()
    underway.tidy(place, lambda: later)
    assert [*underway.folder(place).iterdir()] == []


def test_where_nothing_can_be_written_nobody_asks(tmp_path: Path) -> None:
    (tmp_path / ".underway").write_text("in the way")
    look = underway.Look(tmp_path)
    look.renew()
    look.end()
    assert not underway.looked_at(tmp_path)


def test_a_process_that_has_ended_tells_no_more(tmp_path: Path) -> None:
    told = underway.Told(tmp_path)
    told.replace([unit(1)])
    told.end()
    told.replace([unit(2)])
    assert [*underway.read(tmp_path)] == []
