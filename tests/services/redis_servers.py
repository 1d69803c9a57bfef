"""Redis servers of their own for tests that stop them, and look at what was asked."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from services.found import KINDS, own
from services.processes import Server, Servers

_OURS = {"info", "flushall", "script|flush", "config|resetstat"}


@dataclass(eq=False)
class RedisServer:
    """One server, on one port for as long as it lives.

    Args:
        servers: starts it again.
        running: the process.
    """

    servers: Servers
    running: Server

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.running.port}"

    @property
    def calls(self) -> list[str]:
        """The commands that clients sent since it was last restarted: ``cmdstat_get:calls=1,usec=…``."""
        told = self._tell("INFO commandstats")
        names = [line.partition(":")[0].removeprefix("cmdstat_") for line in told.splitlines() if "cmdstat_" in line]
        return [name for name in names if name not in _OURS]

    def stop(self) -> None:
        if self.running.process.poll() is None:
            self.running.stop()

    def restart(self) -> None:
        command = KINDS["redis"].command
        if self.running.process.poll() is not None and command is not None:
            self.running = self.servers.start(command(self.running.port), self.running.port)
        for line in ("FLUSHALL", "SCRIPT FLUSH", "CONFIG RESETSTAT"):
            self._tell(line)

    def _tell(self, line: str) -> str:
        """Redis takes a line as it is, for people with telnet; here, for tests in which every client is ours."""
        with (
            socket.create_connection(("127.0.0.1", self.running.port)) as connection,
            connection.makefile("rb") as file,
        ):
            connection.sendall(f"{line}\r\n".encode())
            head = file.readline().decode()
            return file.read(int(head[1:])).decode() if head.startswith("$") else head


@dataclass
class RedisServers:
    """Where they come from.

    Args:
        servers: starts and ends them.
    """

    servers: Servers

    def open(self) -> RedisServer:
        return RedisServer(self.servers, own(KINDS["redis"], self.servers))
