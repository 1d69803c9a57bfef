"""Celery: the tasks that an app sends and what it is told of them, and the tasks that a worker runs.

Shapes: a request is ``{"call": "send", "task": str}`` or ``{"call": "command", "command": str}`` with what was asked as
a body of JSON, ``{"call": "look" | "wait" | "restore", "ids": [str, …]}``, or, of a worker, ``{"call": "run", "task":
str}`` with arguments and request as its body. A response is ``{"id": str}`` of what was sent, ``{"state": str, …}`` of
what was run, with what there is to tell as a body of JSON (see `encoding`).
"""

from __future__ import annotations

from typing import Any

from timetracer.cassette.model import Exchange, Kind, Plain
from timetracer.seams.declaration import Described, Instrumentor
from timetracer_instrumentors.celery import consumer, own, producer, results
from timetracer_instrumentors.celery.rerun import rerun
from timetracer_instrumentors.http import text


def describe(fields: tuple[Any, ...], body: bytes) -> Described:
    return Described(dict(fields[0]), body)


def key(request: dict[str, Plain]) -> str:
    """``send shop.tasks.charge``, ``wait 6f1c…``, ``run shop.tasks.charge``."""
    ids = request.get("ids")
    if isinstance(ids, list):
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        return f"{text(request, 'call')} {str(ids[0]) if ids else 'nothing'}{more}"
    return f"{text(request, 'call')} {text(request, 'task') or text(request, 'command')}"


def identity(request: dict[str, Plain], body: bytes | None) -> dict[str, str | bytes]:
    ids = request.get("ids")
    return {
        "call": text(request, "call"),
        "task": text(request, "task") or text(request, "command"),
        "ids": "\n".join(map(str, ids)) if isinstance(ids, list) else "",
        "body": body or b"",
    }


def writes(request: dict[str, Plain]) -> bool:
    """Whoever sends a task makes up its id."""
    return request.get("call") in ("send", "command")


def wire_body(exchange: Exchange) -> bytes:
    return exchange.response_body or b""


def errors() -> tuple[type[BaseException], ...]:
    """Every exception class that this process has loaded: a wait raises what a parent task had raised."""
    found: set[type[BaseException]] = set()
    waiting: list[type[BaseException]] = [Exception]
    while waiting:
        kind = waiting.pop()
        if kind not in found:
            found.add(kind)
            waiting += kind.__subclasses__()
    return tuple(found)


INSTRUMENTOR = Instrumentor(
    library="celery",
    kind=Kind.PRODUCER,
    seams=(*producer.SEAMS, *results.SEAMS, *own.SEAMS, *consumer.SEAMS),
    scopes=("opentelemetry.instrumentation.celery",),
    describe_request=describe,
    describe_response=describe,
    key=key,
    identity=identity,
    writes=writes,
    wire_body=wire_body,
    errors=errors,
    rerun=rerun,
)
