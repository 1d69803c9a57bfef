"""What is kept where it does not belong, since it could not be kept where it does."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

import recordings
from timetracer.errors import StoreError
from timetracer.store import refuge
from timetracer.store.directory import DirectoryStore


@pytest.fixture(autouse=True)
def none_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refuge, "_made", {})


def test_a_process_has_one_that_nobody_else_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = refuge.keep(recordings.order())
    assert refuge.keep(recordings.basket()) == folder
    assert folder.parent == tmp_path
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 or os.name == "nt"
    assert len([*DirectoryStore(folder).scan(print)]) == 2


def test_there_may_be_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(StoreError, match="cannot be written"):
        refuge.keep(recordings.order())
