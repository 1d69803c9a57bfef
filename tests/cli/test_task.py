"""``timetracer task``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from services import memory_tasks as tasks
from timetracer.cli import task as command
from timetracer.recording import faults

APP = "services.memory_tasks:app"


@pytest.fixture(autouse=True)
def faults_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "raising", True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tasks.run_into(tmp_path / "task.json", "break_down", "tea")


def test_as_recorded(run: Any, path: Path) -> None:
    ran = run("task", path, "--app", APP)
    assert (ran.status, ran.err) == (0, "")
    first, second, third = ran.out.splitlines()
    assert first == "run break_down: ended as recorded"
    assert second.startswith("  recorded  FAILURE services.memory_tasks.Broken('tea', 3) at ")
    assert third == "  calls     1 played, 0 missed"


def test_not_as_recorded(run: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "BUG", [])
    ran = run("task", path, "--app", APP)
    assert ran.status == 1
    assert '  now       SUCCESS "tea mended"' in ran.out.splitlines()
    told = json.loads(run("task", path, "--app", APP, "--json").out)
    assert (told["as_recorded"], told["now"], told["verdict"]["played"]) == (False, 'SUCCESS "tea mended"', 1)
    assert told["differences"][0] == 'response.state: recorded "FAILURE", now "SUCCESS"'


def test_the_debugger_stops_where_it_fails(run: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def post_mortem(trace: Any) -> None:
        while trace.tb_next is not None:
            trace = trace.tb_next
        seen.append(dict(trace.tb_frame.f_locals))

    monkeypatch.setattr("pdb.post_mortem", post_mortem)
    assert run("task", path, "--app", APP, "--pdb").status == 0
    assert seen == [{"item": "tea"}]


@pytest.mark.parametrize(
    ("app", "problem"),
    [
        ("services.nowhere:app", "there is no module services.nowhere"),
        ("nowhere:app", "there is no module nowhere"),
        ("services.memory_tasks:other", "has no attribute 'other'"),
        ("services.memory_tasks:BUG", "is no Celery app"),
    ],
)
def test_an_app_that_is_none(run: Any, path: Path, app: str, problem: str) -> None:
    ran = run("task", path, "--app", app)
    assert (ran.status, ran.out) == (2, "")
    assert problem in ran.err


def test_what_is_no_task(run: Any, one: Path, tmp_path: Path) -> None:
    ran = run("task", one, "--app", APP)
    assert (ran.status, ran.err.count("\n")) == (2, 1)
    assert "cannot be run again" in ran.err
    assert run("task", tmp_path / "none.json", "--app", APP).status == 2


def test_where_there_is_no_task_those_that_are_there_are_named(run: Any, path: Path, one: Path) -> None:
    other = path.with_name("no_task.json")
    other.write_bytes(one.read_bytes())
    for asked, problem in [
        (path.parent, "is a directory"),
        (path.with_name("none.json"), "there is no such cassette"),
        (other, "cannot be run again"),
    ]:
        ran = run("task", asked, "--app", APP)
        assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert problem in ran.err
        assert ran.err.rstrip().endswith(f"of tasks there are {path} (run break_down)")
    path.unlink()
    assert "is of a task" in run("task", other, "--app", APP).err


def test_a_module_alone_has_its_app() -> None:
    assert command.find_app("services.memory_tasks") is tasks.app
    assert command.find_app("services.memory_tasks:app.conf") is tasks.app.conf


def test_a_module_of_the_folder_that_this_runs_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "right_here.py").write_text("app = 7")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place])
    assert command.find_app("right_here") == 7


def test_a_module_that_cannot_be_imported_says_so_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_there.py").write_text("import no_such_thing")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_thing"):
        command.find_app("half_there")
