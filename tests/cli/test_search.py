"""``timetracer search``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (["status:error"], 1),
        (["route:/items", "kind:unit"], 1),
        (["stock/items"], 3),
        (["lib:asgi"], 2),
        (["lib:httpx", "kind:process"], 1),
        (["stock/items", "--", "-status:error"], 2),
        (["bananas"], 0),
    ],
)
def test_in_every_kind_of_place(run: Any, place: Path, query: list[str], count: int) -> None:
    ran = run("search", place, "--json", *query)
    assert (ran.status, len(json.loads(ran.out)["cassettes"])) == (0, count)


def test_below_each_stands_the_span_that_was_found_and_the_word_in_its_middle(run: Any, place: Path) -> None:
    ran = run("search", place, "application/json", "status:503")
    lines = ran.out.splitlines()
    assert lines[2] in ("  #1 GET http://shop/orders", "  #1 GET /orders")
    assert lines[3].strip().startswith("response.headers.content-type: »application/json«")
    assert lines[-1] == "1 found"
    narrow = run("search", place, "application/json", "status:503", "--width", "60", "--ascii").out.splitlines()
    assert ">application/json<" in narrow[3]
    assert all(len(line) <= 60 for line in narrow)


def test_the_value_of_an_attribute_that_was_asked_for_is_shown(run: Any, place: Path) -> None:
    found = json.loads(run("search", place, "stock", "--json").out)["cassettes"][0]
    assert found["match"]["match"].casefold() == "stock"
    assert set(found["match"]) == {"path", "before", "match", "after"}
    assert json.loads(run("search", place, "status:error", "--json").out)["cassettes"][0]["match"] is None


def test_in_one_file(run: Any, one: Path) -> None:
    assert run("search", one, "stock").out.splitlines()[-1] == "1 found"
    assert run("search", one, "bananas").out == "nothing found\n"


def test_wrong_queries_and_damaged_files_are_told(run: Any, place: Path, damaged: Path) -> None:
    ran = run("search", place, "colour:red")
    assert ran.status == 2
    assert "there is no field" in " ".join(ran.err.split())
    assert run("search", damaged.parent, "stock").status == 1
