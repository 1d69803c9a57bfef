"""``timetracer view``, in a terminal of its own and without one."""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from timetracer.cassette import files
from timetracer.cassette.replays import OF, ROOT
from timetracer.cli.view import source
from timetracer.store.underway import looked_at


def test_without_textual_one_line_says_what_to_install(run: Any, one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr("timetracer.cli.view.find_spec", lambda name: None if name == "textual" else there(name))
    ran = run("view", one)
    assert (ran.status, ran.err) == (2, "error: the viewer needs textual: pip install 'timetracer-otel[view]'\n")


def test_without_a_terminal_it_says_what_prints(run: Any, one: Path) -> None:
    ran = run("view", one)
    assert ran.status == 2
    assert "needs a terminal" in ran.err


def test_what_is_not_there_is_told(run: Any, tmp_path: Path) -> None:
    assert "no such file or directory" in run("view", tmp_path / "none").err


def test_a_place_is_read_whenever_it_is_asked(place: Path) -> None:
    where = source(place)
    names = [entry.name for entry in where.entries()]
    assert len(names) == 3
    assert len(where.load(names[0]).spans) in (1, 2)


def test_a_file_is_a_place_too(one: Path, damaged: Path) -> None:
    (entry,) = source(one).entries()
    assert source(one).load(entry.name).name == "GET /items"
    assert source(damaged).entries() == []
    assert source(Path("nowhere")).entries() == []


def test_what_is_under_way_is_followed_in_a_directory_and_an_archive_alone(one: Path, tmp_path: Path) -> None:
    assert source(one, watch=True).following is None
    assert source(tmp_path).following is None
    for name in ("cassettes", "archive.sqlite"):
        place = tmp_path / name
        where = source(place, watch=True)
        assert where.following is not None
        assert where.entries() == []
        assert looked_at(place)
        where.following.end()
        assert not place.exists()


def test_what_replays_of_a_cassette_did_is_found(one: Path, tmp_path: Path) -> None:
    (recorded,) = files.read(one)
    assert recorded.root is not None
    kept = replace(recorded, resource={OF: recorded.name, ROOT: recorded.root.span_id})
    files.write(tmp_path / "replays" / "a.json", kept)
    files.write(tmp_path / "replays" / "b.json", replace(kept, resource={OF: "another", ROOT: "f" * 16}))
    where = source(one, kept=tmp_path / "replays")
    assert [name for name, _ in where.replays(recorded)] == [str(tmp_path / "replays" / "a.json")]
    assert source(one).replays(recorded) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_in_a_terminal_it_draws_and_q_ends_it(one: Path) -> None:
    import pty

    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - another process
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30", "NO_COLOR": ""}
        os.execve(sys.executable, [sys.executable, "-m", "timetracer", "view", str(one)], environment)
    drawn = b""
    while b"stock/items" not in drawn:
        drawn += os.read(terminal, 65_536)
    os.write(terminal, b"q")
    while True:
        try:
            if not os.read(terminal, 65_536):
                break
        except OSError:  # Linux says so when the other end is closed
            break
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
