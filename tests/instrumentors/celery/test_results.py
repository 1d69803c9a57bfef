"""What is told of a result: looks, waits, stored groups; each one as it was, and of the one that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from celery import group
from celery.exceptions import TimeoutError as TooLate
from celery.result import GroupResult

import timetracer
from services.memory_tasks import Broken, add, app
from timetracer.cassette import files
from timetracer.errors import FailedVerdict, UnmatchedCall


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``stored(id, value)`` as a worker stores it; nothing is stored any more when it is replayed."""

    def store(task_id: str, value: Any, state: str = "SUCCESS", **more: Any) -> None:
        app.backend.store_result(task_id, value, state, **more)

    return store


def empty() -> None:
    app.backend.client.cache.clear()
    app.backend._cache.clear()


def both(path: Path, act: Callable[[], Any]) -> Any:
    app.backend._cache.clear()
    with timetracer.record(path):
        recorded = act()
    empty()
    with timetracer.replay(path, strict=True):
        replayed = act()
    assert replayed == recorded
    return recorded


def test_looks_one_after_the_other(path: Path, stored: Callable[..., None]) -> None:
    def act() -> Any:
        twin = app.AsyncResult("looked-at-1")
        seen = [twin.state]
        stored("looked-at-1", {"done": 1}, "PROGRESS")
        seen += [twin.state, twin.info]
        stored("looked-at-1", [1, {"two": 2}])
        return [*seen, twin.state, twin.result, twin.get(timeout=1), twin.children]

    both(path, act)


def test_a_failure_is_its_own_class_with_its_traceback(path: Path, stored: Callable[..., None]) -> None:
    stored("failed-1", Broken("tea", 3), "FAILURE", traceback="Traceback: here")

    def act() -> Any:
        twin = app.AsyncResult("failed-1")
        with pytest.raises(Broken) as raised:
            twin.get(timeout=1)
        return raised.value.args, twin.traceback, twin.failed(), type(twin.result)

    assert both(path, act) == (("tea", 3), "Traceback: here", True, Broken)


def test_an_exception_of_a_class_that_nobody_has(path: Path, stored: Callable[..., None]) -> None:
    app.backend._store_result(
        "failed-2", {"exc_type": "Odd", "exc_module": "no.where", "exc_message": ["a"]}, "FAILURE"
    )
    act = lambda: repr(app.AsyncResult("failed-2").get(timeout=1, propagate=False))  # noqa: E731
    assert both(path, act) == "Odd('a')"


def test_a_wait_that_takes_too_long(path: Path) -> None:
    def act() -> Any:
        with pytest.raises(TooLate):
            app.AsyncResult("never-1").get(timeout=0.05, interval=0.01)

    both(path, act)
    (cassette,) = files.read(path)
    (exchange,) = cassette.exchanges
    assert (exchange.key, (exchange.error or {})["type"]) == ("wait never-1", "celery.exceptions.TimeoutError")


def test_another_result_is_a_miss(path: Path, stored: Callable[..., None]) -> None:
    stored("known-1", 1)
    both(path, lambda: app.AsyncResult("known-1").state)
    with pytest.raises(FailedVerdict), timetracer.replay(path), pytest.raises(UnmatchedCall, match=r"request\.ids"):
        assert app.AsyncResult("other-1").state


def test_a_group_that_is_stored_and_restored(path: Path) -> None:
    def act() -> Any:
        result = group(add.s(1, 1), add.s(2, 2)).apply_async()
        result.save()
        restored = GroupResult.restore(result.id, app=app)
        result.delete()
        return restored == result, len(restored), GroupResult.restore(result.id, app=app)

    assert both(path, act) == (True, 2, None)


def test_waiting_is_no_serialising_of_the_apps_own_value(path: Path, stored: Callable[..., None]) -> None:
    """What the app does to a result that it was given does not reach the cassette."""
    stored("mutable-1", {"list": [1]})

    def act() -> Any:
        value = app.AsyncResult("mutable-1").get(timeout=1)
        seen = repr(value)
        value["list"].append(2)
        return seen

    assert both(path, act) == "{'list': [1]}"


def test_a_secret_in_a_result_does_not_reach_the_file(path: Path, stored: Callable[..., None]) -> None:
    stored("secret-1", {"password": "hunter2", "shop": "one"})
    with timetracer.record(path):
        assert app.AsyncResult("secret-1").get(timeout=1)["password"] == "hunter2"
    assert b"hunter2" not in path.read_bytes()
    empty()
    with timetracer.replay(path):
        assert app.AsyncResult("secret-1").get(timeout=1)["shop"] == "one"
