"""A task run is a unit of work: what it was asked, and what came of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from celery import signals

from services import memory_tasks as tasks
from timetracer import sessions
from timetracer.cassette.model import Cassette, Exchange, Kind
from timetracer.recording.session import Choice, Recording
from timetracer.recording.unit import Unit
from timetracer.seams import installed


def ran(name: str, *args: Any, **request: Any) -> tuple[Exchange, Cassette]:
    cassette = tasks.run(name, *args, **request)
    root = cassette.root
    assert root is not None
    assert root.kind is Kind.CONSUMER
    assert root.exchange is not None
    return root.exchange, cassette


def test_what_it_was_asked_and_what_it_returned() -> None:
    exchange, _ = ran("add", 1, kwargs={"y": 2}, eta=None, headers={"shop": 1}, argsrepr="(1,)", traceparent="00-1-1-1")
    assert (exchange.library, exchange.key) == ("celery", "run add")
    assert json.loads(exchange.request_body or b"") == {
        "args": [1],
        "kwargs": {"y": 2},
        "request": {
            "id": "run-1",
            "task": "add",
            "delivery_info": {"routing_key": "memory"},
            "retries": 0,
            "headers": {"shop": 1},
        },
        "may_join": True,
    }
    assert (exchange.response, exchange.response_body, exchange.error) == ({"state": "SUCCESS"}, b"3", None)


def test_a_failure_with_its_traceback_and_the_calls_before_it() -> None:
    exchange, cassette = ran("break_down", "tea")
    assert exchange.error == {
        "type": "services.memory_tasks.Broken",
        "args": ["tea", 3],
        "message": "('tea', 3)",
    }
    assert exchange.response is not None
    assert exchange.response["state"] == "FAILURE"
    assert "in break_down" in str(exchange.response["traceback"])
    assert [each.key for each in cassette.exchanges] == ["run break_down", "send add"]
    assert cassette.spans[1].parent_id == cassette.spans[0].span_id


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("ignored", {"state": "IGNORED", "reason": "not today"}),
        ("rejected", {"state": "REJECTED", "reason": "not here", "requeue": True}),
        ("again", {"state": "RETRY", "reason": "Retry in 1s"}),
    ],
)
def test_other_outcomes_are_no_failures(name: str, outcome: dict[str, Any]) -> None:
    exchange, _ = ran(name)
    assert (exchange.response, exchange.error) == (outcome, None)


def test_what_a_task_sends_on_is_a_call_of_its() -> None:
    _, cassette = ran("add", 1, 2, callbacks=[tasks.add.s(5)], chain=[tasks.add.s(6)])
    assert [each.key for each in cassette.exchanges] == ["run add", "send add", "send add"]
    _, cassette = ran("again")
    (sent,) = (each for each in cassette.exchanges if each.key == "send again")
    assert json.loads(sent.request_body or b"")["options"]["retries"] == 1


def test_an_eager_task_is_a_part_of_whoever_called_it() -> None:
    units: list[Unit] = []
    installed.place()
    try:
        with sessions.in_context(Recording(Choice(), units.append)):
            assert tasks.add.apply((1, 2)).get() == 3
    finally:
        installed.take_out()
    assert units == []


def test_storing_the_result_is_celerys_own_business(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    backend = tasks.app.backend
    monkeypatch.setattr(type(backend), "_store_result", lambda *_, **__: seen.append(sessions.inside.get()))
    monkeypatch.setattr(tasks.app.tasks["add"], "run", lambda x, y: seen.append(sessions.inside.get()))
    ran("add", 1, 2)
    assert seen == [False, True], "the task is the app's, the rest is Celery's"


def test_what_the_handlers_of_a_task_ask_is_asked_by_the_app() -> None:
    seen: list[bool] = []

    def handler(**_: Any) -> None:
        seen.append(sessions.inside.get())

    for signal in (signals.task_prerun, signals.task_success, signals.task_postrun):
        signal.connect(handler)
    try:
        ran("add", 1, 2)
    finally:
        for signal in (signals.task_prerun, signals.task_success, signals.task_postrun):
            signal.disconnect(handler)
    assert seen == [False, False, False]
