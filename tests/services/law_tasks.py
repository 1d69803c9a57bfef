"""Tasks that obey the laws of the conformance suite: registered with every app, so that any may send them."""

from __future__ import annotations

import os
from collections import Counter
from functools import cache
from typing import Any

from celery import Celery, shared_task

COUNTS: Counter[str] = Counter()
"""Of the worker, which runs one task after the other."""


class OutOfStock(Exception):
    """A failure of the app's own."""


@shared_task(name="law.echo")
def echo(value: Any) -> Any:
    return value


@shared_task(name="law.rows")
def rows(count: int) -> list[str]:
    return [f"row {number}" for number in range(count)]


@shared_task(name="law.next")
def next_of(counter: str) -> int:
    COUNTS[counter] += 1
    return COUNTS[counter]


@shared_task(name="law.forget")
def forget(counter: str) -> None:
    COUNTS.pop(counter, None)


@shared_task(name="law.fail")
def fail(item: str, known: bool) -> None:
    raise OutOfStock(item, 3) if known else LookupError(item)


@cache
def app_at(url: str) -> Celery:
    """The app whose broker and backend are there: one for each URL, with its pools."""
    app = Celery("laws", broker=f"{url}/0", backend=f"{url}/1", set_as_current=False)
    app.conf.update(broker_connection_retry_on_startup=True, worker_hijack_root_logger=False, result_extended=True)
    return app


if url := os.environ.get("LAWS_REDIS"):
    app = app_at(url)
