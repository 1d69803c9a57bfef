"""Asking whether a place can be written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from timetracer.errors import StoreError
from timetracer.store import writable


@pytest.mark.parametrize("place", ["", "cassettes", "a/b/c.json", "archive.sqlite"])
def test_a_place_that_can_be_written_is_left_as_it_is(tmp_path: Path, place: str) -> None:
    writable.check(tmp_path / place)
    assert [*tmp_path.iterdir()] == []


def test_a_file_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/cassettes: nothing can be recorded there: .*file: it is no directory"):
        writable.check(tmp_path / "file" / "cassettes")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has a file system that even root cannot write")
def test_a_place_that_refuses() -> None:
    with pytest.raises(StoreError, match="choose another place"):
        writable.check(Path("/proc/cassettes"))
