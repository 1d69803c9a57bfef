"""Laws 5 and 6: many calls at once, from tasks and from threads; nobody is given another's answer."""

from __future__ import annotations

import asyncio
import contextvars
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

import timetracer
from conformance.subject import Home, Seen, Server, Subject
from conformance.subjects import each_subject
from conformance.three_ways import operations
from services.processes import environment

Run = Callable[..., Seen]
MANY = 50


@each_subject
def test_identical_calls_with_different_answers(subject: Subject, record: Run, replay: Run) -> None:
    recorded = record(partial(subject.same, count=MANY))
    assert sorted(recorded) == list(range(1, MANY + 1))
    # The last to come is answered first: the order of issue is not that of the answers.
    replayed = replay(partial(subject.same, count=MANY))
    if subject.ordered:
        assert replayed == recorded
    else:
        assert sorted(replayed) == sorted(recorded)


@each_subject
def test_distinct_calls_from_threads(subject: Subject, record: Run, replay: Run) -> None:
    for run in (record, replay):
        assert all(asked == answered for asked, answered in run(partial(subject.distinct, count=MANY)))


@each_subject
def test_two_recordings_in_two_tasks_stay_apart_and_so_do_their_replays(
    subject: Subject, tmp_path: Path, home: Home
) -> None:
    """Both open at the same time, in each with the calls of its own task."""
    left, right = home.open(), home.open()
    paths = {left: tmp_path / "left.json", right: tmp_path / "right.json"}

    async def both(mode: str) -> list[Seen]:
        opened: list[Server] = []
        all_open, called = asyncio.Event(), asyncio.Event()

        async def one(upstream: Server) -> Seen:
            async with timetracer.use(paths[upstream], mode, strict=True):
                opened.append(upstream)
                if len(opened) == 2:
                    all_open.set()
                await all_open.wait()
                seen = await asyncio.to_thread(subject.once, upstream.url)
                opened.remove(upstream)
                if not opened:
                    called.set()
                await called.wait()
            return seen

        return await asyncio.gather(*map(one, paths))

    recorded = asyncio.run(both("record"))
    for upstream, path in paths.items():
        assert len(operations(path, subject)) == 1
        upstream.stop()
    assert asyncio.run(both("replay")) == recorded


@each_subject
def test_a_task_that_outlives_its_caller_a_thread_and_neither(subject: Subject, record: Run, replay: Run) -> None:
    def act(url: str) -> list[Seen]:
        async def caller() -> asyncio.Task[Seen]:
            return asyncio.create_task(asyncio.to_thread(subject.once, url))

        async def scene() -> Seen:
            left_alone = await asyncio.create_task(caller())
            return await left_alone

        with ThreadPoolExecutor(1) as bare:  # a pool's threads have a context of their own
            threaded = bare.submit(subject.once, url).result()
        return [asyncio.run(scene()), threaded, contextvars.Context().run(subject.once, url)]

    recorded = record(act)
    assert replay(act) == recorded


@each_subject
def test_under_uvloop(subject: Subject, record: Run, replay: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an asynchronous subject runs by `asyncio.run` runs there on uvloop."""
    uvloop = pytest.importorskip("uvloop")
    if sys.version_info >= (3, 12):  # from here on uvloop's is asyncio's, with another loop
        monkeypatch.setattr(asyncio, "run", partial(asyncio.run, loop_factory=uvloop.new_event_loop))
    else:
        monkeypatch.setattr(asyncio, "run", uvloop.run)
    for act in subject.traced:
        recorded = record(act)
        assert replay(act) == recorded


@each_subject
def test_a_block_may_be_left_in_another_context_than_it_was_entered_in(
    subject: Subject, path: Path, upstream: Server
) -> None:
    """As fixtures do whose two halves run as two tasks."""
    for mode in ("record", "replay"):
        block = timetracer.use(path, mode, strict=True)
        contextvars.copy_context().run(block.__enter__)
        subject.once(upstream.url)
        contextvars.copy_context().run(block.__exit__, None, None, None)
        upstream.stop()
    assert len(operations(path, subject)) == 1


@each_subject
def test_two_threads_that_record_into_one_file_lose_nothing(subject: Subject, path: Path, upstream: Server) -> None:
    entered = threading.Barrier(2)

    def one(_: int) -> None:
        with timetracer.record(path):
            entered.wait()
            contextvars.copy_context().run(subject.once, upstream.url)
            entered.wait()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(one, range(2)))
    upstream.stop()
    with timetracer.replay(path, strict=True) as block:
        subject.once(upstream.url)
        subject.once(upstream.url)
    assert len(operations(path, subject)) == 2
    assert block.verdict.missed == []


@each_subject
def test_two_processes_that_record_into_one_file_lose_nothing(subject: Subject, path: Path, upstream: Server) -> None:
    """Both are in the block before either leaves it."""
    code = (
        "import sys, timetracer\n"
        "from conformance.subjects import SUBJECTS\n"
        "name, path, url = sys.argv[1:]\n"
        "(subject,) = [each for each in SUBJECTS if each.name == name]\n"
        "with timetracer.record(path):\n"
        "    print('in', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    subject.once(url)\n"
    )
    command = [sys.executable, "-c", code, subject.name, str(path), upstream.url]
    env = environment({"PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with ExitStack() as stack:
        processes = [stack.enter_context(subprocess.Popen(command, env=env, **pipes)) for _ in range(2)]  # type: ignore[call-overload]
        for process in processes:
            assert process.stdout.readline() == "in\n"
        for process in processes:
            process.communicate("go\n")
    assert [process.returncode for process in processes] == [0, 0]
    upstream.stop()
    with timetracer.replay(path, strict=True) as block:
        subject.once(upstream.url)
        subject.once(upstream.url)
    assert len(operations(path, subject)) == 2
    assert block.verdict.missed == []
