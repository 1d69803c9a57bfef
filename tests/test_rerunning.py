"""A recorded piece of work is done once more, and ends as it ended, or it is said how not."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import timetracer
from services import memory_tasks as tasks
from timetracer.cassette import files
from timetracer.cassette.model import Cassette, Exchange, Kind, Span
from timetracer.errors import CassetteNotFound, FailedVerdict, ReplayError
from timetracer.rerunning import told


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "task.json"


def test_as_recorded(path: Path) -> None:
    result = timetracer.rerun(tasks.run_into(path, "add", 1, 2), tasks.app)
    assert result.as_recorded
    result.check()
    assert result.text().splitlines()[:2] == ["run add: ended as recorded", "  recorded  SUCCESS 3"]
    assert (result.error, result.differences, result.problems) == (None, (), ())


def test_a_failure_fails_again_at_the_same_line(path: Path) -> None:
    seen: list[str] = []

    def stopped(error: BaseException) -> None:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        assert trace is not None
        seen.append(trace.tb_frame.f_locals["item"])

    result = timetracer.rerun(tasks.run_into(path, "break_down", "tea"), tasks.app, stopped=stopped)
    assert result.as_recorded
    assert isinstance(result.error, tasks.Broken)
    assert seen == ["tea"], "its frames are alive where it stops"
    assert told(result.recorded) == told(result.now)
    assert "memory_tasks.py:" in told(result.now)
    assert result.verdict.played == 1


def test_what_was_mended_does_not_end_as_recorded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks.run_into(path, "break_down", "tea")
    monkeypatch.setattr(tasks, "BUG", [])
    result = timetracer.rerun(path, tasks.app)
    assert not result.as_recorded
    assert told(result.now) == 'SUCCESS "tea mended"'
    with pytest.raises(FailedVerdict, match='now       SUCCESS "tea mended"'):
        result.check()
    assert result.differences[0].startswith('response.state: recorded "FAILURE", now "SUCCESS"')


def test_another_result_is_told_by_its_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks.run_into(path, "add", [1], [2])
    monkeypatch.setattr(tasks.app.tasks["add"], "run", lambda x, y: [*x, 3])
    assert timetracer.rerun(path, tasks.app).differences == ("response.body[1]: recorded 2, now 3",)


def test_a_call_that_was_never_recorded_is_told_in_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks.run_into(path, "add", 1, 2)

    def run(x: int, y: int) -> int:
        with suppress(ReplayError):
            tasks.add.delay(x, y)
        return x + y

    monkeypatch.setattr(tasks.app.tasks["add"], "run", run)
    result = timetracer.rerun(path, tasks.app)
    assert (result.differences, result.as_recorded) == ((), False)
    assert "asked     send add" in result.text()
    assert "timetracer run --mode record" in result.text()


@pytest.mark.parametrize(
    ("made", "same"), [("7c9e6679-7425-40de-944b-e07fc1f90ae7", True), ("not an identifier", False)]
)
def test_an_identifier_that_is_made_up_anew_is_no_difference(
    path: Path, monkeypatch: pytest.MonkeyPatch, made: str, same: bool
) -> None:
    tasks.run_into(path, "add", "0b0e6679-7425-40de-944b-", "e07fc1f90aaa")
    monkeypatch.setattr(tasks.app.tasks["add"], "run", lambda x, y: made)
    assert timetracer.rerun(path, tasks.app).as_recorded == same


def test_secrets_are_taken_out_of_both(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_secret: dict[str, Any] = {"password": "hunter2"}
    monkeypatch.setattr(tasks.app.tasks["add"], "run", lambda x, y: with_secret)
    cassette = tasks.run("add", 1, 2)
    from timetracer.redaction.pseudonyms import Pseudonyms
    from timetracer.redaction.redactor import Redactor

    Redactor().redact_cassette(cassette, Pseudonyms())
    files.write(path, cassette)
    assert b"hunter2" not in path.read_bytes()
    result = timetracer.rerun(path, tasks.app)
    assert result.as_recorded
    assert "hunter2" not in result.text()


def test_what_cannot_be_run_again(path: Path) -> None:
    with pytest.raises(CassetteNotFound):
        timetracer.rerun(path, tasks.app)
    request = Exchange("starlette", "GET /", {"method": "GET", "url": "http://shop/"}, b"")
    span = Span("GET /", "1" * 32, "1" * 16, kind=Kind.SERVER, exchange=request)
    files.write(path, Cassette([span]))
    with pytest.raises(ReplayError, match="starlette's work, which cannot be run again"):
        timetracer.rerun(path, tasks.app)
    files.write(path, Cassette([replace(span, kind=Kind.CLIENT)]))
    with pytest.raises(ReplayError, match="it is no recording of an inbound request or a task"):
        timetracer.rerun(path, tasks.app)
