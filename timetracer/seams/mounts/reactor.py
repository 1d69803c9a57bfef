"""One thread for the sockets of all connections of C drivers, whose bytes pass through this process.

A C driver's descriptor leads to a `Channel` of ours. What the driver has written is taken up by whoever comes first:
the thread, or the driver's caller, whose `Channel.pump` saves the way through the thread, and is exact about the
context.
"""

from __future__ import annotations

import atexit
import os
import select
import selectors
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from weakref import WeakSet

CHUNK = 256 * 1024
"""Bytes taken up at once; so much of each direction is held at most."""
LATER = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Reactor:
    """A thread that tells channels when one of their sockets is ready. It starts with the first of them."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._interests: dict[int, int] = {}
        kernel = getattr(selectors, "EpollSelector", getattr(selectors, "KqueueSelector", ()))
        self._must_wake = not isinstance(self._selector, kernel)
        """Whether the thread does not see by itself that there is one more to wait for."""
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._selector.register(self._woken, READ)
        self._thread: threading.Thread | None = None

    def interest(self, end: socket.socket, events: int, ready: Callable[[], None]) -> None:
        """Call ``ready`` in the thread whenever the socket is; no events: never again. From any thread."""
        number = end.fileno()
        with self._lock:
            before = self._interests.get(number, 0)
            if events == before:
                return
            if not before:
                self._selector.register(number, events, ready)
            elif events:
                self._selector.modify(number, events, ready)
            else:
                self._selector.unregister(number)
            self._interests[number] = events
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="timetracer-connections", daemon=True)
                self._thread.start()
        if self._must_wake and threading.current_thread() is not self._thread:
            with suppress(BlockingIOError):  # it is about to wake up
                self._wake.send(b"!")

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    self._woken.recv(4096)
                elif self._interests.get(key.fd):
                    key.data()


_reactor: list[Reactor] = []
_reactor_lock = threading.Lock()


def reactor() -> Reactor:
    """The one of this process."""
    if not _reactor:
        with _reactor_lock:
            if not _reactor:
                _reactor.append(Reactor())
    return _reactor[0]


class Gone(Exception):
    """Nobody is at the other end of a socket any more."""


class End:
    """One socket of a channel, and what could not be written to it yet."""

    __slots__ = ("pending", "socket")

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self.socket = end
        self.pending: list[memoryview] = []

    def send(self, data: bytes) -> None:
        """Write what can be written now, and keep the rest. Raises Gone."""
        if data:
            self.pending.append(memoryview(data))
        self.flush()

    def flush(self) -> None:
        """Write what was kept. Raises Gone."""
        try:
            while self.pending:
                sent = self.socket.send(self.pending[0])
                if sent < len(self.pending[0]):
                    self.pending[0] = self.pending[0][sent:]
                else:
                    del self.pending[0]
        except LATER:
            return
        except OSError as error:
            raise Gone from error

    def receive(self) -> bytes | None:
        """What there is to read; nothing at the end; None: not now."""
        try:
            return self.socket.recv(CHUNK)
        except LATER:
            return None
        except OSError:
            return b""


class Channel:
    """What stands behind the descriptor of one driver's connection.

    Args:
        lock: of the channel that this one is a part of.

    Attributes:
        problem: why it was ended from our side; the driver's caller should be told.
        attended: the driver's caller pumps whenever the driver may have written: the thread need not look for that.
    """

    def __init__(self, lock: threading.RLock | None = None) -> None:
        self.lock = lock or threading.RLock()
        self.problem: BaseException | None = None
        self.closed = False
        self.attended = False
        self._ends: list[End] = []
        _open.add(self)

    def pump(self) -> None:
        """Take up what the driver has written so far. From any thread."""
        if self.closed:  # the thread may have stopped for good, with the interpreter, while it held the lock
            return
        with self.lock:
            if not self.closed:
                with _Kept(self):
                    self._work()
            if not self.closed:
                self._arm()

    def drain(self) -> None:
        """Wait until all that the driver has written is taken up: what it writes next will not have to wait for us."""
        while not self.closed:
            with self.lock:
                self.pump()
                waiting = [end.socket for end in self._holding() if end.socket.fileno() >= 0]
            if not waiting:
                return
            select.select([], waiting, [], 1.0)

    def _holding(self) -> list[End]:
        """The ends that must be written to before more of the driver is read."""
        return []

    def give_back(self) -> None:
        """The thread is about to stop for good, with the interpreter: whoever goes on must not wait for it."""
        self.close()

    def _work(self) -> None:
        """Move what can be moved. Raises Gone."""
        raise NotImplementedError

    def _events(self, end: End) -> int:
        """What this end waits for."""
        raise NotImplementedError

    def _arm(self) -> None:
        for end in self._ends:
            reactor().interest(end.socket, self._events(end), self.pump)

    def _disarm(self, end: End) -> None:
        if end.socket.fileno() >= 0:
            reactor().interest(end.socket, 0, self.pump)
            end.socket.close()

    def close(self) -> None:
        """End it, on all sides."""
        with self.lock:
            if self.closed:
                return
            self.closed = True
            for end in self._ends:
                self._disarm(end)

    def abandon(self) -> None:
        """In a forked child: the connection is the parent's, whose thread goes on serving it."""
        self.closed = True
        for end in self._ends:
            os.close(end.socket.detach())


class _Kept:
    """What ends a channel is kept for the driver's caller, whichever thread it came up in."""

    __slots__ = ("_channel",)

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if error is None:
            return False
        if isinstance(error, Exception) and not isinstance(error, Gone):
            self._channel.problem = error  # before the driver can see that its connection is gone
        self._channel.close()
        return isinstance(error, Exception)


_open: WeakSet[Channel] = WeakSet()


def _forked() -> None:
    for channel in list(_open):
        if not channel.closed:
            channel.abandon()
    _open.clear()
    _reactor.clear()


def _ending() -> None:
    for channel in list(_open):
        channel.give_back()


atexit.register(_ending)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
