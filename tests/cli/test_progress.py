"""Long work tells a terminal how far it has come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from terminal.test_paper import Terminal
from timetracer.terminal import progress


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("list PLACE", "reading"),
        ("search PLACE items", "searching"),
        ("stats PLACE", "reading"),
        ("validate PLACE --secrets", "validating"),
        ("export PLACE --out OUT/a.jsonl", "exporting"),
        ("import PLACE --from otlp --out OUT/b", "writing"),
        ("merge PLACE --out OUT/c.json", "reading"),
        ("dedupe PLACE", "comparing"),
        ("clean PLACE --older-than 1d", "removing"),
    ],
)
def test_a_bar_on_a_terminal_and_none_in_a_pipe(
    arguments: str, said: str, run: Any, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [
        str(place) if word == "PLACE" else word.replace("OUT", str(tmp_path / "out")) for word in arguments.split()
    ]
    monkeypatch.setattr(progress.progress, "__kwdefaults__", {"after": 0.0})
    monkeypatch.setenv("TERM", "xterm")
    first = run(*command, *(["--dry-run"] if command[0] in ("clean", "dedupe") else []))
    assert said not in first.err
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    run(*command)
    assert said in terminal.getvalue()
