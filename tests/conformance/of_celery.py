"""Celery as a subject: an app that sends tasks and waits for what becomes of them, behind Redis, with a real worker.

What is sent gets no answer but its id, which the laws want to be the same each time: here it is one's own. Groups,
chains and chords, whose ids Celery makes up (a replay reports them as relaxed), are in ``instrumentors/celery``, as is
all that a worker does.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from celery import Celery
from opentelemetry.instrumentation.celery import CeleryInstrumentor

from conformance.subject import Seen, Subject
from services.law_tasks import app_at
from timetracer_instrumentors.celery import INSTRUMENTOR

PATIENCE = 30.0
LONG = "0" * 100
"""An id may be as long as one likes."""


def send(url: str, task: str, *args: Any, **options: Any) -> Any:
    return app_at(url).send_task(task, args, **options)


def got(url: str, task: str, *args: Any, **options: Any) -> Seen:
    return send(url, task, *args, **options).get(timeout=PATIENCE)


def sent(url: str, task: str = "law.echo", value: str = "Ada", own: str = "own", **options: Any) -> Seen:
    """Sent, and not waited for."""
    return send(url, task, value, task_id=own, headers={"shop": "a", **options.pop("headers", {})}, **options).id


def looked_at(url: str) -> Seen:
    result = send(url, "law.rows", 3)
    seen = [result.get(timeout=PATIENCE), result.state, result.successful(), result.result, type(result).__name__]
    later = app_at(url).AsyncResult(result.id)
    return [*seen, later.state, later.name, later.args, app_at(url).AsyncResult("nobody's").state]


def ignored(url: str) -> Seen:
    result = send(url, "law.echo", 1, ignore_result=True)
    return [result.ignored, result.get(timeout=PATIENCE)]


def commanded(url: str) -> Seen:
    """On a connection of its own: Celery does not send a command again where one of its pool has broken."""
    with app_at(url).connection_for_write() as connection:
        return [[*reply.values()] for reply in app_at(url).control.ping(timeout=0.5, connection=connection)]


def failing(act: Callable[[str], Seen], url: str) -> Seen:
    try:
        return [act(url)]
    except Exception as error:  # noqa: BLE001 - whatever it is
        return [{"error": type(error), "text": str(error), "args": repr(error.args)}]


def not_in_time(url: str) -> Seen:
    return send(url, "law.echo", 1, queue="of nobody").get(timeout=0.1)


def unreachable(_: str) -> Seen:
    app = Celery("nowhere", broker="redis://127.0.0.1:1/0", set_as_current=False)
    return app.send_task("law.echo", (1,), retry=False, ignore_result=True).id


def unspeakable(url: str) -> Seen:
    return sent(url, value=object())  # type: ignore[arg-type]


def same(url: str, count: int) -> list[Seen]:
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(lambda _: got(url, "law.next", url), range(count)))


def distinct(url: str, count: int) -> list[tuple[Seen, Seen]]:
    with ThreadPoolExecutor(8) as threads:
        said = threads.map(lambda number: got(url, "law.echo", [number]), range(count))
        return [([number], answer) for number, answer in zip(range(count), said, strict=True)]


TYPED = {"text": "Zo\xeb", "number": 1.5, "much": 2**70, "nested": [[], {}, None, True]}

SENDING = Subject(
    name="celery",
    instrumentor=INSTRUMENTOR,
    tracing=CeleryInstrumentor,
    acts={
        "sent": sent,
        "an answer": lambda url: got(url, "law.echo", TYPED),
        "much": lambda url: got(url, "law.rows", 5000),
        "later": lambda url: got(url, "law.echo", "late", countdown=0.1, priority=3),
        "looked at": looked_at,
        "ignored": ignored,
        "commanded": commanded,
    },
    failures={
        "of the app's": partial(failing, lambda url: got(url, "law.fail", "tea", True)),
        "of Python's": partial(failing, lambda url: got(url, "law.fail", "tea", False)),
        "not in time": partial(failing, not_in_time),
        "unreachable": partial(failing, unreachable),
        "unspeakable": partial(failing, unspeakable),
    },
    # Nothing that is sent is a stream; and of what could not be sent OpenTelemetry has a span that never ends.
    traced=(sent, partial(sent, own=LONG), partial(sent, value="Bea"), partial(sent, task="law.rows")),
    once=sent,
    others={
        "request.body.args[0]": partial(sent, value="Bea"),
        "request.task": partial(sent, task="law.rows"),
        "request.body.options.headers.shop": partial(sent, headers={"shop": "b"}),
        "request.body.options.queue": partial(sent, queue="other"),
    },
    same=same,
    ordered=False,
    distinct=distinct,
    home="workers",
)
