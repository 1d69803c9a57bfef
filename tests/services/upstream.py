"""A real HTTP server for a client to call, in a process of its own (see `routes` for what it answers)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from services.ports import free_port
from services.processes import environment

PROGRAM = Path(__file__).with_name("upstream_process.py")


class Upstreams:
    """The process; it serves any number of upstreams, each on a port of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, PROGRAM], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def open(self, to: tuple[str, int] | None = None) -> Upstream:
        """A new upstream on a port that is its own, also while it is stopped; `to`: leads to the server there."""
        return Upstream(self, self.order("open", free_port(), to)["port"], to)

    def order(self, do: str, port: int, to: tuple[str, int] | None = None) -> Any:
        """One line to the process, and its answer."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": do, "port": port, "to": to}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """Ends the process, and with it every upstream."""
        with self._process as process:
            process.terminate()


class Upstream:
    """One upstream: what `url` answers is its alone, its counters begin at 0."""

    def __init__(self, home: Upstreams, port: int, to: tuple[str, int] | None = None) -> None:
        self._home = home
        self._to = to
        self._is_open = True
        self.port = port

    @property
    def url(self) -> str:
        """``http://127.0.0.1:40123``."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def calls(self) -> list[str]:
        """What was asked so far, in order: ``GET /text?a=1``; of one that leads elsewhere: ``52 bytes``."""
        return list(self._home.order("calls", self.port)["calls"])

    @property
    def gone(self) -> list[str]:
        """What clients have left before the answer's end: waits for the first to go."""
        return list(self._home.order("gone", self.port)["gone"])

    def release(self) -> None:
        """What ``/held`` answers goes on, now and from here on."""
        self._home.order("release", self.port)

    def stop(self) -> None:
        """From now on its port refuses connections; connections that are open are torn down."""
        if self._is_open:
            self._home.order("close", self.port)
            self._is_open = False

    def restart(self) -> None:
        """Listens again on the same port, with everything forgotten."""
        self.stop()
        self._home.order("open", self.port, self._to)
        self._is_open = True
