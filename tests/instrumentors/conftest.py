"""What the tests of the instrumentors share."""

from __future__ import annotations

from pathlib import Path

import pytest

from timetracer.recording import faults


@pytest.fixture(autouse=True)
def faults_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours is kept from an app, and not from a test."""
    monkeypatch.setattr(faults, "raising", True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassette.json"


@pytest.fixture
def where(tmp_path: Path) -> Path:
    """For the cassettes of a whole process."""
    return tmp_path / "cassettes"
