"""However a process ends, what is complete has been written; and it ends as it would have without us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from services.kept import calls
from services.processes import environment
from services.upstream import Upstream
from timetracer import ending
from timetracer.cassette import layouts

START = """
import atexit, multiprocessing, os, signal, sys, threading
import httpx, timetracer
from timetracer import ending
signal.signal(signal.SIGINT, signal.default_int_handler)  # where it is ignored (a shell's background job) as well
timetracer.instrument(sys.argv[1])
def call(): httpx.get(os.environ["UPSTREAM"] + "/counter")
def end_by(number): os.kill(os.getpid(), number); signal.pause()
"""
ENDS = {
    "at its last line": ("call()", 1, 0),
    "by sys.exit": ("call(); sys.exit(3)", 1, 3),
    "by an exception": ("call(); 1 / 0", 1, 1),
    "with a call at the very end": ("atexit.register(call)", 1, 0),
    "by os._exit": ("call(); os._exit(4)", 1, 4),
    "by SIGTERM": ("call(); end_by(signal.SIGTERM)", 1, -signal.SIGTERM),
    "by Ctrl-C": ("call(); end_by(signal.SIGINT)", 1, -signal.SIGINT),
    "by SIGTERM, taken": (
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5)); call(); end_by(signal.SIGTERM)",
        1,
        5,
    ),
    "by SIGTERM, taken and given back": (
        (
            "before = signal.signal(signal.SIGTERM, print)\n"
            "assert before == signal.SIG_DFL\n"
            "assert signal.signal(signal.SIGTERM, before) == print\n"
            "call(); end_by(signal.SIGTERM)"
        ),
        1,
        -signal.SIGTERM,
    ),
    "by SIGTERM, when it cannot be written": (
        "ending.PATIENCE = 0.1; ending.at_end(threading.Event().wait); end_by(signal.SIGTERM)",
        0,
        -signal.SIGTERM,
    ),
    "in a forked child": ("call()\nif not os.fork(): call(); os._exit(0)\nos.wait(); call()", 3, 0),
    "in a fork's fork": (
        "if not os.fork():\n  call()\n  if not os.fork(): call(); os._exit(0)\n  os.wait(); os._exit(0)\nos.wait()",
        2,
        0,
    ),
    "in a child of multiprocessing": (
        "call(); one = multiprocessing.get_context('fork').Process(target=call); one.start(); one.join()",
        2,
        0,
    ),
    "in a child that is terminated": (
        (
            "def work(): call(); ready.set(); signal.pause()\n"
            "context = multiprocessing.get_context('fork'); ready = context.Event()\n"
            "one = context.Process(target=work); one.start(); ready.wait(); one.terminate(); one.join()\n"
            "sys.exit(0 if one.exitcode == -signal.SIGTERM else 1)"
        ),
        1,
        0,
    ),
    "in a pool": (
        (
            "context = multiprocessing.get_context('fork')\n"
            "with context.Pool(2) as pool: [each.get() for each in [pool.apply_async(call) for _ in range(6)]]"
        ),
        6,
        0,
    ),
}


def end(code: str, place: Path, upstream: Upstream, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run a script that records to `place`, to its end."""
    line = [sys.executable, "-u", "-c", before + START + code, str(place)]
    env = environment({"UPSTREAM": upstream.url})
    return subprocess.run(line, env=env, capture_output=True, text=True, cwd=place.parent, timeout=60, check=False)


@pytest.mark.parametrize(("code", "made", "status"), ENDS.values(), ids=list(ENDS))
def test_no_finished_call_is_lost(code: str, made: int, status: int, tmp_path: Path, upstream: Upstream) -> None:
    ended = end(code, tmp_path / "cassettes", upstream)
    assert ended.returncode == status, ended.stderr
    recorded = calls(tmp_path / "cassettes")
    assert sum(len(cassette.exchanges) for cassette in recorded) == made == len(upstream.calls)
    assert "timetracer" not in ended.stderr


WATCHED_FORK = """
import os, threading
def names(): return [thread.name for thread in threading.enumerate()]
def say(who): os.write(1, " ".join([who, *names(), "\\n"]).encode())  # one write: two processes share the pipe
os.register_at_fork(before=lambda: say("forking"))  # the first to be registered is the last to be called
"""


def test_no_fork_happens_while_a_thread_of_ours_runs(tmp_path: Path, upstream: Upstream) -> None:
    """Python warns of forks with threads, and a child would inherit the locks that they hold."""
    work = (
        "call(); child = os.fork(); call()\n"
        "say('child' if not child else 'parent')\n"
        "if not child: os._exit(0)\n"
        "os.wait()\n"
    )
    ended = end(work, tmp_path / "cassettes", upstream, before=WATCHED_FORK)
    assert sorted(line.strip() for line in ended.stdout.splitlines()) == [
        "child MainThread timetracer-writer",
        "forking MainThread",
        "parent MainThread timetracer-writer",
    ]


def test_python_warns_of_no_fork(tmp_path: Path, upstream: Upstream) -> None:
    code = (
        "import warnings; warnings.simplefilter('always', DeprecationWarning)\n"
        "client = httpx.Client(base_url=os.environ['UPSTREAM'])\n"
        "for _ in range(50):\n  client.get('/counter')\n  if not os.fork(): os._exit(0)\n  os.wait()\n"
    )
    assert end(code, tmp_path / "cassettes", upstream).stderr == ""
    assert len(calls(tmp_path / "cassettes")) == 50


@pytest.mark.parametrize("kind", ["cassettes", "archive.sqlite"])
def test_after_a_kill_every_file_is_whole(kind: str, tmp_path: Path, upstream: Upstream) -> None:
    code = (
        "client = httpx.Client(base_url=os.environ['UPSTREAM'])\n"
        "for _ in range(200): client.get('/counter')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert end(code, tmp_path / kind, upstream).returncode == -signal.SIGKILL
    recorded = calls(tmp_path / kind)  # raises for what is damaged
    assert 0 < len(recorded) <= 200
    for path in (tmp_path / "cassettes").glob("*"):
        assert layouts.decode(path.read_bytes(), path.name)


def test_the_ways_to_end_are_left_as_they_were() -> None:
    before = (os._exit, signal.signal, signal.getsignal(signal.SIGTERM))
    ending.at_end(lambda: None)
    assert os._exit is not before[0]
    assert signal.getsignal(signal.SIGTERM) is not before[2]
    ending.forget()
    assert (os._exit, signal.signal, signal.getsignal(signal.SIGTERM)) == before


def test_beside_the_main_thread_no_signal_is_touched() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def work() -> None:
        ending.at_end(lambda: None)
        ending.forget()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) == before
