"""``timetracer show``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import timetracer
from timetracer.cassette import files
from timetracer.cassette.model import Cassette, Span

PLAIN = """\
cassette GET /items
service shop

= GET /items
   server · asgi · 200
   key  GET http://shop/items

   > GET http://shop/items
   > accept: */*

   < 200 OK
   < content-type: application/json

   {
     "a": 1
   }

= GET http://stock/items
   client · httpx · 200
   key  GET http://stock/items

   > GET http://stock/items
   > accept: */*

   < 200 OK
   < content-type: application/json

   {
     "a": 1
   }

"""


def test_exchanges_in_full(run: Any, one: Path) -> None:
    ran = run("show", one)
    assert (ran.status, ran.err) == (0, "")
    for line in ("#1 GET /items", "#2 GET http://stock/items", "   > accept: */*", "   < 200 OK", '     "a": 1'):
        assert line in ran.out.splitlines()


def test_plain_depends_on_the_cassette_alone(one: Path) -> None:
    """Neither on the terminal's width, colour and encoding, nor on the time zone and the place of the file."""
    command = [sys.executable, "-c", "from timetracer.cli import main; main()", "show", "--plain", str(one)]
    for extra in (
        {},
        {"PYTHONIOENCODING": "ascii", "COLUMNS": "20", "TZ": "Asia/Tokyo"},
        {"FORCE_COLOR": "1", "TERM": "xterm-256color", "LC_ALL": "C"},
    ):
        ran = subprocess.run(command, env={**os.environ, **extra}, capture_output=True, check=True)
        assert ran.stdout.decode() == PLAIN


def test_plain_is_what_git_compares(one: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(timetracer.__file__).parents[1])}

    def git(*arguments: str) -> str:
        ran = subprocess.run(
            ["git", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        return ran.stdout

    tool = tmp_path / "textconv"
    tool.write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "from timetracer.cli import main; main()" show --plain "$1"\n'
    )
    tool.chmod(0o755)
    git("init", "-q")
    git("config", "diff.timetracer.textconv", str(tool))
    (tmp_path / ".gitattributes").write_text("*.json diff=timetracer\n")
    git("add", "one.json")
    (cassette,) = files.read(one)
    assert cassette.spans[1].exchange
    cassette.spans[1].exchange.response_body = b'{"a":2}'
    cassette.spans[1].end += 1
    files.write(one, cassette)
    changed = [line for line in git("diff").splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert changed == ['-     "a": 1', '+     "a": 2']


@pytest.mark.parametrize("wanted", ["2", "0000000000000002", "0000000000000002".upper()])
def test_one_span_by_number_or_id(run: Any, one: Path, wanted: str) -> None:
    ran = run("show", one, "--span", wanted)
    assert ran.status == 0
    assert "#2 GET http://stock/items" in ran.out
    assert "#1 " not in ran.out
    assert "   parent 0000000000000001" in ran.out


def test_a_span_by_the_beginning_of_its_id(run: Any, tmp_path: Path) -> None:
    spans = [
        Span("a", "1" * 32, "abcd" + "0" * 12),
        Span("b", "1" * 32, "abce" + "0" * 12),
        Span("c", "1" * 32, "1" * 16),
    ]
    files.write(tmp_path / "x.json", Cassette(spans))
    shown = run("show", tmp_path / "x.json", "--span", "ABC").err
    assert "no span 'ABC', of 3" in shown
    assert "#2 b" in run("show", tmp_path / "x.json", "--span", "abce").out
    assert "#3 c" in run("show", tmp_path / "x.json", "--span", "1" * 16).out


@pytest.mark.parametrize("wanted", ["0", "3", "999999999999999999999", "ffff", "²"])
def test_a_span_that_is_not_there(run: Any, one: Path, wanted: str) -> None:
    ran = run("show", one, "--span", wanted)
    assert (ran.status, ran.out) == (2, "")
    assert "there is no span" in ran.err


def test_json(run: Any, one: Path) -> None:
    ran = run("show", one, "--json", "--span", 2)
    (cassette,) = json.loads(ran.out)["cassettes"]
    (span,) = cassette["spans"]
    assert (cassette["cassette"], span["number"]) == (str(one), 2)
    assert span["exchange"]["response_body"] == {"text": '{"a":1}'}


def test_every_cassette_of_a_place_or_one(run: Any, place: Path) -> None:
    assert run("show", place).out.count("#1 ") == 3
    name = json.loads(run("list", place, "--json").out)["cassettes"][0]["name"]
    assert run("show", place, name, "--plain").out.startswith("cassette GET /orders\n")


def test_damaged_files_are_named_at_the_end(run: Any, one: Path, damaged: Path) -> None:
    for options in ([], ["--plain"], ["--json"]):
        ran = run("show", one.parent, *options)
        assert ran.status == 1
        assert ran.err.startswith(f"error: {damaged}: ")
