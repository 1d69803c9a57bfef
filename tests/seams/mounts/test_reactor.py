"""One thread for the sockets of all channels."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator

import pytest

from timetracer.seams.mounts import reactor
from timetracer.seams.mounts.reactor import CHUNK, READ, WRITE, Channel, End, Gone


class Echo(Channel):
    """Says what it is told; ``!`` is too much for it."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__()
        self._ends = [End(end)]
        self.threads: set[str] = set()
        self.pump()

    def _work(self) -> None:
        (end,) = self._ends
        end.flush()
        while not end.pending:
            data = end.receive()
            if data is None:
                return
            if not data:
                raise Gone
            if data == b"!":
                raise ValueError("too much")
            self.threads.add(threading.current_thread().name)
            end.send(data)

    def _events(self, end: End) -> int:
        return WRITE if end.pending else READ


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Echo]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(60)
    channel = Echo(theirs)
    yield ours, channel
    ours.close()
    channel.close()


def received(end: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size and (part := end.recv(CHUNK)):
        parts += part
    return bytes(parts)


def test_the_thread_serves_whoever_waits(pair: tuple[socket.socket, Echo]) -> None:
    ours, channel = pair
    ours.sendall(b"hello")
    assert received(ours, 5) == b"hello"
    assert channel.threads == {"timetracer-connections"}


def test_whoever_pumps_is_served_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reactor.Reactor, "interest", lambda *_: None)
    ours, theirs = socket.socketpair()
    channel = Echo(theirs)
    ours.setblocking(False)
    ours.send(b"hello")
    channel.pump()
    assert ours.recv(10) == b"hello"
    assert channel.threads == {threading.current_thread().name}
    ours.close()
    theirs.close()


def test_more_than_the_sockets_hold_passes_in_order(pair: tuple[socket.socket, Echo]) -> None:
    ours, channel = pair
    data = bytes(range(256)) * 20_000
    writing = threading.Thread(target=ours.sendall, args=(data,))
    writing.start()
    assert received(ours, len(data)) == data
    writing.join()
    channel.drain()


def test_the_end_of_one_side_is_the_end_of_the_other(pair: tuple[socket.socket, Echo]) -> None:
    ours, channel = pair
    ours.shutdown(socket.SHUT_WR)
    assert ours.recv(10) == b""
    with channel.lock:
        assert (channel.closed, channel.problem) == (True, None)


def test_what_ends_a_channel_from_our_side_is_kept_for_its_caller(pair: tuple[socket.socket, Echo]) -> None:
    ours, channel = pair
    ours.sendall(b"!")
    assert ours.recv(10) == b""
    assert isinstance(channel.problem, ValueError)
    channel.pump()
    channel.close()


def test_many_at_once_and_numbers_that_are_used_again() -> None:
    for _ in range(3):
        pairs = [socket.socketpair() for _ in range(40)]
        channels = [Echo(theirs) for _, theirs in pairs]
        for number, (ours, _) in enumerate(pairs):
            ours.settimeout(60)
            ours.sendall(b"%03d" % number)
        for number, (ours, _) in enumerate(pairs):
            assert received(ours, 3) == b"%03d" % number
            ours.close()
        for channel in channels:
            channel.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_leaves_the_channel_to_the_parent_and_has_a_thread_of_its_own(
    pair: tuple[socket.socket, Echo],
) -> None:
    ours, channel = pair
    if (child := os.fork()) == 0:
        status = 1
        try:
            ours.sendall(b"child")
            mine, theirs = socket.socketpair()
            mine.settimeout(60)
            own = Echo(theirs)
            mine.sendall(b"own")
            if channel.closed and received(ours, 5) == b"child" and received(mine, 3) == b"own" and own.threads:
                status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    ours.sendall(b"parent")
    assert received(ours, 6) == b"parent"
