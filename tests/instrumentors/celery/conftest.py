"""Brokers, and real workers of `services.tasks`."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence

import pytest

from services.brokers import TESTS, Brokers
from services.found import KINDS, url_of
from services.ports import free_port
from services.processes import Server, Servers, script


@pytest.fixture
def redis(servers: Servers) -> Brokers:
    """A Redis of the test's own if there is a program to start, else one that is found: that one cannot be stopped."""
    queue = f"tasks-{uuid.uuid4()}"
    program = shutil.which("redis-server")
    if program is None:
        url = url_of(KINDS["redis"], servers)
        return Brokers(_databases(url, queue, 5))
    port = free_port()
    server = servers.start([program, "--port", str(port), "--save", "", "--bind", "127.0.0.1"], port)
    url = f"redis://127.0.0.1:{port}"
    return Brokers(_databases(url, queue, 0), stop=server.kill)


def _databases(url: str, queue: str, first: int) -> dict[str, str]:
    """The broker, the backend, and the app's own: of one server, as it often is."""
    broker, backend, shelf = (f"{url}/{first + number}" for number in range(3))
    return {"TASKS_BROKER": broker, "TASKS_BACKEND": backend, "SHELF": shelf, "TASKS_QUEUE": queue}


@pytest.fixture
def rabbitmq(servers: Servers) -> Brokers:
    """Broker and results by RPC; a queue of the test's own."""
    url = url_of(KINDS["rabbitmq"], servers)
    return Brokers({"TASKS_BROKER": url, "TASKS_BACKEND": "rpc://", "TASKS_QUEUE": f"tasks-{uuid.uuid4()}"})


@pytest.fixture
def work(servers: Servers) -> Callable[..., Server]:
    """``work(environ, "--pool", "threads", under=[…])`` starts a worker. What is sent before it is up waits for it."""

    def start(environ: Mapping[str, str], *options: str, under: Sequence[str] = ()) -> Server:
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "info"]
        command = [*under, script("celery"), "-A", "services.tasks", "worker", "-c", "2", *quiet, *options]
        patched = (
            {"OTEL_PYTHON_AUTO_INSTRUMENTATION_EXPERIMENTAL_GEVENT_PATCH": "patch_all"} if "gevent" in options else {}
        )
        return servers.background(command, cwd=TESTS, env={**environ, **patched, "C_FORCE_ROOT": "1"})

    return start
