"""Plain values are taken as they are; all else is typer's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from conftest import FreshPython
from timetracer.cli.app import command_app

app = command_app()
seen: list[Any] = []


@app.command("take")
def take(
    path: Path,
    words: Annotated[list[str] | None, typer.Argument()] = None,
    *,
    name: str = "none",
    count: Annotated[int | None, typer.Option(min=3)] = None,
    share: float = 0.5,
    flag: bool = False,
) -> None:
    """Keeps what it was given."""
    seen.append((path, words, name, count, share, flag))


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (["a/b"], (Path("a/b"), None, "none", None, 0.5, False)),
        (["a", "x", "y z"], (Path("a"), ["x", "y z"], "none", None, 0.5, False)),
        (["a", "--name", "n", "--flag"], (Path("a"), None, "n", None, 0.5, True)),
        (["a", "--count", "7", "--share", "1"], (Path("a"), None, "none", 7, 1.0, False)),
    ],
)
def test_what_is_taken(given: list[str], taken: tuple[Any, ...]) -> None:
    seen.clear()
    assert CliRunner().invoke(app, given).exit_code == 0
    ((path, words, *more),) = seen
    assert (path, words or None, *more) == taken


@pytest.mark.parametrize(
    "given", [[], ["a", "--count", "2"], ["a", "--count", "x"], ["a", "--share", "y"], ["a", "--no"]]
)
def test_what_is_wrong_is_told(given: list[str]) -> None:
    assert CliRunner().invoke(app, given).exit_code == 2


def test_a_list_needs_no_pydantic(fresh_python: FreshPython, tmp_path: Path) -> None:
    code = """
import os, sys
from timetracer.cli import main
sys.argv = ["timetracer", "list", os.environ["WHERE"]]
try:
    main()
except SystemExit:
    print("pydantic" in sys.modules)
"""
    assert fresh_python(code, WHERE=str(tmp_path)).endswith("False")
