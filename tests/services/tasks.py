"""An app of Celery's: tasks, for a worker to run and for others to send. The environment says where its broker is."""

from __future__ import annotations

import os
import time
from datetime import date, datetime, timezone
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import redis
from celery import Celery, group
from celery.exceptions import Ignore, Reject
from kombu.utils.json import register_type

NOWHERE = "redis://nowhere.invalid:6379/0"

app = Celery(
    "tasks",
    broker=os.environ.get("TASKS_BROKER", NOWHERE),
    backend=os.environ.get("TASKS_BACKEND", NOWHERE),
)
app.conf.update(
    task_default_queue=os.environ.get("TASKS_QUEUE", "tasks"),
    task_serializer=os.environ.get("TASKS_SERIALIZER", "json"),
    result_serializer=os.environ.get("TASKS_SERIALIZER", "json"),
    accept_content=["json", os.environ.get("TASKS_SERIALIZER", "json")],
    result_extended=True,
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
    beat_schedule={"often": {"task": "services.tasks.add", "schedule": 0.1, "args": (1, 2)}},
)

if "TASKS_REGISTERED" in os.environ:
    register_type(Fraction, "fraction", str, Fraction)


class OutOfStock(Exception):
    """A failure of the app's own."""


@app.task
def add(x: float, y: float) -> float:
    return x + y


@app.task
def total(numbers: list[float]) -> float:
    return sum(numbers)


@app.task
def fail(item: str) -> None:
    raise OutOfStock(item, 3)


@app.task(ignore_result=True)
def forgotten() -> str:
    return "nobody hears it"


@app.task(bind=True)
def progress(self: Any, path: str) -> str:
    """Is half done until there is such a file."""
    self.update_state(state="PROGRESS", meta={"done": 1, "of": 2})
    until = time.monotonic() + 30  # whoever asked for it may be gone
    while path and not Path(path).exists() and time.monotonic() < until:
        time.sleep(0.02)
    return "done"


@app.task(bind=True, max_retries=3)
def flaky(self: Any, times: int) -> int:
    if self.request.retries < times:
        raise self.retry(countdown=0.01, exc=OutOfStock("again"))
    return int(self.request.retries)


@app.task(bind=True)
def several(self: Any, count: int) -> Any:
    return group(add.s(number, number) for number in range(count)).apply_async()


@app.task(bind=True)
def growing(self: Any) -> int:
    """One more joins the chord that it is in."""
    self.add_to_chord(add.si(5, 5))
    return 1


@app.task
def typed() -> dict[str, Any]:
    return {
        "at": datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone.utc),
        "on": date(2026, 1, 2),
        "price": Decimal("12.50"),
        "id": UUID(int=7),
        "raw": b"\x00\xff",
        "much": 2**70,
    }


@app.task
def echo(value: Any) -> Any:
    return value


@app.task
def told(*args: Any) -> str:
    """What a link or an error link is called with."""
    return f"told {len(args)}"


@app.task
def ignored() -> None:
    raise Ignore("not today")


@app.task
def rejected() -> None:
    raise Reject("not here", requeue=False)


@app.task
def sleeping(patience: float) -> None:
    time.sleep(patience)


@cache
def shelf() -> redis.Redis:
    """The app's own Redis: one client with its pool, for the whole process."""
    return redis.Redis.from_url(os.environ["SHELF"], decode_responses=True)


@app.task(bind=True, acks_late=True)
def counted(self: Any, item: str) -> int:
    """Has Celery say how far it is, and uses the app's own Redis in between."""
    shelf().incr(item)
    self.update_state(state="COUNTING")
    self.send_event("task-counting")
    return int(shelf().get(item) or 0)


@app.task(acks_late=True)
def cut_off() -> bool:
    """Ends what Celery's pools keep open: whoever of it goes on, to acknowledge this, opens a connection."""
    return cut_idle(shelf()) > 0


def cut_idle(own: redis.Redis) -> int:
    """Closes the connections to the broker's and the backend's databases in which nobody waits; how many there were."""
    ours = own.connection_pool.connection_kwargs["db"]
    idle = [each for each in own.client_list() if each["db"] != str(ours) and not is_waiting(each)]
    return sum(int(own.client_kill_filter(_id=each["id"])) for each in idle)


def is_waiting(client: dict[str, str]) -> bool:
    return client["cmd"].partition("|")[0] in ("brpop", "subscribe", "psubscribe", "unsubscribe")


LIMIT = int(os.environ.get("LIMIT", "3"))
"""The bug: more should be sold."""


@app.task
def charge(item: str, count: int = 1) -> dict[str, Any]:
    """Asks what it costs, takes it off the shelf, tells the books, and sells no more than it thinks there are."""
    price = httpx.get(f"{os.environ['SHOP']}/text?{item}", timeout=60, trust_env=False).text
    with shelf().pipeline() as pipeline:
        left, _ = pipeline.decrby(f"stock {item}", count).rpush("charged", item).execute()
    told.delay(item, left)
    return sold(item, count, price)


def sold(item: str, count: int, price: str) -> dict[str, Any]:
    """Where the bug shows."""
    if count > LIMIT:
        raise OutOfStock(item, count)
    return {"item": item, "count": count, "price": price}
