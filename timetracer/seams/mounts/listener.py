"""A connection of a C driver to a backend: the driver connects to a unix socket of ours, where a line answers it."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from timetracer.seams.mounts.reactor import CHUNK, READ, WRITE, Channel, End, Gone

if TYPE_CHECKING:
    from threading import RLock

    from timetracer.seams.wire import MountedLine

LONGEST_PATH = 90
"""Of a unix socket: 104 bytes on macOS, 108 on Linux, with the name."""


class Door(Channel):
    """Waits for one client, at a unix socket in a directory of its own.

    Args:
        name: the socket's file name, as the driver wants it to be.
        enter: is given the client's connection.
        lock: of whoever is behind it.

    Attributes:
        directory: where the client is to connect to.
    """

    def __init__(self, name: str, enter: Callable[[socket.socket], None], lock: RLock | None = None) -> None:
        super().__init__(lock)
        self.directory = _directory()
        self._enter = enter
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(str(Path(self.directory, name)))
        listening.listen(1)
        self._ends = [End(listening)]
        self._arm()

    def _work(self) -> None:
        try:
            client, _ = self._ends[0].socket.accept()
        except BlockingIOError:
            return
        self.close()
        self._enter(client)

    def _events(self, end: End) -> int:
        return READ

    def close(self) -> None:
        if not self.closed:
            super().close()
            shutil.rmtree(self.directory, ignore_errors=True)


class Mounted(Channel):
    """A connection that a line answers.

    Args:
        line: answers.
        name: the socket's file name, as the driver wants it to be.

    Attributes:
        directory: where the driver is to connect to.
    """

    def __init__(self, line: MountedLine, name: str) -> None:
        super().__init__()
        self.line = line
        self._unasked: deque[bytes] = deque()
        self._door = Door(name, self._enter, self.lock)
        self.directory = self._door.directory
        line.pushed(self.deliver)

    def deliver(self, data: bytes) -> None:
        """Bytes that the client did not ask for just now. From any thread, which may hold another connection, and does
        not wait for this one: whoever has it just now says them."""
        self._unasked.append(data)
        self._say_unasked()

    def pump(self) -> None:
        super().pump()
        self._say_unasked()

    def _say_unasked(self) -> None:
        while self._unasked and self.lock.acquire(blocking=False):
            try:
                while self._unasked:
                    data = self._unasked.popleft()
                    if self._ends and not self.closed:
                        self._ends[0].pending.append(memoryview(data))
                super().pump()
            finally:
                self.lock.release()

    def _enter(self, client: socket.socket) -> None:
        with self.lock:
            self._ends = [End(client)]
        self.pump()

    def _work(self) -> None:
        if not self._ends:
            self._door.pump()
        for client in self._ends:
            client.flush()
            more = True
            while not client.pending:
                if self.line.closing:
                    raise Gone
                data = client.receive() if more else None
                if data is None:
                    return
                if not data:
                    raise Gone
                client.send(self.line.receive(data))
                more = len(data) == CHUNK  # else that was all, and to ask again would be to ask in vain

    def _events(self, end: End) -> int:
        return WRITE if end.pending else 0 if self.attended else READ

    def close(self) -> None:
        self._door.close()
        super().close()


def _directory() -> str:
    found = tempfile.mkdtemp(prefix="timetracer-")
    if len(found) > LONGEST_PATH:
        Path(found).rmdir()
        found = tempfile.mkdtemp(prefix="timetracer-", dir="/tmp")
    return found
