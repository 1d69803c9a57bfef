"""Sockets for blocking drivers: one end of a pair whose other end a backend answers, and a real one that is tapped."""

from __future__ import annotations

import _socket
import errno
import os
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from timetracer.seams.wire import MountedLine, TappedLine

    Address: TypeAlias = "tuple[str, int]"
    Buffer: TypeAlias = "bytes | bytearray | memoryview"
    RealSocket: TypeAlias = socket.socket
else:
    # Test tools put a class that refuses in the place of `socket.socket`: ours reaches nobody. gevent's is no such one.
    RealSocket = next((kind for kind in socket.socket.__mro__ if kind.__module__ == "socket"), socket.socket)

PEEK: Final = int(socket.MSG_PEEK)
"""A plain number: an operation on an enumeration's flags takes as long as all the rest of a `recv` of ours."""


class MountedSocket(RealSocket):
    """A connection to a backend, which answers within `send`: there is no thread.

    The descriptor is a true one: `select` and `poll` work, and so do time-outs. What the kernel has no room for is
    kept, and follows as soon as something has been read.

    Args:
        line: answers. It may `deliver` what nobody asked for, from any thread.
        peer: what `getpeername` says.
        timeout: s, as of `settimeout`.
    """

    def __init__(self, line: MountedLine, peer: Address = ("127.0.0.1", 0), timeout: float | None = None) -> None:
        near, far = _pair()
        super().__init__(near.family, near.type, near.proto, near.detach())
        far.setblocking(False)
        self._far = far
        self._line = line
        self._peer = peer
        self._waiting = bytearray()
        self._lock = threading.Lock()
        self._ended = False
        self.settimeout(timeout)
        line.pushed(self.deliver)

    # --- the driver's half -----------------------------------------------------------------------------------------

    def send(self, data: Any, flags: int = 0, /) -> int:
        """Raises ReplayError where nothing recorded answers."""
        told = bytes(data)
        if self._ended or self._far.fileno() < 0:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        self.deliver(self._line.receive(told))
        return len(told)

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        self.send(data)

    def sendmsg(self, buffers: Iterable[Any], *ancillary: Any) -> int:
        return self.send(b"".join(buffers))

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        try:
            return RealSocket.recv(self, size, flags)
        finally:
            self._top_up()

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        try:
            return RealSocket.recv_into(self, buffer, nbytes, flags)
        finally:
            self._top_up()

    def getpeername(self) -> Address:
        return self._peer

    def getsockname(self) -> Address:
        return ("127.0.0.1", 0)

    def setsockopt(self, level: int, *option: Any) -> None:
        """Those of TCP mean nothing here."""
        if level == socket.SOL_SOCKET:
            super().setsockopt(level, *option)

    def close(self) -> None:
        super().close()
        if self.fileno() < 0:  # no file of `makefile` is open any more
            self._hang_up()

    def detach(self) -> int:
        raise OSError("a connection to a recording cannot be detached from its socket")

    def __del__(self) -> None:
        if hasattr(self, "_far"):
            self._hang_up()

    # --- the server's half -----------------------------------------------------------------------------------------

    def deliver(self, data: bytes) -> None:
        """The server says this, whether it was asked or not."""
        with self._lock:
            self._waiting += data
            self._flow()

    def _top_up(self) -> None:
        if self._waiting or self._line.closing:
            with self._lock:
                self._flow()

    def _flow(self) -> None:
        with suppress(OSError):  # no room in the kernel, or the driver has closed its end
            while self._waiting:
                del self._waiting[: self._far.send(self._waiting)]
            if self._line.closing and not self._ended:
                self._ended = True
                self._far.shutdown(socket.SHUT_RDWR)

    def _hang_up(self) -> None:
        with self._lock:
            self._far.close()


def _pair() -> tuple[Any, Any]:
    # `socket.socketpair` makes its sockets of the class that a test tool put there.
    made: tuple[Any, Any] = _socket.socketpair() if hasattr(_socket, "socketpair") else socket.socketpair()
    return made


class TappedSocket:
    """A real socket whose bytes are told to a line. All else is the socket's own.

    Args:
        real: a connected one, of TLS too: what is told is plain.
        line: is told; of the end of what the server says as well, as of no bytes.
    """

    def __init__(self, real: Any, line: TappedLine) -> None:
        self._real = real
        self._line = line
        self._told = 0
        """Bytes that the line has been told and the kernel had no room for."""
        self._sent, self._received = line.sent, line.received
        # What drivers ask at every command is looked up once.
        self.fileno = real.fileno
        self.settimeout = real.settimeout
        self._sendall = real.sendall
        self._recv_into = real.recv_into

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def send(self, data: Buffer, *flags: int) -> int:
        self._tell(data)
        sent: int = self._real.send(data, *flags)
        self._told -= sent
        return sent

    def sendall(self, data: Buffer, *flags: int) -> None:
        if self._told or type(data) is not bytes:
            self._tell(data)
            self._told = 0
        else:
            self._sent(data)
        self._sendall(data, *flags)

    def sendmsg(self, buffers: Iterable[Buffer], *ancillary: Any) -> int:
        return self.send(b"".join(buffers), *ancillary[1:2])

    def _tell(self, data: Buffer) -> None:
        """Before it leaves, or the answer could come first. What the kernel had no room for comes here once more."""
        if len(data) > self._told:
            self._line.sent(bytes(data[self._told :]) if self._told or type(data) is not bytes else data)
            self._told = len(data)

    def recv(self, size: int, flags: int = 0) -> bytes:
        try:
            data: bytes = self._real.recv(size, flags)
        except ConnectionError:
            self._line.received(b"")
            raise
        if not flags & PEEK:
            self._line.received(data)
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        try:
            size: int = self._recv_into(buffer, nbytes, flags)
        except ConnectionError:
            self._line.received(b"")
            raise
        if not flags & PEEK:
            self._received(bytes(memoryview(buffer)[:size]))
        return size

    def close(self) -> None:
        self._line.closed()
        self._real.close()
