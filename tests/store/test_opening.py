"""Any path: a directory, an archive, a file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from store.units import background, unit
from timetracer.cassette import files
from timetracer.errors import CassetteDamaged, CassetteNotFound, StoreError, TimetracerError
from timetracer.store.archive import ArchiveStore
from timetracer.store.directory import DirectoryStore
from timetracer.store.opening import ARCHIVES, open_store, read_any


@pytest.mark.parametrize("name", ["cassettes", "cassettes.d", "a.json.d"])
def test_any_name_is_a_directory(tmp_path: Path, name: str) -> None:
    store = open_store(str(tmp_path / name), ".jsonl")
    assert isinstance(store, DirectoryStore)
    assert store.save(unit(1)).endswith(".jsonl")


@pytest.mark.parametrize("suffix", ARCHIVES)
def test_but_those_of_archives(tmp_path: Path, suffix: str) -> None:
    assert isinstance(open_store(tmp_path / f"a{suffix}"), ArchiveStore)


def test_an_archive_is_known_whatever_its_name(tmp_path: Path) -> None:
    store = ArchiveStore(tmp_path / "a.sqlite")
    store.save(unit(1))
    store.close()
    renamed = (tmp_path / "a.sqlite").rename(tmp_path / "recording")
    assert isinstance(open_store(renamed), ArchiveStore)
    assert list(read_any(renamed)) == [(f"{renamed}:1", unit(1))]


def test_a_file_is_no_store(tmp_path: Path) -> None:
    files.write(tmp_path / "a.json", unit(1))
    with pytest.raises(StoreError, match=r"a\.json: a file, where a directory or an archive \(\.sqlite, "):
        open_store(tmp_path / "a.json")


def test_reading_a_file(tmp_path: Path) -> None:
    files.write(tmp_path / "a.json", unit(1))
    assert list(read_any(tmp_path / "a.json")) == [(f"{tmp_path}/a.json", unit(1))]
    (tmp_path / "b.jsonl").write_bytes(files.encode(unit(1), "a.jsonl") + files.encode(unit(2), "a.jsonl"))
    assert list(read_any(str(tmp_path / "b.jsonl"))) == [
        (f"{tmp_path}/b.jsonl:1", unit(1)),
        (f"{tmp_path}/b.jsonl:2", unit(2)),
    ]


def test_reading_a_directory(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    names = [store.save(unit(1)), store.append(background(2))]
    assert list(read_any(tmp_path)) == [(f"{tmp_path}/{names[0]}", unit(1)), (f"{tmp_path}/{names[1]}", background(2))]


def test_damage_is_told_or_raised(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(b"{")
    files.write(tmp_path / "good.json", unit(1))
    for path, found in ((tmp_path, 1), (tmp_path / "bad.json", 0)):
        damages: list[TimetracerError] = []
        assert len(list(read_any(path, damages.append))) == found
        assert [type(damage) for damage in damages] == [CassetteDamaged]
        with pytest.raises(CassetteDamaged, match=r"bad\.json: line 1"):
            list(read_any(path))


@pytest.mark.parametrize("name", ["nothing", "nothing.json", "nothing.sqlite", "a\0"])
def test_nothing_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(CassetteNotFound):
        list(read_any(tmp_path / name))
    assert not list(tmp_path.iterdir())


def test_a_store_loads_only_what_it_uses(fresh_python: Callable[[str], str]) -> None:
    probe = (
        "import sys; from timetracer.store.opening import open_store; open_store('a'); print('sqlite3' in sys.modules)"
    )
    assert fresh_python(probe) == "False"
    assert sys.modules
