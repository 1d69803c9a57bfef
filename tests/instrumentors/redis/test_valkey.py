"""valkey, the twin of redis-py: the same seams, and cassettes that both can replay."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import valkey
import valkey.asyncio

import timetracer
from conformance.redis_conversation import Steps, arun, published, run, talk
from services.processes import Server


def steps(client: Any) -> Steps:
    seen: list[Any] = [(yield client.set("a", b"\xff")), (yield client.get("a")), (yield client.hset("h", "k", "v"))]
    pipe = client.pipeline()
    pipe.incr("n")
    pipe.hgetall("h")
    seen.append((yield pipe.execute()))
    lock = client.lock("lock", timeout=60)
    seen.append((yield lock.acquire()))
    yield lock.release()
    seen.append((yield from published(client)))
    return seen


async def _asay(port: int) -> Any:
    return await arun(steps, valkey.asyncio.Valkey(port=port, protocol=3))


def say(way: str, port: int) -> Any:
    if way == "asyncio":
        return asyncio.run(_asay(port))
    return run(steps, valkey.Valkey(port=port, protocol=3))


@pytest.mark.parametrize("way", ["blocking", "asyncio"])
def test_it_is_recorded_and_replayed(way: str, server: Server, path: Path, nobody: int) -> None:
    with timetracer.record(path):
        seen = say(way, server.port)
    for other in ("blocking", "asyncio"):
        with timetracer.replay(path, strict=True):
            assert say(other, nobody) == seen


def test_redis_py_hears_the_same(server: Server, path: Path, nobody: int) -> None:
    with timetracer.record(path):
        seen = run(published, valkey.Valkey(port=server.port, protocol=3))
    with timetracer.replay(path, strict=True):
        assert talk("blocking", nobody, published, protocol=3) == seen
