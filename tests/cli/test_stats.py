"""``timetracer stats``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("route", {"GET /items": 1, "GET /orders": 1, "(process)": 1}),
        ("status", {"200": 2, "503": 1}),
        ("service", {"shop": 3}),
        ("library", {"httpx": 3, "asgi": 2}),
        ("method", {"GET": 3}),
    ],
)
def test_groups(run: Any, place: Path, by: str, names: dict[str, int]) -> None:
    ran = run("stats", place, "--group-by", by, "--json")
    assert {group["name"]: group["count"] for group in json.loads(ran.out)["groups"]} == names


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_table_fits(run: Any, place: Path, width: int) -> None:
    ran = run("stats", place, "--width", width)
    assert ran.status == 0
    assert max(map(len, ran.out.splitlines())) <= width
    assert ("over time" in ran.out) is (width > 60)


def test_an_unknown_grouping_and_an_empty_place(run: Any, place: Path, tmp_path: Path) -> None:
    assert run("stats", place, "--group-by", "colour").status == 2
    (tmp_path / "empty").mkdir()
    assert run("stats", tmp_path / "empty").out == "no cassettes\n"
