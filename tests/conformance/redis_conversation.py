"""What an app may do with Redis, told once for blocking and asyncio clients: each step is yielded, and its result sent.

Run as a program it prints what the app saw: ``python conversation.py blocking 6379 cassette.json protocol=2``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
import redis.asyncio
from redis.exceptions import RedisError

import timetracer
from conformance.steps import Steps, arun, run

PATIENCE = 30.0
ERRORS = (RedisError, UnicodeDecodeError)


def talk(way: str, port: int, steps: Callable[[Any], Steps] | None = None, **options: Any) -> Any:
    """What the app sees, with a client that is made one way: ``blocking`` or ``asyncio``."""
    options = {"port": port, "socket_timeout": PATIENCE, "retry": None, **options}
    steps = steps or everything
    if way == "blocking":
        return run(steps, redis.Redis(**options))
    return asyncio.run(_amain(steps, options))


async def _amain(steps: Callable[[Any], Steps], options: dict[str, Any]) -> Any:
    return await arun(steps, redis.asyncio.Redis(**options))


def error_of(error: Exception) -> tuple[str, str]:
    """Of a command within a pipeline the two kinds of client spell the end of the text each in its own way."""
    return type(error).__name__, str(error).partition(" of pipeline caused error")[0]


# --- what is done --------------------------------------------------------------------------------------------------


def do(name: str, /, *args: Any, **options: Any) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    return name, args, options


COMMANDS = (
    do("set", "name", "Ada"),
    do("get", "name"),
    do("get", "nothing"),
    do("set", "name", "Bea", nx=True),
    do("set", "name", "Bea", get=True),
    do("set", "soon", b"\xff\x00\r\nbinary", ex=100),
    do("get", "soon"),
    do("ttl", "soon"),
    do("append", "name", " Grüße"),
    do("getrange", "name", 0, 4),
    do("incrby", "count", 5),
    do("incrbyfloat", "count", 0.5),
    do("mset", {"a": 1, "b": 2, b"\xfe": 3}),
    do("mget", "a", "none", b"\xfe"),
    do("hset", "user", "name", "Ada", items=["age", "36"]),
    do("hset", "user", mapping={"age": 36, b"\x80": b"\x81"}),
    do("hgetall", "user"),
    do("hget", "user", "name"),
    do("hincrbyfloat", "user", "age", 1.5),
    do("rpush", "list", "a", "b", "c", b"\xff"),
    do("lrange", "list", 0, -1),
    do("lpop", "list", 2),
    do("lpos", "list", "z"),
    do("sadd", "set", "only"),
    do("smembers", "set"),
    do("sismember", "set", "nobody"),
    do("zadd", "board", {"Ada": 1.5, "Bea": 2, "Cy": float("inf")}),
    do("zrange", "board", 0, -1, withscores=True),
    do("zscore", "board", "Ada"),
    do("zscore", "board", "nobody"),
    do("zpopmin", "board"),
    do("scan", match="us*", count=1000),
    do("hscan", "user"),
    do("geoadd", "places", (13.361389, 38.115556, "Palermo")),
    do("geopos", "places", "Palermo", "Atlantis"),
    do("pfadd", "seen", "x", "y"),
    do("pfcount", "seen"),
    do("setbit", "bits", 7, 1),
    do("bitcount", "bits"),
    do("xadd", "stream", {"kind": "order", b"\xff": "1"}, id="1-1"),
    do("xadd", "stream", {"kind": "refund"}, id="2-1"),
    do("xrange", "stream"),
    do("xlen", "stream"),
    do("xgroup_create", "stream", "workers", "0"),
    do("xreadgroup", "workers", "me", {"stream": ">"}, count=1),
    do("xack", "stream", "workers", "1-1"),
    do("xread", streams={"stream": "2-1"}, block=1),
    do("blpop", "empty", timeout=0.01),
    do("blpop", "list", timeout=1),
    do("blmove", "list", "other", 1),
    do("eval", "return {1, 'two', {3, false}, redis.status_reply('FINE')}", 0),
    do("eval", "return redis.error_reply('MINE own')", 0),
    do("script_load", "return ARGV[1]"),
    do("script_exists", "0" * 40),
    do("evalsha", "f" * 40, 0),
    do("incr", "list"),
    do("execute_command", "NO_SUCH_COMMAND", "x"),
    do("execute_command", "GET"),
    do("type", "list"),
    do("rename", "nothing", "else"),
    do("expire", "name", 1000),
    do("persist", "name"),
    do("object", "encoding", "name"),
    do("config_get", "maxmemory-policy"),
    do("client_getname"),
    do("echo", "hello"),
    do("dbsize"),
    do("ping"),
    do("delete", "a", "b"),
    do("exists", "a", "name"),
)


def plain(client: Any) -> Steps:
    """One command after the other."""
    seen: list[Any] = []
    for name, args, options in COMMANDS:
        try:
            seen.append((yield getattr(client, name)(*args, **options)))
        except ERRORS as error:
            seen.append(error_of(error))
    return seen


def pipelines(client: Any) -> Steps:
    """Several commands at once, with and without a transaction, one of which a command fails in."""
    seen: list[Any] = []
    for transaction in (False, True):
        pipe = client.pipeline(transaction=transaction)
        pipe.set("p", 1)
        pipe.lpush("p", "no list")
        pipe.incr("p")
        pipe.get("p")
        seen.append([str(each) for each in (yield pipe.execute(raise_on_error=False))])
        pipe.incr("p")
        pipe.hgetall("p")
        try:
            yield pipe.execute()
        except RedisError as error:
            seen.append(error_of(error))
        pipe.execute_command("NO_SUCH_COMMAND")
        pipe.get("p")
        try:
            yield pipe.execute()
        except RedisError as error:
            seen.append(error_of(error))
        yield pipe.reset()
    seen.append((yield client.get("p")))
    return seen


def watching(client: Any) -> Steps:
    """Optimistic locking: once it goes well, once somebody else was faster, once it is given up."""
    seen: list[Any] = []
    for other in (None, "9"):
        pipe = client.pipeline()
        yield pipe.watch("w")
        value = yield pipe.get("w")
        if other:
            yield client.set("w", other)
        pipe.multi()
        pipe.set("w", int(value or 0) + 1)
        pipe.get("w")
        try:
            seen.append((yield pipe.execute()))
        except RedisError as error:
            seen.append(error_of(error))
        yield pipe.reset()
    pipe = client.pipeline()
    yield pipe.watch("w")
    yield pipe.unwatch()
    yield pipe.reset()
    seen.append((yield client.get("w")))
    return seen


def scripts(client: Any) -> Steps:
    """A script that the server does not know at first, and locks with random tokens."""
    script = client.register_script("return {KEYS[1], ARGV[1], tonumber(ARGV[2]) + 1}")
    seen: list[Any] = [(yield script(keys=["k"], args=["a", 1]))]
    seen.append((yield script(keys=["k"], args=["a", 1])))
    lock = client.lock("lock", timeout=60)
    seen.append((yield lock.acquire()))
    other = client.lock("lock", timeout=60, blocking=False)
    seen.append((yield other.acquire()))
    seen.append((yield lock.extend(10)))
    seen.append((yield lock.owned()))
    yield lock.release()
    try:
        yield lock.release()
    except RedisError as error:
        seen.append(error_of(error))
    seen.append((yield other.acquire()))
    yield other.release()
    return seen


def published(client: Any) -> Steps:
    """Channels and patterns; a message to nobody; one connection that publishes and one that listens."""
    seen: list[Any] = []
    listener = client.pubsub()
    odd = "odd" if client.get_encoder().decode_responses else b"\xff"

    def hear(times: int) -> Steps:
        for _ in range(times):
            seen.append((yield listener.get_message(timeout=PATIENCE)))  # noqa: PERF401 - a generator cannot

    yield listener.subscribe("news", odd)
    yield listener.psubscribe("we*")
    yield from hear(3)
    for channel, message in (("news", "one"), (odd, odd), ("weather", "rain"), ("nobody", "hears")):
        seen.append((yield client.publish(channel, message)))
    yield from hear(3)
    seen.append((yield listener.get_message(timeout=0.01)))
    yield listener.unsubscribe("news")
    seen.append((yield listener.get_message(timeout=PATIENCE)))
    seen.append((yield client.publish("news", "two")))
    seen.append((yield client.publish("wetter", "sun")))
    seen.append((yield listener.get_message(timeout=PATIENCE)))
    yield listener.aclose() if hasattr(listener, "aclose") else listener.close()
    return seen


def everything(client: Any) -> Steps:
    seen: dict[str, Any] = {}
    for part in (plain, pipelines, watching, scripts, published):
        seen[part.__name__] = yield from part(client)
    return seen


if __name__ == "__main__":
    way, port, cassette, *given = sys.argv[1:]
    options = {name: eval(value) for name, _, value in (each.partition("=") for each in given)}  # noqa: S307 - ours
    with timetracer.replay(Path(cassette), strict=True) as block:
        print(repr(talk(way, int(port), **options)))
    assert block.verdict.missed == []
