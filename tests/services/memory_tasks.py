"""A small app of Celery's whose broker and backend are this process's memory, and runs of its tasks, recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery import Celery
from celery.app import trace
from celery.exceptions import Ignore, Reject

from timetracer import sessions
from timetracer.cassette import files
from timetracer.cassette.model import Cassette
from timetracer.recording.assembler import assemble
from timetracer.recording.session import Choice, Recording
from timetracer.recording.unit import Unit
from timetracer.seams import installed

app = Celery("memory", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = False


@app.task(name="add")
def add(x: Any, y: Any) -> Any:
    return x + y


class Broken(Exception):
    """A failure of the app's own."""


BUG: list[str] = ["bug"]


@app.task(name="break_down")
def break_down(item: str) -> str:
    add.delay(1, 2)
    if BUG:
        raise Broken(item, 3)
    return f"{item} mended"


@app.task(name="again", bind=True)
def again(self: Any) -> None:
    raise self.retry(countdown=1)


@app.task(name="ignored")
def ignored() -> None:
    raise Ignore("not today")


@app.task(name="rejected")
def rejected() -> None:
    raise Reject("not here", requeue=True)


@app.task(name="asks")
def asks(task_id: str) -> str:
    """What `get` within a task is allowed to do depends on the pool."""
    return str(app.AsyncResult(task_id).get(timeout=1))


def run(name: str, *args: Any, **request: Any) -> Cassette:
    """A run of a task as a worker runs it, recorded."""
    units: list[Unit] = []
    installed.place()
    try:
        with sessions.in_context(Recording(Choice(), units.append)):
            told = {"id": "run-1", "task": name, "delivery_info": {"routing_key": "memory"}, "retries": 0, **request}
            kwargs = told.pop("kwargs", {})
            trace.build_tracer(name, app.tasks[name], app=app)("run-1", list(args), kwargs, told)
    finally:
        installed.take_out()
    (unit,) = (unit for unit in units if not unit.background)
    return assemble(unit.snapshot())


def run_into(path: Path, name: str, *args: Any, **request: Any) -> Path:
    """The same, written to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, run(name, *args, **request))
    return path
