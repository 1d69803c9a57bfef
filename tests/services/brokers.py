"""Programs that send tasks, and where these go: brokers of a test's own, which it can stop."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from services.processes import environment, script

TESTS = Path(__file__).parents[1]
POOLS = ("prefork", "threads", "solo", *(["gevent"] if find_spec("gevent") else []))
"""Of workers."""
PATIENCE = 120
"""s that a program may take."""


@dataclass
class Brokers:
    """Where tasks go, and where their results are.

    Args:
        environ: says so, to `services.tasks`.
        stop: takes the broker away, if it is this test's own.
    """

    environ: dict[str, str]
    stop: Callable[[], object] = lambda: None


def python(*arguments: str | Path, **environ: str) -> str:
    """What a program prints that has nothing in its environment but this."""
    ran = subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def send(code: str, environ: Mapping[str, str]) -> str:
    """What this code prints, with the names of `services.tasks`, in a process that is not recorded."""
    program = f"from services.tasks import *\n{code}"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(environ),
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def recorded_by(where: Path) -> list[str]:
    """What a command is put behind that is to be recorded there."""
    return [script("timetracer"), "run", "--mode", "record", "--dir", str(where), "--"]


def run(command: Sequence[str], cwd: Path, **environ: str) -> tuple[int, str]:
    """The exit status of a command, and what it says on both streams."""
    ran = subprocess.run(
        command,
        env=environment(environ),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    return ran.returncode, ran.stdout
