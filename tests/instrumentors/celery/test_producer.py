"""What identifies a task that is sent, what may differ, and that a replay publishes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from celery import signals
from celery.result import AsyncResult
from kombu import Queue
from kombu.exceptions import EncodeError, OperationalError

import timetracer
from services.memory_tasks import add, app
from timetracer.cassette import files
from timetracer.cassette.model import Exchange
from timetracer.errors import FailedVerdict, UnmatchedCall

ONCE: dict[str, Any] = {"args": (1,), "kwargs": {"y": {"deep": [2]}}, "queue": "one", "headers": {"shop": "a"}}


def sent(path: Path, act: Callable[[], Any]) -> list[Exchange]:
    with timetracer.record(path):
        act()
    (cassette,) = files.read(path)
    return cassette.exchanges


def both(path: Path, act: Callable[[], Any]) -> Any:
    with timetracer.record(path):
        recorded = act()
    with timetracer.replay(path, strict=True):
        return recorded, act()


def test_what_is_asked(path: Path) -> None:
    (exchange,) = sent(path, lambda: add.apply_async(**ONCE, countdown=5, priority=3, link=add.s(1)))
    assert (exchange.key, exchange.request) == ("send add", {"call": "send", "task": "add"})
    body = json.loads(exchange.request_body or b"")
    assert (body["args"], body["kwargs"]) == ([1], {"y": {"deep": [2]}})
    options = body["options"]
    assert (options["queue"], options["headers"], options["countdown"], options["priority"]) == (
        "one",
        {"shop": "a"},
        5,
        3,
    )
    assert options["link"]["task"] == "add"
    assert not options.keys() & {"producer", "connection", "router", "task_type", "add_to_parent", "task_id"}


def test_objects_of_this_process_and_trace_headers_are_no_part_of_it(path: Path) -> None:
    def act() -> None:
        with app.connection_for_write() as connection:
            headers = {"traceparent": "00-1-1-01", "shop": "b"}
            app.send_task("add", (1, 2), connection=connection, queue=Queue("one"), headers=headers)

    (exchange,) = sent(path, act)
    assert json.loads(exchange.request_body or b"")["options"] == {"queue": "one", "headers": {"shop": "b"}}


def test_what_is_configured_is_asked_whether_a_task_says_so_or_not(path: Path) -> None:
    """A task that is not bound yet, in another thread's way, does not."""
    recorded = sent(path, lambda: add.apply_async((1, 2), serializer="json", time_limit=app.conf.task_time_limit))
    assert json.loads(recorded[0].request_body or b"")["options"] == {}
    with timetracer.replay(path, strict=True):
        app.send_task("add", (1, 2))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"args": (2,)}, "request.body.args[0]"),
        ({"kwargs": {"y": {"deep": [3]}}}, "request.body.kwargs.y.deep[0]"),
        ({"queue": "two"}, "request.body.options.queue"),
        ({"headers": {"shop": "c"}}, "request.body.options.headers.shop"),
        ({"countdown": 7}, "request.body.options.countdown"),
        ({"serializer": "pickle"}, "request.body.options.serializer"),
    ],
)
def test_a_change_is_a_miss_that_names_the_field(path: Path, change: dict[str, Any], name: str) -> None:
    sent(path, lambda: add.apply_async(**ONCE))
    with pytest.raises(FailedVerdict), timetracer.replay(path):
        with pytest.raises(UnmatchedCall, match=name.replace("[", r"\[").replace("]", r"\]")):
            add.apply_async(**{**ONCE, **change})


def test_another_task_is_a_miss(path: Path) -> None:
    sent(path, lambda: add.apply_async(**ONCE))
    with pytest.raises(FailedVerdict), timetracer.replay(path), pytest.raises(UnmatchedCall, match=r"request\.task"):
        app.send_task("other", **ONCE)


def test_the_id_is_the_recorded_one_or_ones_own(path: Path) -> None:
    recorded, replayed = both(path, lambda: add.delay(1, 2))
    assert replayed.id == recorded.id
    assert both(path, lambda: add.apply_async((1, 2), task_id="7c9e6679-7425-40de-944b-e07fc1f90ae7").id)[1] == (
        "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    )


def test_the_result_is_of_the_class_that_was_asked_for(path: Path) -> None:
    class Mine(AsyncResult):
        pass

    _, replayed = both(path, lambda: app.send_task("add", (1, 2), result_cls=Mine, ignore_result=True))
    assert type(replayed) is Mine
    assert replayed.ignored


def test_signals_are_sent_and_nothing_is_published(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    recorded_ids: list[str] = []

    def before(sender: Any, headers: Any, **_: Any) -> None:
        heard.append(sender)
        recorded_ids.append(headers["id"])

    signals.before_task_publish.connect(before, weak=False)
    try:
        with timetracer.record(path):
            add.delay(1, 2)
        monkeypatch.setattr("kombu.messaging.Producer.publish", lambda *_, **__: pytest.fail("published"))
        with timetracer.replay(path):
            add.delay(1, 2)
    finally:
        signals.before_task_publish.disconnect(before)
    assert heard == ["add", "add"]
    assert len(set(recorded_ids)) == 1


def test_a_broker_that_is_not_there_is_recorded(path: Path) -> None:
    def act() -> Any:
        try:
            app.send_task("add", (1, 2), connection=app.connection_for_write("redis://127.0.0.1:1"), retry=False)
        except OperationalError as error:
            return type(error)

    assert both(path, act) == (OperationalError, OperationalError)


def test_what_cannot_be_sent_cannot_be_sent(path: Path) -> None:
    def act() -> Any:
        try:
            add.delay(object(), 2)
        except (EncodeError, TypeError) as error:
            return type(error)

    recorded, replayed = both(path, act)
    assert recorded is replayed is EncodeError


def test_a_call_that_celery_would_refuse_is_refused_by_it(path: Path) -> None:
    """And is no fault of ours."""
    for block in (timetracer.record(path), timetracer.replay(path)):
        with block, pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
            app.send_task()


def test_commands_and_their_replies(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replies = [{"worker@one": {"ok": "pong"}}]
    monkeypatch.setattr("kombu.pidbox.Mailbox._broadcast", lambda *_, **__: replies)
    heard: list[Any] = []

    def act() -> Any:
        pinged = app.control.broadcast("ping", reply=True, timeout=0.1, callback=heard.append)
        return pinged, app.control.revoke("one"), app.control.inspect(timeout=0.1).ping()

    with timetracer.record(path):
        recorded = act()
    monkeypatch.setattr("kombu.pidbox.Mailbox._broadcast", lambda *_, **__: pytest.fail("told the workers"))
    with timetracer.replay(path, strict=True):
        assert act() == recorded
    assert heard == replies
    with pytest.raises(FailedVerdict), timetracer.replay(path), pytest.raises(UnmatchedCall, match=r"request\.task"):
        app.control.shutdown()


def test_a_purge_is_recorded(path: Path) -> None:
    add.apply_async((1, 2), queue=app.conf.task_default_queue)
    recorded, replayed = both(path, lambda: app.control.purge())  # noqa: PLW0108 - looked up each time
    assert recorded == replayed > 0
