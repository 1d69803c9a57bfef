"""Redis with more to it than one server: a sentinel that knows the master, a cluster that knows its nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio
from redis.asyncio.cluster import RedisCluster as AsyncCluster
from redis.asyncio.sentinel import Sentinel as AsyncSentinel
from redis.sentinel import Sentinel

import timetracer
from conformance.redis_conversation import PATIENCE, Steps, arun, run
from services.found import KINDS, own
from services.ports import free_port
from services.processes import Server, Servers

each_way = pytest.mark.parametrize("way", ["blocking", "asyncio"])


def counted(client: Any) -> Steps:
    seen: list[Any] = [(yield client.incr("n")), (yield client.get("n"))]
    pipe = client.pipeline()
    pipe.incr("n")
    pipe.get("n")
    return [*seen, (yield pipe.execute())]


# --- sentinels -----------------------------------------------------------------------------------------------------


@pytest.fixture
def master(servers: Servers) -> Server:
    return own(KINDS["redis"], servers)


@pytest.fixture
def sentinel(servers: Servers, master: Server, tmp_path: Path) -> Server:
    """Watches the master, and knows that it is one."""
    port, settings = free_port(), tmp_path / "sentinel.conf"
    settings.write_text(f"bind 127.0.0.1\nsentinel monitor shop 127.0.0.1 {master.port} 1\n", encoding="utf-8")
    started = servers.start(["redis-server", str(settings), "--sentinel", "--port", str(port)], port)
    with redis.Redis(port=port) as client:
        while client.sentinel_master("shop")["flags"] != "master":  # it has not heard of it yet
            pass
    return started


def through(way: str, port: int) -> Any:
    """What an app sees that asks a sentinel for the master."""
    if way == "blocking":
        with closing(Sentinel([("127.0.0.1", port)], socket_timeout=PATIENCE).sentinels[0]) as asked:
            known = Sentinel([("127.0.0.1", port)], socket_timeout=PATIENCE)
            known.sentinels = [asked]
            return run(counted, known.master_for("shop", socket_timeout=PATIENCE))

    async def talk() -> Any:
        known = AsyncSentinel([("127.0.0.1", port)], socket_timeout=PATIENCE)
        async with known.sentinels[0]:
            return await arun(counted, known.master_for("shop", socket_timeout=PATIENCE))

    return asyncio.run(talk())


@each_way
def test_the_master_that_a_sentinel_knows(way: str, master: Server, sentinel: Server, path: Path) -> None:
    with timetracer.record(path):
        seen = through(way, sentinel.port)
    assert seen == [1, b"1", [2, b"2"]]
    sentinel.stop()
    master.stop()
    for other in ("blocking", "asyncio"):
        with timetracer.replay(path, strict=True):
            assert through(other, sentinel.port) == seen


def test_its_pool_goes_from_one_test_to_the_next(sentinel: Server, tmp_path: Path) -> None:
    known = Sentinel([("127.0.0.1", sentinel.port)])
    with closing(known.sentinels[0]), known.master_for("shop") as client:
        seen = [client.incr("n")]  # its connection is open before anything of ours is in place
        for round_ in range(2):
            for mode in (timetracer.record, timetracer.replay):
                with mode(tmp_path / f"{round_}.json"):
                    seen.append(client.incr("n"))
    assert seen == [1, 2, 2, 3, 3]


def test_its_pool_of_asyncio_goes_from_one_test_to_the_next(sentinel: Server, tmp_path: Path) -> None:
    async def act() -> list[int]:
        known = AsyncSentinel([("127.0.0.1", sentinel.port)])
        async with known.sentinels[0], known.master_for("shop") as client:
            seen = [await client.incr("n")]
            for round_ in range(2):
                for mode in (timetracer.record, timetracer.replay):
                    with mode(tmp_path / f"{round_}.json"):
                        seen.append(await client.incr("n"))
            return seen

    assert asyncio.run(act()) == [1, 2, 2, 3, 3]


# --- clusters ------------------------------------------------------------------------------------------------------


@pytest.fixture
def cluster(servers: Servers) -> Server:
    """One node, which has all slots."""
    port = free_port()
    node = ["redis-server", "--port", str(port), "--save", ""]
    started = servers.start([*node, "--cluster-enabled", "yes", "--cluster-port", str(free_port())], port)
    with redis.Redis(port=port) as client:
        client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        while b"cluster_state:ok" not in client.execute_command("CLUSTER", "INFO"):
            pass
    return started


def across(way: str, port: int, steps: Callable[[Any], Steps]) -> Any:
    """What an app sees that talks to a cluster."""
    if way == "blocking":
        return run(steps, redis.RedisCluster(host="127.0.0.1", port=port))

    async def talk() -> Any:
        return await arun(steps, AsyncCluster(host="127.0.0.1", port=port))

    return asyncio.run(talk())


@each_way
def test_a_cluster_of_one_node(way: str, cluster: Server, path: Path) -> None:
    def steps(client: Any) -> Steps:
        seen = yield from counted(client)
        return [*seen, (yield client.mget_nonatomic("n", "b")), (yield client.dbsize())]

    with timetracer.record(path):
        seen = across(way, cluster.port, steps)
    assert seen == [1, b"1", [2, b"2"], [b"2", None], 1]
    cluster.stop()
    with timetracer.replay(path, strict=True):
        assert across(way, cluster.port, steps) == seen
