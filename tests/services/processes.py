"""Real servers as processes: on a free port, ready when they accept a connection, gone when the test is over."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from services.ports import free_port

PATIENCE = 30.0
"""s that a server may take to come up, or to go down."""
ASGI_WORKER = "uvicorn.workers.UvicornWorker"


class NotStarted(Exception):
    """A server ended, or did not accept connections in time. Its text has what the server printed."""


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def script(name: str) -> str:
    """A command that this environment's packages brought: ``opentelemetry-instrument``, ``timetracer``."""
    return str(Path(sys.executable).with_name(name))


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, with `extra` added, for a child in any folder that coverage does not measure."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    if path := own.get("PYTHONPATH"):
        own["PYTHONPATH"] = os.pathsep.join(str(Path(entry).absolute()) for entry in path.split(os.pathsep))
    return own | dict(extra or {})


@dataclass
class Server:
    """One running server."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """What it printed so far, on both streams."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> int:
        """Asks it to end (SIGTERM), as an orchestrator would, and waits. Its exit status; a signal is negative."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def kill(self) -> int:
        """Ends it and all its children at once (SIGKILL): nothing is flushed. Its exit status."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait(PATIENCE)


class Servers:
    """Starts servers, each with a log in `folder`, and ends those that are still there on `close`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[Server] = []

    def start(
        self,
        command: Sequence[str | Path],
        port: int,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Server:
        """Runs `command` and waits until it listens on `port`. `env` is added to this process's environment.

        Raises:
            NotStarted: it ended first, or took longer than `PATIENCE`.
        """
        server = self.background(command, port, cwd=cwd, env=env)
        until = time.monotonic() + PATIENCE
        while not accepts(port):
            status = server.process.poll()
            if status is not None or time.monotonic() > until:
                ended = f"ended with status {status}" if status is not None else "does not listen"
                server.kill()
                raise NotStarted(f"{' '.join(map(str, command))} {ended}:\n{server.output}")
            _pause(server.process)
        return server

    def background(
        self,
        command: Sequence[str | Path],
        port: int = 0,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Server:
        """Runs `command`, which may listen nowhere, and does not wait."""
        log = self._folder / f"server-{len(self._started)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                cwd=cwd or self._folder,
                env=environment(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        server = Server(process, port, log)
        self._started.append(server)
        return server

    def uvicorn(
        self, app: str, *options: str, under: Sequence[str] = (), cwd: Path, env: Mapping[str, str] | None = None
    ) -> Server:
        """`app`: ``shop:app``, looked up in `cwd`; `under`: a command that starts it, ``[script("timetracer"), …]``."""
        port = free_port()
        served = [app, "--host", "127.0.0.1", "--port", str(port), *options]
        return self.start([*under, script("uvicorn"), *served, "--app-dir", str(cwd)], port, cwd=cwd, env=env)

    def gunicorn(
        self, app: str, *options: str, under: Sequence[str] = (), cwd: Path, env: Mapping[str, str] | None = None
    ) -> Server:
        """As `uvicorn`, with two workers (of uvicorn's class) unless the options say otherwise."""
        port = free_port()
        served = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--worker-class", ASGI_WORKER, *options]
        return self.start([*under, script("gunicorn"), *served, "--chdir", str(cwd), app], port, cwd=cwd, env=env)

    def close(self) -> None:
        """Kills what still runs."""
        for server in self._started:
            server.kill()


def _pause(process: subprocess.Popen[bytes]) -> None:
    """A moment, or less if the process ends."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.02)
