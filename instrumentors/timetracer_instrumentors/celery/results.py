"""What an app is told of a task's result: its state now, the wait for it, and groups that were stored.

Whatever `AsyncResult` knows, it knows from what Celery calls the *meta*: ``{"status", "result", "traceback",
"children", …}``. One is asked of the backend at each look (`get_task_meta`); `get` waits for one, of backends that poll
in `wait_for`, of those that are told (Redis, RPC) in `_wait_for_pending`, which is drained step by step. A meta is one
line of JSON; an exception in it is written as Celery's JSON serialiser writes it, and built again by Celery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from timetracer import sessions
from timetracer.cassette.model import Exchange
from timetracer.seams.declaration import CallSeam, EachCallSeam, Message
from timetracer.seams.streams import Stream
from timetracer_instrumentors.celery.encoding import decoded, encoded
from timetracer_instrumentors.celery.producer import as_it_is
from timetracer_instrumentors.celery.untyped import AsyncResult, ResultSet, result_from_tuple


def line(backend: Any, meta: dict[str, Any], task_id: str) -> bytes:
    """A meta as one line of JSON."""
    return encoded({**_without_exception(backend, meta), "task_id": task_id}) + b"\n"


def _without_exception(backend: Any, meta: dict[str, Any]) -> dict[str, Any]:
    result = meta.get("result")
    return {**meta, "result": backend.prepare_exception(result, "json")} if isinstance(result, BaseException) else meta


class News:
    """What becomes known of the results that an app holds, whichever it asks for: a message for another one may come
    first, and that one is never asked for then.

    Args:
        backend: knows whose results somebody waits for.
        watched: results that are told of in any case.
    """

    def __init__(self, backend: Any, watched: Iterable[Any] = ()) -> None:
        self._backend = backend
        self._watched = list(watched)
        self._told: set[int] = set()
        self._pending: list[Any] = []
        self.begin()

    def begin(self) -> None:
        """Before something may come: whoever learns it is not pending any more."""
        self._pending = [result for result in _pending(self._backend) if result._cache is None]

    def lines(self) -> bytes:
        """What has come since; each result is told of once."""
        lines: list[bytes] = []
        for result in (*self._watched, *self._pending):
            if result._cache is not None and id(result) not in self._told:
                self._told.add(id(result))
                lines.append(line(self._backend, result._cache, result.id))
        return b"".join(lines)


def _pending(backend: Any) -> Iterator[Any]:
    """The results that somebody waits for. (Celery 5.7 has several objects of one id.)"""
    for mapping in getattr(backend, "_pending_results", ()):
        for waiting in list(mapping.values()):
            same = cast("Mapping[int, Any]", waiting) if isinstance(waiting, Mapping) else {0: waiting}
            yield from list(same.values())


def _learn(meta: dict[str, Any], watched: Iterable[Any], backend: Any) -> None:
    """Let everybody know who waits for this result."""
    backend.result_consumer.on_state_change(dict(meta), None)
    for result in watched:
        if result.id == meta["task_id"] and result._cache is None:
            result._maybe_set_cache(dict(meta))


def _look(backend: Any, task_id: str, call: str) -> CallSeam:
    news = News(backend)

    def request(*_: Any, **__: Any) -> Message:
        return Message(({"call": call, "ids": [str(task_id)]},))

    def response(meta: dict[str, Any]) -> Message:
        return Message(({},), line(backend, meta, task_id) + news.lines())

    def rebuild(exchange: Exchange, _: Stream) -> Any:
        first, *others = (exchange.response_body or b"").splitlines() or [b""]
        for other in others:
            _learn(decoded(other), (), backend)
        return backend.meta_from_decoded(decoded(first))

    return CallSeam("", request, as_it_is, response, as_it_is, rebuild)


def looking(backend: Any, task_id: str, *_: Any, **__: Any) -> CallSeam:
    """The seam of one look at a task's state."""
    return _look(backend, task_id, "look")


def polling(backend: Any, task_id: str, *_: Any, **__: Any) -> CallSeam:
    """The seam of one wait for a task, of a backend that polls."""
    return _look(backend, task_id, "wait")


