"""``timetracer list``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_the_newest_is_first(run: Any, place: Path) -> None:
    ran = run("list", place)
    assert (ran.status, ran.err) == (0, "")
    head, *lines, total = ran.out.splitlines()
    columns = ["when (UTC)", "route or path", "status", "took", "spans", "error", "service", "name"]
    assert head.split() == " ".join(columns).split()
    assert [line.split()[1:4] for line in lines] == [
        ["03:04:15", "GET", "/orders"],
        ["03:04:10", "(process)", "GET"],
        ["03:04:05", "GET", "/items"],
    ]
    assert total == "3 cassettes, 1 with errors"


def test_into_a_pipe_nothing_is_cut_unless_a_width_is_asked_for(run: Any, tmp_path: Path, one: Path) -> None:
    long = tmp_path / f"{'long' * 50}.json"
    long.write_bytes(one.read_bytes())
    assert long.name in run("list", tmp_path).out
    narrow = run("list", tmp_path, "--width", 60).out
    assert max(map(len, narrow.splitlines())) <= 60


def test_damaged_files_are_named_at_the_end(run: Any, one: Path, damaged: Path) -> None:
    ran = run("list", one.parent)
    assert ran.status == 1
    assert "1 cassette\n" in ran.out
    assert ran.err.startswith(f"error: {damaged}: ")


def test_json(run: Any, place: Path) -> None:
    ran = run("list", place, "--json")
    data = json.loads(ran.out)
    assert ran.status == 0
    assert [(entry["kind"], entry["target"], entry["status"], entry["error"]) for entry in data["cassettes"]] == [
        ("unit", "/orders", 503, True),
        ("process", "/items", 200, False),
        ("unit", "/items", 200, False),
    ]
    assert data["damaged"] == []


def test_json_has_the_damaged(run: Any, damaged: Path) -> None:
    ran = run("list", damaged, "--json")
    assert ran.status == 1
    assert [each["file"] for each in json.loads(ran.out)["damaged"]] == [str(damaged)]


def test_an_empty_directory(run: Any, tmp_path: Path) -> None:
    assert run("list", tmp_path) == (0, "no cassettes\n", "")


def test_ascii(run: Any, place: Path) -> None:
    assert run("list", place, "--ascii").out.isascii()
