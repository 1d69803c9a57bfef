"""A recorded run is repeated by Celery's own tracer: the request, handlers, retries, the pool's rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from celery._state import _set_task_join_will_block, task_join_will_block

import timetracer
from services import memory_tasks as tasks
from timetracer.errors import ReplayError
from timetracer.rerunning import told


def rerun(path: Path, name: str, *args: Any, **request: Any) -> timetracer.Rerun:
    return timetracer.rerun(tasks.run_into(path, name, *args, **request), tasks.app, strict=True)


@pytest.mark.parametrize("name", ["ignored", "rejected", "again", "add", "break_down"])
def test_every_outcome_is_repeated(path: Path, name: str) -> None:
    args = {"add": (1, 2), "break_down": ("tea",)}.get(name, ())
    result = rerun(path, name, *args)
    assert result.as_recorded, result.text()
    assert result.verdict.unplayed == []
    assert told(result.now).split()[0] in ("SUCCESS", "FAILURE", "RETRY", "IGNORED", "REJECTED")


def test_what_is_sent_on_is_answered(path: Path) -> None:
    result = rerun(path, "add", 1, 2, callbacks=[tasks.add.s(5)], chain=[tasks.add.s(6)])
    assert (result.as_recorded, result.verdict.played) == (True, 2)


def test_the_task_sees_its_request(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    task = tasks.app.tasks["add"]

    def run(x: int, y: int) -> int:
        request = task.request
        seen.append((request.id, request.retries, request.args, request.kwargs, request.delivery_info, request.shop))
        return x + y

    monkeypatch.setattr(task, "run", run)
    rerun(path, "add", 1, kwargs={"y": 2}, retries=2, shop="one")
    assert seen[0] == ("run-1", 2, (1,), {"y": 2}, {"routing_key": "memory"}, "one") or seen[0][2] == [1]
    assert seen[1] == seen[0]


def test_nothing_is_stored(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks.run_into(path, "add", 1, 2)
    monkeypatch.setattr(type(tasks.app.backend), "_store_result", lambda *_, **__: pytest.fail("stored"))
    assert timetracer.rerun(path, tasks.app).as_recorded


@pytest.mark.parametrize("blocks", [True, False])
def test_a_pool_in_which_tasks_may_not_wait_for_tasks(path: Path, blocks: bool) -> None:
    tasks.app.backend.store_result("other", "told", "SUCCESS")
    _set_task_join_will_block(blocks)
    try:
        tasks.run_into(path, "asks", "other")
    finally:
        _set_task_join_will_block(False)
    result = timetracer.rerun(path, tasks.app)
    assert result.as_recorded
    assert ("Never call result.get() within a task" in told(result.now)) == blocks
    assert not task_join_will_block()


def test_a_task_that_the_app_does_not_have(path: Path) -> None:
    tasks.run_into(path, "add", 1, 2)
    path.write_text(path.read_text().replace('\\"task\\":\\"add\\"', '\\"task\\":\\"gone\\"'))
    with pytest.raises(ReplayError, match="the app has no task 'gone'; it has add, again, asks"):
        timetracer.rerun(path, tasks.app)


def test_what_is_no_app(path: Path) -> None:
    tasks.run_into(path, "add", 1, 2)
    with pytest.raises(ReplayError, match="is no Celery app"):
        timetracer.rerun(path, object())


def test_arguments_that_cannot_be_built_again(path: Path) -> None:
    tasks.run_into(path, "add", [object()], [])
    with pytest.raises(ReplayError, match=r"args\[0\]\[0\] was recorded as '<object object>'"):
        timetracer.rerun(path, tasks.app)
