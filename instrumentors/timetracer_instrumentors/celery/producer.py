"""What an app sends: tasks, however they are called, and commands to the workers.

Everything that calls a task (``delay``, ``apply_async``, chains, groups, chords, links, ``send_task`` by name, a retry)
passes `celery.app.base.Celery.send_task`. In a replay that function runs as well, with a producer that publishes
nothing: signals are sent, OpenTelemetry opens its span, and the result is of the class that Celery gives it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

from timetracer.cassette.model import Exchange
from timetracer.seams.declaration import CallSeam, EachCallSeam, Message
from timetracer.seams.streams import Stream
from timetracer_instrumentors.celery.encoding import decoded, encoded
from timetracer_instrumentors.celery.untyped import Celery, Control
from timetracer_instrumentors.http import TRACE_HEADERS

_LIVING = "self producer publisher connection router result_cls task_type route_name add_to_parent callback channel"
_OF_THIS_PROCESS = frozenset(_LIVING.split()) | {"reply_to"}  # which Celery makes up for each thread
"""Arguments that are objects of this process, and no part of what is asked."""

_CONFIGURED = {
    "serializer": "task_serializer",
    "priority": "task_default_priority",
    "time_limit": "task_time_limit",
    "soft_time_limit": "task_soft_time_limit",
    "ignore_result": "task_ignore_result",
}
"""Options that a task has of the app's configuration. A thread that comes while Celery still binds the task has not."""


class Nowhere:
    """A `kombu.Producer` that publishes nothing, and its connection."""

    recoverable_connection_errors = recoverable_channel_errors = connection_errors = channel_errors = ()

    @property
    def connection(self) -> Nowhere:
        return self

    @contextmanager
    def _reraise_as_library_errors(self) -> Generator[None, None, None]:
        yield

    def publish(self, body: Any, **_: Any) -> None:
        """Nobody is there."""


def as_it_is(value: Any, _: Stream) -> Any:
    return value


@cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


def _bound(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> inspect.BoundArguments | None:
    """The arguments by name; None for a call that Celery will refuse."""
    try:
        return _signature(function).bind(*args, **kwargs)
    except TypeError:
        return None


def _options(bound: inspect.BoundArguments) -> dict[str, Any]:
    """What was asked for, by name, beyond the defaults."""
    given: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        parameter = bound.signature.parameters[name]
        if parameter.kind is parameter.VAR_KEYWORD:
            given |= value
        elif value is not parameter.default:
            given[name] = value
    headers: Any = given.get("headers")
    if isinstance(headers, dict):
        headers = cast("Mapping[Any, Any]", headers)
        given["headers"] = {key: value for key, value in headers.items() if str(key).lower() not in TRACE_HEADERS}
    return {
        name: getattr(value, "name", value) if name in ("queue", "exchange") else value
        for name, value in given.items()
        if name not in _OF_THIS_PROCESS and value is not None and value not in ({}, [])
    }


def _beyond_configured(app: Any, options: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in options.items()
        if name not in _CONFIGURED or value != app.conf[_CONFIGURED[name]]
    }


def _asks_nobody(*_: Any, **__: Any) -> None:
    return None


_REFUSED = CallSeam("", _asks_nobody, as_it_is, _asks_nobody, as_it_is, _asks_nobody)  # type: ignore[arg-type]


def sending(app: Any, *args: Any, **kwargs: Any) -> CallSeam:
    """The seam of one call of `Celery.send_task`."""
    bound = _bound(Celery.send_task, (app, *args), kwargs)
    if bound is None:
        return _REFUSED

    def request(*_: Any, **__: Any) -> Message:
        options = _beyond_configured(app, _options(bound))
        name = options.pop("name")
        body = {"args": list(options.pop("args", ())), "kwargs": dict(options.pop("kwargs", {})), "options": options}
        return Message(({"call": "send", "task": str(name)},), encoded(body, exact=False))

    def rebuild(exchange: Exchange, _: Stream) -> Any:
        recorded = (exchange.response or {}).get("id")
        for name in ("connection", "publisher"):
            bound.arguments.pop(name, None)
        bound.arguments |= {"producer": Nowhere(), "task_id": bound.arguments.get("task_id") or recorded}
        return Celery.send_task(*bound.args, **bound.kwargs)

    def response(result: Any) -> Message:
        return Message(({"id": getattr(result, "id", None)},))

    return CallSeam("", request, as_it_is, response, as_it_is, rebuild)


def commanding(control: Any, *args: Any, **kwargs: Any) -> CallSeam:
    """The seam of one command to the workers."""
    bound = _bound(Control.broadcast, (control, *args), kwargs)
    if bound is None:
        return _REFUSED

    def request(*_: Any, **__: Any) -> Message:
        options = _options(bound)
        return Message(({"call": "command", "command": str(options.pop("command"))},), encoded(options, exact=False))

    def rebuild(exchange: Exchange, _: Stream) -> Any:
        replies = decoded(exchange.response_body)
        for reply in replies if bound.arguments.get("callback") else ():
            bound.arguments["callback"](reply)
        return replies

    return CallSeam("", request, as_it_is, replied, as_it_is, rebuild)


def replied(result: Any) -> Message:
    return Message(({},), encoded(result))


def purge_request(*_: Any, **__: Any) -> Message:
    return Message(({"call": "command", "command": "purge"},), b"{}")


def purge_result(exchange: Exchange, _: Stream) -> Any:
    return decoded(exchange.response_body)


SEAMS = (
    EachCallSeam("celery.app.base:Celery.send_task", sending),
    EachCallSeam("celery.app.control:Control.broadcast", commanding),
    CallSeam("celery.app.control:Control.purge", purge_request, as_it_is, replied, as_it_is, purge_result),
)
