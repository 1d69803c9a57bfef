"""``timetracer diff``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import recordings
from timetracer.cassette import files
from timetracer.store.archive import ArchiveStore


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    files.write(tmp_path / "a.json", recordings.basket())
    other = recordings.basket()
    exchange = other.spans[2].exchange
    assert exchange
    exchange.request["parameters"] = ["B-9", 0]
    files.write(tmp_path / "b.json", other)
    return tmp_path / "a.json", tmp_path / "b.json"


def test_two_that_differ(run: Any, two: tuple[Path, Path]) -> None:
    ran = run("diff", *two)
    assert ran.status == 1
    assert 'request.parameters[0]: "A-0" → "B-9"' in ran.out
    assert ran.out.splitlines()[-1] == "1 changed"


def test_two_that_are_the_same(run: Any, two: tuple[Path, Path]) -> None:
    ran = run("diff", two[0], two[0])
    assert (ran.status, ran.out.splitlines()[-1]) == (0, "no difference")


def test_what_does_not_count_makes_no_difference(run: Any, two: tuple[Path, Path]) -> None:
    assert run("diff", *two, "--ignore", "request.parameters[*]").status == 0
    assert run("diff", *two, "--only", "response").status == 0
    assert run("diff", *two, "--only", "request").status == 1


def test_for_programs(run: Any, two: tuple[Path, Path]) -> None:
    ran = run("diff", *two, "--json")
    assert (ran.status, json.loads(ran.out)["same"]) == (1, False)


def test_one_of_several_is_named(run: Any, two: tuple[Path, Path], tmp_path: Path) -> None:
    store = ArchiveStore(tmp_path / "all.sqlite")
    first, second = (store.append(files.read(path)[0]) for path in two)
    store.close()
    archive = tmp_path / "all.sqlite"
    assert run("diff", f"{archive}:{first}", two[0]).status == 0
    assert run("diff", f"{archive}:{first}", f"{archive}:{second}").status == 1
    ran = run("diff", archive, two[0])
    assert ran.status == 2
    assert "say which, as PATH:NAME" in ran.err


def test_what_is_not_there_is_told(run: Any, two: tuple[Path, Path], damaged: Path, tmp_path: Path) -> None:
    assert run("diff", two[0], tmp_path / "none.json").status == 2
    assert run("diff", two[0], f"{tmp_path}/none.sqlite:3").status == 2
    assert run("diff", two[0], damaged).status == 2