def waiting(backend: Any, waited: Any, *args: Any, **kwargs: Any) -> CallSeam:
    """The seam of one wait for a task, or for several, of a backend that is told."""
    options: dict[str, Any] = {**dict(zip(("timeout", "on_interval", "on_message"), args, strict=False)), **kwargs}
    on_message = options.get("on_message")
    wanted = _single(waited)
    watched = [*wanted, *(single for parent in _parents(waited) for single in _single(parent))]

    def request(*_: Any, **__: Any) -> Message:
        return Message(({"call": "wait", "ids": [result.id for result in wanted]},))

    def response(rounds: Iterator[Any]) -> Message:
        messages: list[bytes] = []
        if on_message is not None:
            # The same wait, which has not begun, with us to hear each message first.
            heard = {**options, "on_message": _overheard(on_message, messages, backend)}
            rounds = backend.result_consumer._wait_for_pending(waited, **heard)
        return Message(({},), _told(rounds, watched, messages, backend))

    def with_body(_: Any, stream: Stream) -> Any:
        return iter(stream)

    def rebuild(_: Exchange, stream: Stream) -> Any:
        return _tell(stream, watched, on_message, backend)

    return CallSeam("", request, as_it_is, response, with_body, rebuild)


def _overheard(on_message: Callable[[Any], None], messages: list[bytes], backend: Any) -> Callable[[Any], None]:
    def hear(meta: dict[str, Any]) -> None:
        messages.append(encoded({"message": _without_exception(backend, meta)}) + b"\n")
        token = sessions.inside.set(False)
        try:
            on_message(meta)
        finally:
            sessions.come_out(token)

    return hear


def _single(result: Any) -> list[Any]:
    if isinstance(result, ResultSet):
        return [single for member in result.results for single in _single(member)]
    return [result] if isinstance(result, AsyncResult) else []


def _parents(result: Any) -> Iterator[Any]:
    while (result := getattr(result, "parent", None)) is not None:
        yield result


def _told(rounds: Iterator[Any], watched: list[Any], messages: list[bytes], backend: Any) -> Iterator[bytes]:
    """Drain as the caller drains; the messages that came in each round, and what has become known."""
    news = News(backend, watched)

    def told() -> bytes:
        heard, messages[:] = list(messages), []
        known = news.lines()
        news.begin()
        return b"".join([*heard, known])

    try:
        for _ in _within(rounds):
            if lines := told():
                yield lines
    except Exception:
        if lines := told():
            yield lines
        raise
    if lines := told():
        yield lines


def _within(rounds: Iterator[Any]) -> Iterator[None]:
    """Each round is Celery's own business, what the caller does between them is not."""
    while True:
        token = sessions.inside.set(True)
        try:
            next(rounds)
        except StopIteration:
            return
        finally:
            sessions.come_out(token)
        yield


def _tell(
    stream: Iterable[bytes], watched: list[Any], on_message: Callable[[Any], None] | None, backend: Any
) -> Iterator[None]:
    """Drain a recorded wait: the results learn what they had learned, and so do those who collect them."""
    rest = b""
    for chunk in stream:
        *lines, rest = (rest + chunk).split(b"\n")
        for meta in map(decoded, lines):
            if "message" not in meta:
                _learn(meta, watched, backend)
            elif on_message is not None:
                on_message(backend.meta_from_decoded(meta["message"]))
        yield


def restoring(backend: Any, group_id: str, *_: Any, **__: Any) -> CallSeam:
    """The seam of one look for a stored group."""

    def request(*_: Any, **__: Any) -> Message:
        return Message(({"call": "restore", "ids": [str(group_id)]},))

    def response(group: Any) -> Message:
        return Message(({},), encoded(group and group.as_tuple()))

    def rebuild(exchange: Exchange, _: Stream) -> Any:
        group = decoded(exchange.response_body)
        return group and result_from_tuple(group, app=backend.app)

    return CallSeam("", request, as_it_is, response, as_it_is, rebuild)


SEAMS = (
    EachCallSeam("celery.backends.base:Backend.get_task_meta", looking),
    EachCallSeam("celery.backends.rpc:RPCBackend.get_task_meta", looking),
    EachCallSeam("celery.backends.base:SyncBackendMixin.wait_for", polling),
    EachCallSeam("celery.backends.asynchronous:AsyncBackendMixin._wait_for_pending", waiting),
    EachCallSeam("celery.backends.base:Backend.restore_group", restoring),
)
