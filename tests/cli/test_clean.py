"""``timetracer clean`` and what it shares with ``dedupe``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from timetracer.store.opening import open_store


def names(place: Path) -> int:
    store = open_store(place)
    try:
        return len([*store.entries()])
    finally:
        store.close()


def test_what_is_older_goes(run: Any, place: Path) -> None:
    ran = run("clean", place, "--older-than", "1d")
    assert (ran.status, ran.out.splitlines()[-1].startswith("3 cassettes removed")) == (0, True)
    assert names(place) == 0


def test_what_is_younger_stays(run: Any, place: Path) -> None:
    assert run("clean", place, "--older-than", "100000d").out == "0 cassettes removed, 0 B\n"
    assert names(place) == 3


def test_errors_can_be_kept(run: Any, place: Path) -> None:
    run("clean", place, "--older-than", "1d", "--keep-errors")
    assert names(place) == 1


def test_a_dry_run_only_says(run: Any, place: Path) -> None:
    assert "3 cassettes would be removed" in run("clean", place, "--older-than", "1d", "--dry-run").out
    assert names(place) == 3


@pytest.mark.parametrize("age", ["2kB", "soon", "30", ""])
def test_an_age_has_a_unit(run: Any, place: Path, age: str) -> None:
    assert run("clean", place, "--older-than", age).status == 2
    assert names(place) == 3
