"""What stands on redis-py: RQ, with a worker that forks for each job; a cache of functions. None of them is changed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from subprocess import run

import pytest
from cashews import Cache

import timetracer
from services.found import KINDS, own
from services.processes import Server, Servers, environment, script

JOBS = """
import redis

def add(a, b):
    return a + b

def fail():
    raise ValueError("no tea")

def stocked(port, item):
    with redis.Redis(port=port, db=3) as client:
        return client.incr(item)
"""
QUEUED = """
import sys
import jobs
import redis
from rq import Queue, Worker

port = int(sys.argv[1])
with redis.Redis(port=port, db=2) as client:
    queue = Queue("shop", connection=client)
    given = [
        queue.enqueue(jobs.add, 1, 2),
        queue.enqueue(jobs.fail, failure_ttl=600),
        queue.enqueue(jobs.stocked, port, "tea"),
        queue.enqueue("jobs.add", "a", "b"),
    ]
    Worker([queue], name="packer", connection=client).work(burst=True, logging_level="CRITICAL")
    for job in given:
        job.refresh()
        print(job.get_status().value, job.return_value())
    print(queue.finished_job_registry.count, queue.failed_job_registry.count)
"""
NOISE = "request.args[*][2].pid,request.args[*][2].ip_address,request.args[*][3]"
"""What a worker says of itself: its process, its address, how long it has worked."""


def test_rq_and_the_processes_that_its_worker_forks(servers: Servers, tmp_path: Path) -> None:
    server = own(KINDS["redis"], servers)
    (tmp_path / "jobs.py").write_text(JOBS, encoding="utf-8")
    (tmp_path / "queued.py").write_text(QUEUED, encoding="utf-8")

    def work(mode: str) -> tuple[str, str]:
        command = [script("timetracer"), "run", "--mode", mode, "--cassette", "rq.json", "--", sys.executable]
        env = environment({"TIMETRACER_NOISE": NOISE, "PYTHONPATH": "."})
        ran = run(
            [*command, "queued.py", str(server.port)],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout, ran.stderr

    seen, _ = work("record")
    assert seen == "finished 3\nfailed None\nfinished 1\nfinished ab\n3 1\n"
    server.stop()
    again, told = work("replay")
    assert again == seen
    assert " 0 missed" in told
    assert "unplayed" not in told


@pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")  # cashews'
def test_a_cache_of_functions(server: Server, path: Path, nobody: int) -> None:
    async def shop(port: int) -> tuple[list[object], list[str]]:
        cache, called = Cache(), list[str]()
        cache.setup(f"redis://127.0.0.1:{port}/4", suppress=False)

        @cache(ttl="10m", key="price:{item}")
        async def price(item: str) -> dict[str, object]:
            called.append(item)
            return {"item": item, "pence": len(item) * 100}

        seen: list[object] = [await price("tea"), await price("tea"), await price("coffee")]
        async with cache.lock("till", expire="10s"):
            seen.append(await cache.incr("sold"))
        async with cache.transaction():
            await cache.set("last", "tea", expire="1h")
        seen += [await cache.get("last"), await cache.get_many("last", "nothing"), await cache.exists("till")]
        await cache.delete_match("price:*")
        seen += [await price("tea"), sorted([key async for key in cache.scan("*")])]
        await cache.close()
        return seen, called

    with timetracer.record(path):
        seen = asyncio.run(shop(server.port))
    assert seen[1] == ["tea", "coffee", "tea"]
    with timetracer.replay(path, strict=True):
        assert asyncio.run(shop(nobody)) == seen
