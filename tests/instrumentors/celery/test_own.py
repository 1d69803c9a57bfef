"""A broker, a backend and an app's own database of one Redis: only what the app asks of its own is anybody's call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis as client
from kombu.asynchronous.timer import Entry

import timetracer
from services import tasks
from services.brokers import POOLS, TESTS, Brokers, recorded_by, send
from services.processes import Server, Servers, script
from timetracer import sessions
from timetracer.recording.session import Choice, Recording
from timetracer.rerunning import told
from timetracer.seams import installed
from timetracer.store.opening import read_any

pytestmark = pytest.mark.services
Work = Callable[..., Server]
COUNTED = ["celery run services.tasks.counted", "redis INCRBY tea …", "redis GET tea"]


def recorded(where: Path) -> Iterator[list[str]]:
    """Everything that anybody recorded, background work too: the keys of each cassette, in their order."""
    for _, cassette in read_any(where):
        yield [f"{exchange.library} {exchange.key}" for exchange in cassette.exchanges]


@pytest.mark.parametrize("pool", POOLS)
def test_of_a_worker_only_what_its_tasks_ask_is_recorded(where: Path, redis: Brokers, work: Work, pool: str) -> None:
    """Each task says twice how far it is, and is acknowledged late, in threads by the thread that ran it."""
    worker = work(redis.environ, "--pool", pool, "--task-events", under=recorded_by(where))
    code = "print(sum(1 for each in [counted.delay('tea') for _ in range(12)] if each.get(timeout=90)))"
    assert send(code, redis.environ).strip() == "12"
    worker.stop()
    assert list(recorded(where)) == [COUNTED] * 12


@pytest.mark.parametrize("pool", POOLS)
def test_a_connection_that_celery_opens_anew_is_celerys_as_well(
    where: Path, redis: Brokers, work: Work, pool: str
) -> None:
    worker = work(redis.environ, "--pool", pool, "--task-events", under=recorded_by(where))
    code = "print([(cut_off.delay().get(timeout=90), counted.delay('tea').get(timeout=90)) for _ in range(3)])"
    assert send(code, redis.environ).strip() == "[(True, 1), (True, 2), (True, 3)]"
    worker.stop()
    seen = list(recorded(where))
    assert len(seen) == 6
    commands = {key.split()[1] for keys in seen for key in keys if key.startswith("redis")}
    assert commands == {"CLIENT", "INCRBY", "GET"}


def test_a_chord_that_grows_is_celerys_business(where: Path, redis: Brokers, work: Work) -> None:
    worker = work(redis.environ, under=recorded_by(where))
    code = "from celery import chord\nprint(chord([growing.s(), growing.s()], total.s())().get(timeout=90))"
    assert send(code, redis.environ).strip() == "22"
    worker.stop()
    redis.stop()
    assert not [key for keys in recorded(where) for key in keys if key.startswith("redis")]
    again = [timetracer.rerun(path, tasks.app, strict=True) for path in where.glob("*tasks_growing*.json")]
    assert [one.as_recorded for one in again] == [True, True]


def test_of_the_beat_only_what_it_sends_is_recorded(
    where: Path, tmp_path: Path, redis: Brokers, servers: Servers
) -> None:
    command = [
        *recorded_by(where),
        script("celery"),
        "-A",
        "services.tasks",
        "beat",
        "--schedule",
        str(tmp_path / "schedule"),
    ]
    beat = servers.background(command, cwd=TESTS, env=redis.environ)
    with client.Redis.from_url(redis.environ["TASKS_BROKER"], socket_timeout=90) as broker:
        assert broker.blpop([redis.environ["TASKS_QUEUE"]], timeout=60)
    beat.stop()
    assert {key for keys in recorded(where) for key in keys} == {"celery send services.tasks.add"}


def test_what_celerys_timers_call_is_its_own_in_whatever_greenlet() -> None:
    """Such as the heart of a worker, which says in Redis that it beats."""
    seen: list[bool] = []
    installed.place()
    try:
        with sessions.in_context(Recording(Choice(), lambda _: None)):
            Entry(lambda: seen.append(sessions.inside.get()))()
    finally:
        installed.take_out()
    assert seen == [True]


PRODUCING = """
import sys
import timetracer
from concurrent.futures import ThreadPoolExecutor
from opentelemetry.instrumentation.utils import suppress_instrumentation
from services.tasks import *

def cut():
    with suppress_instrumentation():
        cut_idle(redis.Redis.from_url(os.environ["SHELF"], decode_responses=True))

def one(number):
    result = counted.delay("tea")
    shelf().lpush("sent", number)
    seen = []
    result.then(lambda done: seen.append(done.result))
    value = result.get(timeout=90)
    state = counted.AsyncResult(result.id).state
    result.forget()
    several = group(add.s(number, 1), add.s(number, 2))()
    several.save()
    return seen == [value], state, several.get(timeout=90)

if "REPLAY" not in os.environ:
    add.delay(1, 1).get(timeout=90)  # the pools are full before anybody looks
with timetracer.use(sys.argv[1], strict=True) as block, ThreadPoolExecutor(4) as threads:
    if block.mode == "record":
        cut()  # and opened anew while somebody does
    print(block.mode, list(threads.map(one, range(8))), shelf().llen("sent"))
"""


def test_of_a_producer_with_threads_only_what_it_asks_of_its_own_is_recorded(
    path: Path, redis: Brokers, work: Work
) -> None:
    worker = work(redis.environ)
    program = f"import sys; sys.argv[1:] = [{str(path)!r}]\n{PRODUCING}"
    first = send(program, redis.environ)
    worker.stop()
    redis.stop()
    (keys,) = recorded(path)
    assert sorted(key for key in keys if not key.startswith("celery")) == [
        *["redis LLEN sent"],
        *["redis LPUSH sent …"] * 8,
    ]
    again = send(program, {**redis.environ, "REPLAY": "1"})
    assert (first.split()[0], again.split()[0]) == ("record", "replay")
    assert again.split()[1:] == first.split()[1:]


@pytest.mark.parametrize("pool", POOLS)
def test_what_a_task_asked_of_its_own_redis_answers_it_again(
    where: Path, redis: Brokers, work: Work, monkeypatch: pytest.MonkeyPatch, pool: str
) -> None:
    worker = work(redis.environ, "--pool", pool, under=recorded_by(where))
    assert send("print([counted.delay('tea').get(timeout=90) for _ in range(2)])", redis.environ).strip() == "[1, 2]"
    worker.stop()
    redis.stop()
    monkeypatch.setenv("SHELF", redis.environ["SHELF"])
    tasks.shelf.cache_clear()
    again = [timetracer.rerun(path, tasks.app, strict=True) for path in sorted(where.glob("*run_services*.json"))]
    assert [(one.as_recorded, told(one.now)) for one in again] == [(True, "SUCCESS 1"), (True, "SUCCESS 2")]
