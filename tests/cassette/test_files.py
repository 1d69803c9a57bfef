"""Cassette files: whole or not at all."""

from __future__ import annotations

import errno
import gzip
import io
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cassette.worlds import orders
from timetracer.cassette import files
from timetracer.cassette.model import Cassette
from timetracer.errors import CassetteDamaged, CassetteError, CassetteNotFound, StoreError


@pytest.mark.parametrize("suffix", files.SUFFIXES)
def test_there_and_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "deep" / "er" / f"orders{suffix}"
    files.write(path, orders())
    assert files.read(path) == files.read(str(path)) == [orders()]
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_the_suffix_picks_layout_and_compression(tmp_path: Path) -> None:
    beginnings = {}
    for suffix in files.SUFFIXES:
        files.write(tmp_path / f"a{suffix}", orders())
        beginnings[suffix] = (tmp_path / f"a{suffix}").read_bytes()
    assert beginnings[".json"].count(b"\n") > 40
    assert beginnings[".jsonl"].count(b"\n") == 1
    assert gzip.decompress(beginnings[".json.gz"]) == beginnings[".json"]
    assert gzip.decompress(beginnings[".jsonl.gz"]) == beginnings[".jsonl"]
    assert beginnings[".jsonl.zst"][:4] == beginnings[".json.zst"][:4] == b"\x28\xb5\x2f\xfd"


def test_compression_is_told_by_the_first_bytes_not_by_the_name(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(files.encode(orders(), "a.jsonl.zst"))
    assert files.read(path) == [orders()]


@pytest.mark.parametrize("name", ["a", "a.yaml", "a.json.bz2", "a.zst", "json"])
def test_any_other_suffix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"ends in one of \.json, "):
        files.write(tmp_path / name, orders())
    assert not list(tmp_path.iterdir())


def test_a_new_file_takes_the_place_of_the_old_and_its_mode_is_the_usual(tmp_path: Path) -> None:
    path, usual = tmp_path / "a.json", tmp_path / "usual"
    usual.touch()
    files.write(path, Cassette(name="old"))
    files.write(path, orders())
    assert files.read(path) == [orders()]
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


@pytest.mark.parametrize("path", ["nothing.json", "nowhere/a.json", "a\0.json"])
def test_what_is_not_there(tmp_path: Path, path: str) -> None:
    with pytest.raises(CassetteNotFound, match="there is no such cassette"):
        files.read(tmp_path / path)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read: Is a directory"):
        files.read(tmp_path)


def test_what_is_larger_than_the_limit(tmp_path: Path) -> None:
    for suffix in (".json", ".json.zst"):
        path = tmp_path / f"a{suffix}"
        files.write(path, orders())
        with pytest.raises(CassetteDamaged, match="larger than 2,000 bytes"):
            files.read(path, limit=2000)


def test_no_more_is_read_than_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.touch()
    os.truncate(path, 2**40)  # a hole: it takes no space
    with pytest.raises(CassetteDamaged, match="larger than 2,000 bytes"):
        files.read(path, limit=2000)


class FullDisk(io.FileIO):
    def write(self, data: Any) -> int:
        super().write(bytes(data)[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "open", lambda path, mode: FullDisk(path, mode.replace("b", "")))


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    files.write(path, orders())
    with monkeypatch.context() as patch:
        fill_the_disk(patch)
        with pytest.raises(StoreError, match=r"a\.json: cannot be written: No space left on device"):
            files.write(path, Cassette())
    assert files.read(path) == [orders()]
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write(tmp_path / "a.json", orders())
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be written: (Not a directory|File exists)"):
        files.write(tmp_path / "file" / "a.json", orders())
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(StoreError, match="cannot be written: Is a directory"):
        files.write(tmp_path / "folder.json", orders())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be written: Permission denied"):
        files.write(tmp_path / "a.json", orders())


def test_a_value_without_a_place_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    cassette = orders()
    assert cassette.spans[0].exchange is not None
    cassette.spans[0].exchange.request["client"] = object()  # type: ignore[assignment]
    with pytest.raises(ValueError, match="not a plain value"):
        files.write(tmp_path / "a.json", cassette)
    assert not list(tmp_path.iterdir())


PACKED = [files.encode(orders(), f"a{suffix}") for suffix in (".json.zst", ".jsonl.zst", ".json.gz")]


@given(st.sampled_from(PACKED), st.integers(0, 2000), st.integers(0, 4), st.binary(max_size=4))
def test_fuzz_compressed_files(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, position: int, length: int, new: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.json"
    path.write_bytes(data[:position] + new + data[position + length :])
    with suppress(CassetteError):
        assert files.read(path) in ([orders()], [])
