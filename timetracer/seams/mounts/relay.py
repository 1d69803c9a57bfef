"""A real connection of a C driver, tapped: its descriptor leads to us, and we pass the bytes on and tell the line."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from timetracer.seams.mounts.listener import Door
from timetracer.seams.mounts.reactor import READ, WRITE, Channel, End, Gone

if TYPE_CHECKING:
    from timetracer.seams.wire import TappedLine


class Relay(Channel):
    """Passes bytes both ways, and holds at most one chunk of each way.

    Args:
        line: is told of them, before they go on.
        driver: our end of the driver's connection; or the name of the unix socket to which the driver is to connect.
        server: the real one; TLS, if any, is done.
        edit: what the server says as the driver is to hear it, where that is not the same.
        descriptor: the driver's, if it led to the server itself before.

    Attributes:
        directory: where the driver is to connect to.
    """

    def __init__(
        self,
        line: TappedLine,
        driver: socket.socket | str,
        server: socket.socket,
        edit: Callable[[bytes], bytes] | None = None,
        descriptor: int = -1,
    ) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._theirs = _mark(descriptor)
        self._line = line
        self._server = End(server)
        self._edit = edit
        self._door: Door | None = None
        self.directory = ""
        if isinstance(driver, str):
            self._door = Door(driver, self._enter, self.lock)
            self.directory = self._door.directory
        else:
            self._enter(driver)

    def _enter(self, driver: socket.socket) -> None:
        with self.lock:
            self._driver = End(driver)
            self._ends = [self._driver, self._server]
        self.pump()

    def _work(self) -> None:
        if not self._ends:
            return
        self._out()
        self._back()

    def _out(self) -> None:
        end = self._server
        end.flush()
        while not end.pending:
            data = self._driver.receive()
            if data is None:
                return
            if not data:
                raise Gone
            self._line.sent(data)
            end.send(data)

    def _back(self) -> None:
        end = self._driver
        end.flush()
        while not end.pending:
            data = self._server.receive()
            if data is None:
                return
            self._line.received(data)
            if not data:
                raise Gone
            end.send(self._edit(data) if self._edit is not None else data)

    def _events(self, end: End) -> int:
        other = self._driver if end is self._server else self._server
        unheard = end is self._driver and self.attended
        return (0 if other.pending or unheard else READ) | (WRITE if end.pending else 0)

    def _holding(self) -> list[End]:
        return [self._server] if self._server.pending else []

    def give_back(self) -> None:
        with self.lock:
            self.pump()
            quiet = not self.closed and not any(end.pending for end in self._ends)
            if quiet and self._descriptor >= 0 and _mark(self._descriptor) == self._theirs:
                os.dup2(self._server.socket.fileno(), self._descriptor, inheritable=False)
            self.close()

    def close(self) -> None:
        with self.lock:
            if self.closed:
                return
            self._line.closed()  # before the driver can see it, whose caller may end the recording then
            super().close()
            if self._door is not None:
                self._door.close()
            self._server.socket.close()


def relay(line: TappedLine, descriptor: int) -> Relay:
    """Put a relay between a driver and the server that its descriptor leads to.

    The descriptor keeps its number. Nothing may be on its way, and nobody may wait for it just now: what has registered
    it with an epoll would go on waiting for the socket it was.
    """
    server = taken(descriptor)
    return Relay(line, put(descriptor), server, descriptor=descriptor)


def taken(descriptor: int) -> socket.socket:
    """The socket that a descriptor leads to, under another number."""
    return socket.socket(fileno=os.dup(descriptor))


def put(descriptor: int) -> socket.socket:
    """Let a descriptor lead to us: our end."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    os.dup2(theirs.fileno(), descriptor, inheritable=False)
    theirs.close()
    return ours


def _mark(descriptor: int) -> tuple[int, int] | None:
    """By which an open file is known: a descriptor's number may go to another one."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino
