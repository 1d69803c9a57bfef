"""A process of the demo: started in an environment without the user's settings, ready when it listens, always ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from timetracer.errors import TimetracerError

if TYPE_CHECKING:
    from typing_extensions import Self

PATIENCE = 20.0
"""Seconds that a process may take to listen, and then to end."""


class Process:
    """One process, with what it prints in a file; leaving the block ends it.

    Args:
        arguments: what this Python is to run.
        log: the file for its standard error.
        env: added to its environment.
    """

    def __init__(self, *arguments: str, log: Path, env: Mapping[str, str] | None = None) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("TIMETRACER_", "OTEL_"))}
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=log.parent,
                env={**own, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def line(self) -> str:
        """The next line that it prints."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode().strip()

    def wait_for(self, port: int) -> None:
        """Until it listens on a port of loopback.

        Raises:
            TimetracerError: it ended, or did not in `PATIENCE`.
        """
        until = time.monotonic() + PATIENCE
        while refusal(port) is not None:
            if self._process.poll() is not None or time.monotonic() > until:
                raise TimetracerError(f"a process of the demo did not start: {self.told() or 'it says nothing'}")
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.02)

    def told(self) -> str:
        """What it wrote to standard error so far."""
        return self._log.read_text(encoding="utf-8", errors="replace").strip()

    @property
    def status(self) -> int | None:
        """Its exit status, the number of the signal that ended it as a negative; None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """End it, as Ctrl-C in its terminal would; at once if it takes too long."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refusal(port: int) -> str | None:
    """Why a port of loopback takes no connection; None if it does."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError as error:
        return error.strerror or str(error)
    return None
