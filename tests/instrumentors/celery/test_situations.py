"""Everything that a producer can be told, from real workers behind real brokers; then without any of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.brokers import Brokers, python
from services.processes import Server
from timetracer.cassette import files

PROGRAM = Path(__file__).parents[2] / "services" / "situations.py"
BY_RPC = (
    "delayed applied_with_names counted_down by_name failing failing_unraised"
    " told_of_its_progress not_in_time without_a_result retried values_of_every_type chained chained_and_broken linked"
    " grouped grouped_and_joined grouped_and_broken fifty_alike commanded"
)
"""The result backend by RPC has no chords and no stored groups, and tells each result once."""

pytestmark = pytest.mark.services


def program(path: Path, *names: str, **environ: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(python(PROGRAM, path, *names, **environ))
    return told


@pytest.mark.parametrize("names", [(), ("half_done", "in_a_chord")], ids=["all", "some"])
def test_behind_redis(path: Path, redis: Brokers, work: Callable[..., Server], names: tuple[str, ...]) -> None:
    work(redis.environ)
    recorded = program(path, *names, **redis.environ)
    redis.stop()
    replayed = program(path, *names)
    assert (recorded["mode"], replayed["mode"]) == ("record", "replay")
    assert len(recorded["seen"]) >= (1 if names else 35)
    assert "ReplayError" not in json.dumps(replayed)
    assert replayed["seen"] == recorded["seen"]
    (cassette,) = files.read(path)
    assert {exchange.library for exchange in cassette.exchanges} == {"celery"}


def test_behind_rabbitmq(path: Path, rabbitmq: Brokers, work: Callable[..., Server]) -> None:
    worker = work(rabbitmq.environ)
    names = BY_RPC.split()
    recorded = program(path, *names, **rabbitmq.environ)
    worker.kill()
    replayed = program(path, *names, TASKS_BROKER="amqp://nowhere.invalid", TASKS_BACKEND="rpc://")
    assert replayed["seen"] == recorded["seen"]
    assert recorded["seen"]["delayed"] == 3


def test_values_that_were_pickled_come_back_from_json(path: Path, redis: Brokers, work: Callable[..., Server]) -> None:
    pickled = {"TASKS_SERIALIZER": "pickle"}
    work({**redis.environ, **pickled})
    names = ("tuples_and_sets", "values_of_every_type", "failing")
    recorded = program(path, *names, **redis.environ, **pickled)
    redis.stop()
    assert recorded["seen"]["tuples_and_sets"] == ["(1, (2,))", "{3}"]
    assert program(path, *names, **pickled)["seen"] == recorded["seen"]


def test_only_what_the_app_asked_for_is_in_the_cassette(
    path: Path, redis: Brokers, work: Callable[..., Server]
) -> None:
    """Celery talks to Redis all the time: subscribing, publishing, polling. None of it is anybody's call."""
    work(redis.environ)
    program(path, "delayed", "grouped", **redis.environ)
    (cassette,) = files.read(path)
    assert {exchange.library for exchange in cassette.exchanges} == {"celery"}
    calls = [exchange.key.partition(" ")[0] for exchange in cassette.exchanges]
    assert calls == ["send", "wait", *["send"] * 5, "wait"]
