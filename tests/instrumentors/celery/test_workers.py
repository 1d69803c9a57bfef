"""Real workers, recorded: prefork, threads and solo; their tasks run again here, with everything switched off."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import timetracer
from services import tasks
from services.brokers import POOLS, TESTS, Brokers, recorded_by, run, send
from services.processes import Server, script
from services.upstream import Upstream
from services.waiting import until
from timetracer.cassette import files
from timetracer.cassette.model import Cassette, Kind, Span
from timetracer.cli.view import source
from timetracer.rerunning import told

pytestmark = pytest.mark.services
Work = Callable[..., Server]
APP = "services.tasks:app"


def runs(where: Path, task: str) -> list[Path]:
    return sorted(path for path in where.glob("*.json") if f"run_services_tasks_{task}" in path.name)


def read(path: Path) -> Cassette:
    (cassette,) = files.read(path)
    return cassette


@pytest.fixture
def failed(where: Path, redis: Brokers, work: Work, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``failed(pool)``: the cassette of a task that failed in such a worker, with every server stopped since."""

    def fail(pool: str) -> Path:
        monkeypatch.setenv("SHOP", upstream.url)
        monkeypatch.setenv("SHELF", redis.environ["SHELF"])
        worker = work(redis.environ, "--pool", pool, under=recorded_by(where))
        said = send("print(repr(charge.delay('tea', 5).get(timeout=90, propagate=False)))", redis.environ)
        assert said.strip() == "OutOfStock('tea', 5)"
        worker.stop()
        redis.stop()
        upstream.stop()
        tasks.shelf.cache_clear()
        (path,) = runs(where, "charge")
        return path

    return fail


@pytest.mark.parametrize("pool", POOLS)
def test_a_failing_task_fails_again_and_is_mended(
    failed: Callable[[str], Path], upstream: Upstream, monkeypatch: pytest.MonkeyPatch, pool: str
) -> None:
    path = failed(pool)
    calls = [(exchange.library, exchange.key.split("?")[0]) for exchange in read(path).exchanges]
    assert calls == [
        ("celery", "run services.tasks.charge"),
        ("httpx", f"GET {upstream.url}/text"),
        ("redis", "MULTI DECRBY stock tea …; RPUSH charged …; EXEC"),
        ("celery", "send services.tasks.told"),
    ]
    again = timetracer.rerun(path, tasks.app, strict=True)
    assert again.as_recorded, again.text()
    assert isinstance(again.error, tasks.OutOfStock)
    assert told(again.now) == told(again.recorded)
    last = traceback.extract_tb(again.error.__traceback__)[-1]
    assert (last.name, last.line) == ("sold", "raise OutOfStock(item, count)")

    monkeypatch.setattr(tasks, "LIMIT", 10)
    mended = timetracer.rerun(path, tasks.app)
    assert (mended.error, mended.as_recorded) == (None, False)
    assert told(mended.now).startswith('SUCCESS {"item":"tea","count":5')


def test_a_failing_task_by_the_command_and_by_pytest(failed: Callable[[str], Path], tmp_path: Path) -> None:
    """Each in a process of its own, which knows of no broker."""
    path = failed("prefork")
    by_command = [script("timetracer"), "task", str(path), "--app", APP]
    by_pytest = [
        script("pytest"),
        "--timetracer-replay",
        str(path.parent),
        "--celery-app",
        APP,
        "-p",
        "no:cacheprovider",
    ]

    status, out = run(by_command, TESTS)
    assert status == 0, out
    assert "recorded  FAILURE services.tasks.OutOfStock('tea', 5) at " in out
    assert "calls     3 played, 0 missed" in out
    status, out = run(by_command, TESTS, LIMIT="10")
    assert status == 1, out
    assert 'now       SUCCESS {"item":"tea","count":5' in out

    status, out = run(by_pytest, TESTS)
    assert (status, "2 passed" in out) == (0, True), out  # with the one that it sent
    status, out = run(by_pytest, TESTS, LIMIT="10")
    assert (status, "1 failed, 1 passed" in out) == (1, True), out


def test_every_run_is_a_unit_of_its_own_and_none_is_lost(where: Path, redis: Brokers, work: Work) -> None:
    """Each child of the pool runs one task and ends."""
    worker = work(redis.environ, "--max-tasks-per-child", "1", under=recorded_by(where))
    code = "results = [add.delay(n, n) for n in range(12)]\nprint(sum(result.get(timeout=90) for result in results))"
    assert send(code, redis.environ).strip() == "132"
    worker.stop()
    assert len(runs(where, "add")) == 12
    assert len({read(path).spans[0].trace_id for path in runs(where, "add")}) == 12


