"""``timetracer timeline``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ONE = """\
GET /items  200  2.00 ms
2 spans · 2 exchanges · shop · 2025-01-02 03:04:05.000 UTC
trace 4bf92f3577b34da6a3ce929d0e0e4736
                                          0        1 ms
                                          ┬────────┬────────
1▸GET /items        srv asgi  200 2.00 ms █████░░░░░░░░░████
2▸└ GET stock/items cli httpx 200 1.00 ms ┊   ▐████████▌
"""


def test_a_file(run: Any, one: Path) -> None:
    ran = run("timeline", one, "--width", 60)
    assert (ran.status, ran.err) == (0, "")
    assert [line.rstrip() for line in ran.out.splitlines()] == ONE.splitlines()


def test_every_cassette_of_a_place(run: Any, place: Path) -> None:
    ran = run("timeline", place)
    assert ran.status == 0
    assert len(ran.out.split("\n\n")) == 3


def test_one_by_its_name(run: Any, place: Path) -> None:
    name = json.loads(run("list", place, "--json").out)["cassettes"][0]["name"]
    assert run("timeline", place, name).out.startswith("GET /orders  503  2.00 ms\n")


def test_a_name_that_is_not_there(run: Any, place: Path) -> None:
    ran = run("timeline", place, "77.json")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("width", [60, 80, 120, 250])
def test_the_width_is_kept(run: Any, place: Path, width: int) -> None:
    lines = run("timeline", place, "--width", width).out.splitlines()
    assert max(map(len, lines)) == width


def test_ascii(run: Any, one: Path) -> None:
    assert run("timeline", one, "--ascii").out.isascii()


def test_damaged_files_are_named_at_the_end(run: Any, one: Path, damaged: Path) -> None:
    ran = run("timeline", one.parent)
    assert ran.status == 1
    assert "GET /items" in ran.out
    assert ran.err.startswith(f"error: {damaged}: ")


def test_json(run: Any, one: Path) -> None:
    ran = run("timeline", one, "--json")
    (cassette,) = json.loads(ran.out)["cassettes"]
    assert cassette["cassette"] == str(one)
    assert [(span["title"], span["offset_ns"]) for span in cassette["spans"]] == [
        ("GET /items", 0),
        ("GET http://stock/items", 500_000),
    ]


def test_a_query_chooses_spans(run: Any, one: Path) -> None:
    ran = run("timeline", one, "--filter", "lib:httpx")
    assert "1 of 2 spans match" in ran.out
    (cassette,) = json.loads(run("timeline", one, "--filter", "lib:httpx", "--json").out)["cassettes"]
    assert [(span["number"], span["matches"]) for span in cassette["spans"]] == [(1, False), (2, True)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--filter", "colour:red"], "there is no field"),
        (["--sort", "colour"], "one of start, duration, self, name"),
        (["--depth", "0"], "--depth"),
    ],
)
def test_what_cannot_be_understood_is_wrong_usage(run: Any, one: Path, options: list[str], said: str) -> None:
    ran = run("timeline", one, *options)
    assert ran.status == 2
    assert said in " ".join(ran.err.split())


def test_levels_can_be_left_out(run: Any, one: Path) -> None:
    assert "[+1]" in run("timeline", one, "--depth", "1").out


def test_pictures_are_written_to_files(run: Any, one: Path, tmp_path: Path) -> None:
    svg, html = tmp_path / "a.svg", tmp_path / "a.html"
    ran = run("timeline", one, "--svg", svg, "--html", html)
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert svg.read_text().startswith("<svg ")
    assert "GET stock/items" in html.read_text()
