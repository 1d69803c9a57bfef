"""The index of a directory."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from store.units import unit
from timetracer.cassette import files
from timetracer.errors import CassetteDamaged
from timetracer.store import index as module
from timetracer.store.directory import DirectoryStore
from timetracer.store.index import Index

OLD = 1_600_000_000_000_000_000


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    store = DirectoryStore(tmp_path / "cassettes")
    for number in range(3):
        store.save(unit(number))
    store.append(unit(8))
    store.append(unit(9))
    for path in store.path.iterdir():
        os.utime(path, ns=(OLD, OLD))
    return store.path


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files were written long ago, as far as the index can see."""
    monkeypatch.setattr(module, "RACY", -(10**18))


def index(directory: Path) -> Index:
    return Index(directory, directory.parent / "cache")


def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    real = files.read

    def read(path: str | Path, *more: int) -> object:
        found.append(Path(path).name)
        return real(path, *more)

    monkeypatch.setattr(module.files, "read", read)
    return found


def test_it_says_what_the_directory_says(directory: Path, calm: None) -> None:
    told = sorted(DirectoryStore(directory).entries(), key=lambda entry: entry.name)
    for _ in range(2):
        assert sorted(index(directory).entries(), key=lambda entry: entry.name) == told


def test_what_is_known_is_not_read_again(directory: Path, calm: None, monkeypatch: pytest.MonkeyPatch) -> None:
    list(index(directory).entries())
    found = reads(monkeypatch)
    assert len(list(index(directory).entries())) == 5
    assert found == []


@pytest.mark.parametrize("keep_times", [True, False])
def test_what_has_changed_is_read_again(
    directory: Path, calm: None, monkeypatch: pytest.MonkeyPatch, keep_times: bool
) -> None:
    list(index(directory).entries())
    changed = min(directory.iterdir())
    changed.write_bytes(files.encode(replace(unit(7), name="other"), changed.name))
    if keep_times:
        os.utime(changed, ns=(OLD, OLD))  # as tools do that restore files
    found = reads(monkeypatch)
    list(index(directory).entries())
    assert found == [changed.name]


def test_what_was_written_just_now_is_read_again(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    list(index(directory).entries())
    found = reads(monkeypatch)
    list(index(directory).entries())
    assert len(found) == 4


def test_new_and_deleted_files_are_seen(directory: Path, calm: None) -> None:
    list(index(directory).entries())
    min(directory.iterdir()).unlink()
    DirectoryStore(directory).save(unit(5))
    (directory / "below").mkdir()
    DirectoryStore(directory / "below").save(unit(6))
    assert sorted(index(directory).entries(), key=str) == sorted(DirectoryStore(directory).entries(), key=str)


def test_damage_is_told_every_time(directory: Path, calm: None) -> None:
    (directory / "damaged.json").write_text("{")
    for _ in range(2):
        damages: list[Exception] = []
        assert len(list(index(directory).entries(damages.append))) == 5
        assert [type(damage) for damage in damages] == [CassetteDamaged]
    with pytest.raises(CassetteDamaged):
        list(index(directory).entries())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda held: b"{",
        lambda held: b"[]",
        lambda held: orjson.dumps({**held, "version": 99}),
        lambda held: orjson.dumps({**held, "directory": "/elsewhere"}),
        lambda held: orjson.dumps({**held, "files": []}),
        lambda held: orjson.dumps(
            {**held, "files": {name: [kept[0], [["x"]]] for name, kept in held["files"].items()}}
        ),
        lambda held: orjson.dumps(
            {**held, "files": {name: [kept[0], [[1, *kept[1][0][1:]]]] for name, kept in held["files"].items()}}
        ),
        lambda held: orjson.dumps({**held, "files": dict.fromkeys(held["files"], "x")}),
    ],
)
def test_a_cache_that_is_not_as_it_should_be_is_made_anew(directory: Path, calm: None, spoil: object) -> None:
    assert callable(spoil)
    told = list(index(directory).entries())
    path = index(directory).path
    path.write_bytes(spoil(orjson.loads(path.read_bytes())))
    assert list(index(directory).entries()) == told


def test_a_cache_that_cannot_be_written_is_none(directory: Path, calm: None) -> None:
    (directory.parent / "cache").write_text("a file where a directory should be")
    assert len(list(index(directory).entries())) == 5


def test_it_lives_in_the_users_cache(directory: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert Index(directory).path.parent == tmp_path / "xdg" / "timetracer"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert Index(directory).path.parent == Path.home() / ".cache" / "timetracer"


def test_a_directory_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert list(Index(tmp_path / "none", tmp_path / "cache").entries()) == []