@pytest.mark.parametrize("pool", POOLS)
def test_a_run_is_seen_while_it_is_under_way(where: Path, redis: Brokers, work: Work, pool: str) -> None:
    watched = source(where, watch=True)
    following = watched.following
    assert following is not None
    worker = work(redis.environ, "--pool", pool, under=recorded_by(where))
    send("sleeping.delay(3)", redis.environ)
    (entry,) = until(lambda: [each for each in watched.entries() if following.is_open(each.name)])
    assert entry.route == "run/services.tasks.sleeping"
    assert until(lambda: following.written_as(entry.name)).startswith(runs(where, "sleeping")[0].name)
    following.end()
    worker.stop()


def test_a_retry_is_a_run_and_so_is_what_is_sent_on(where: Path, redis: Brokers, work: Work) -> None:
    worker = work(redis.environ, under=recorded_by(where))
    code = "print(flaky.delay(1).get(timeout=90), (add.s(1, 1) | add.s(2))().get(timeout=90))"
    assert send(code, redis.environ).split() == ["1", "4"]
    worker.stop()
    outcomes = [told(timetracer.rerun(path, tasks.app, strict=True).recorded) for path in runs(where, "flaky")]
    assert [outcome.split()[0] for outcome in outcomes] == ["RETRY", "SUCCESS"]
    assert all(timetracer.rerun(path, tasks.app, strict=True).as_recorded for path in sorted(where.glob("*.json")))


TRACED = """
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import set_tracer_provider
set_tracer_provider(TracerProvider())
CeleryInstrumentor().instrument()
"""


def sent(path: Path, environ: dict[str, str], prelude: str = "") -> Span:
    """The span on which a task was sent, recorded by whoever sent it."""
    code = f"import timetracer\n{prelude}\nwith timetracer.record({str(path)!r}):\n    add.delay(1, 2).get(timeout=90)"
    send(code, environ)
    return next(span for span in read(path).spans if span.exchange is not None and span.kind is Kind.PRODUCER)


def test_producer_and_consumer_are_one_trace(where: Path, path: Path, redis: Brokers, work: Work) -> None:
    worker = work(redis.environ, under=recorded_by(where))
    span = sent(path, redis.environ, TRACED)
    worker.stop()
    ran = read(runs(where, "add")[0]).spans[0]
    assert (span.name, ran.name) == ("apply_async/services.tasks.add", "run/services.tasks.add")
    assert (ran.kind, ran.trace_id, ran.parent_id) == (Kind.CONSUMER, span.trace_id, span.span_id)


def test_without_opentelemetrys_instrumentor_it_works_as_well(
    where: Path, path: Path, tmp_path: Path, redis: Brokers, work: Work
) -> None:
    """Instrumented in code, by a module that the worker imports when it is up already."""
    (tmp_path / "in_code.py").write_text(f"import timetracer\ntimetracer.instrument({str(where)!r})\n")
    worker = work({**redis.environ, "PYTHONPATH": str(tmp_path)}, "-I", "in_code")
    span = sent(path, redis.environ)
    worker.stop()
    ran = read(runs(where, "add")[0]).spans[0]
    assert (span.name, ran.name, ran.kind) == ("send services.tasks.add", "run services.tasks.add", Kind.CONSUMER)


CONNECTIONS = """
import json, os, sys
from timetracer import sessions

def hear(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple):
        with open(os.environ["SEEN"], "a") as out:
            out.write(json.dumps([args[1][1], sessions.inside.get()]) + "\\n")
sys.addaudithook(hear)
"""


@pytest.mark.parametrize("pool", POOLS)
def test_celerys_own_connections_are_within_its_exchanges_and_a_tasks_are_not(
    where: Path, tmp_path: Path, redis: Brokers, work: Work, upstream: Upstream, pool: str
) -> None:
    """A seam at a connection looks when it is opened: those to the broker and the backend are nobody else's."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "heard.py").write_text(CONNECTIONS)
    environ = {**redis.environ, "SHOP": upstream.url, "SEEN": str(tmp_path / "seen"), "PYTHONPATH": f"{tmp_path}/site"}
    worker = work(environ, "--pool", pool, "-I", "heard", under=recorded_by(where))
    send("print(charge.delay('tea').get(timeout=90))", {**environ, "PYTHONPATH": ""})
    worker.stop()
    seen = [json.loads(line) for line in (tmp_path / "seen").read_text().splitlines()]
    by_port: dict[int, set[Any]] = {}
    for port, inside in seen:
        by_port.setdefault(port, set()).add(inside)
    broker = int(redis.environ["TASKS_BROKER"].rpartition(":")[2].partition("/")[0])
    shop = int(upstream.url.rpartition(":")[2])
    # httpx's own seam has its call; Celery's are within Celery's.
    assert by_port == {broker: {True}, shop: {True}}
    assert [exchange.library for exchange in read(runs(where, "charge")[0]).exchanges] == [
        "celery",
        "httpx",
        "redis",
        "celery",
    ]
