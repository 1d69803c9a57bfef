"""redis-py as two subjects: its blocking and its asyncio client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import redis
import redis.asyncio
from opentelemetry.instrumentation.redis import RedisInstrumentor

from conformance.redis_conversation import PATIENCE, Steps, arun, pipelines, plain, published, run, watching
from conformance.subject import Act, Seen, Subject
from timetracer_instrumentors.redis.drivers import REDIS_PY

MUCH = "local all = {} for n = 1, 200 do all[n] = 'row ' .. n end return all"


def one(client: Any, key: str = "name", value: str = "Ada") -> Steps:
    return (yield client.set(key, value))


def got(client: Any) -> Steps:
    return (yield client.get("name"))


def much(client: Any) -> Steps:
    return (yield client.eval(MUCH, 0))


def failing(command: tuple[Any, ...], client: Any) -> Steps:
    try:
        return [(yield client.execute_command(*command))]
    except redis.RedisError as error:
        return [{"error": type(error), "text": str(error)}]


def unreachable(client: Any) -> Steps:
    yield client.aclose() if hasattr(client, "aclose") else client.close()
    client.connection_pool.connection_kwargs["port"] = 1
    return (yield from failing(("GET", "name"), client))


ACTS = {"much": much, "plain": plain, "pipelines": pipelines, "watching": watching, "published": published, "one": one}
FAILURES = {
    "unknown": partial(failing, ("FROBNICATE",)),
    "in a script": partial(failing, ("EVAL", "return redis.error_reply('MINE own')", 0)),
    "too few": partial(failing, ("GET",)),
    "unreachable": unreachable,
}
OTHERS: dict[str, tuple[Callable[[Any], Steps], dict[str, Any]]] = {
    "request.args[1]": (partial(one, value="Bea"), {}),
    "request.args[0]": (partial(one, key="title"), {}),
    "request.db": (one, {"db": 1}),
    "request.command": (got, {}),
}


def _blocking(steps: Callable[[Any], Steps], url: str, **options: Any) -> Seen:
    return run(steps, redis.Redis.from_url(url, socket_timeout=PATIENCE, retry=None, **options))


def _asyncio(steps: Callable[[Any], Steps], url: str, **options: Any) -> Seen:
    async def talk() -> Seen:
        return await arun(steps, redis.asyncio.Redis.from_url(url, socket_timeout=PATIENCE, retry=None, **options))

    return asyncio.run(talk())


def same(url: str, count: int) -> list[Seen]:
    with redis.Redis.from_url(url) as client, ThreadPoolExecutor(count) as threads:
        return list(threads.map(client.incr, ["counter"] * count))


def asame(url: str, count: int) -> list[Seen]:
    async def calls() -> list[Seen]:
        async with redis.asyncio.Redis.from_url(url) as client:
            return await asyncio.gather(*[client.incr("counter") for _ in range(count)])

    return asyncio.run(calls())


def distinct(url: str, count: int) -> list[tuple[Seen, Seen]]:
    with redis.Redis.from_url(url) as client, ThreadPoolExecutor(count) as threads:
        said = threads.map(client.echo, [f"{number}" for number in range(count)])
        return [(str(number).encode(), answer) for number, answer in zip(range(count), said, strict=True)]


def adistinct(url: str, count: int) -> list[tuple[Seen, Seen]]:
    def call(number: int) -> tuple[Seen, Seen]:
        def echo(client: Any) -> Steps:
            return (yield client.echo(f"{number}"))

        return str(number).encode(), _asyncio(echo, url)

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(call, range(count)))


def _subject(name: str, talk: Callable[..., Seen], **more: Any) -> Subject:
    def acts(table: dict[str, Any]) -> dict[str, Act]:
        return {each: partial(talk, steps) for each, steps in table.items()}

    known, failures = acts(ACTS), acts(FAILURES)
    return Subject(
        name=name,
        instrumentor=REDIS_PY,
        tracing=RedisInstrumentor,
        acts=known,
        failures=failures,
        traced=(known["one"], known["much"], failures["unknown"], failures["in a script"]),
        once=known["one"],
        others={each: partial(talk, steps, **options) for each, (steps, options) in OTHERS.items()},
        ordered=False,
        home="redises",
        **more,
    )


SYNC = _subject("redis.Redis", _blocking, same=same, distinct=distinct)
ASYNC = _subject("redis.asyncio.Redis", _asyncio, same=asame, distinct=adistinct)
