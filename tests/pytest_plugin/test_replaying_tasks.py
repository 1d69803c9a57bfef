"""``pytest --timetracer-replay``: recorded tasks as tests, in a real pytest run."""

from __future__ import annotations

from pathlib import Path

import pytest

from services import memory_tasks as tasks
from services.project import Project

TESTS = Path(__file__).parents[1]


@pytest.fixture
def recorded(pytester: pytest.Pytester) -> Path:
    """Two tasks, and something else; beside a test of another kind."""
    where = pytester.path / "recorded"
    tasks.run_into(where / "add.json", "add", 1, 2)
    tasks.run_into(where / "deep" / "broken.json", "break_down", "tea")
    (where / "notes.txt").write_text("no cassette")
    pytester.makepyfile(test_other="def test_other(): pass")
    return where


def run(project: Project, *args: str, app: str = "services.memory_tasks:app") -> pytest.RunResult:
    return project.run("--timetracer-replay", "recorded", "--celery-app", app, "-v", *args, PYTHONPATH=path())


def path() -> str:
    root = TESTS.parent
    return f"{root}:{root / 'instrumentors'}:{TESTS}"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    class NoUpstream:
        url = ""

    return Project(pytester, monkeypatch, NoUpstream())  # type: ignore[arg-type]


def test_each_cassette_is_a_test(project: Project, recorded: Path) -> None:
    result = run(project)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["recorded/add.json::run add PASSED*", "recorded/deep/broken.json::run break_down PASSED*"]
    )


def test_one_that_does_not_end_as_recorded_fails_by_its_text(project: Project, recorded: Path) -> None:
    project.write("conftest.py", "from services import memory_tasks\nmemory_tasks.BUG.clear()\n", head="")
    result = run(project)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["run break_down: did not end as recorded", '  now       SUCCESS "tea mended"'])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_beside_other_tests_if_they_are_asked_for(project: Project, recorded: Path) -> None:
    run(project, "test_other.py").assert_outcomes(passed=3)
    run(project, "recorded").assert_outcomes(passed=2)


def test_cassettes_of_anything_else_are_no_tests(project: Project, recorded: Path) -> None:
    from timetracer.cassette import files
    from timetracer.cassette.model import Cassette

    files.write(recorded / "other.json", Cassette())
    run(project).assert_outcomes(passed=2)


def test_shared_out_among_workers(project: Project, recorded: Path) -> None:
    run(project, "-p", "xdist.plugin", "-n", "2").assert_outcomes(passed=2)


def test_what_is_said_wrongly(project: Project, recorded: Path) -> None:
    result = project.run("--timetracer-replay", "recorded", PYTHONPATH=path())
    result.stderr.fnmatch_lines(["*wants to know the app that has the tasks: --celery-app*"])
    result = project.run("--timetracer-replay", "nowhere", "--celery-app", "a:b", PYTHONPATH=path())
    result.stderr.fnmatch_lines(["*there is no nowhere*"])
    result = run(project, app="services.memory_tasks:nothing")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*has no attribute 'nothing'*"])
