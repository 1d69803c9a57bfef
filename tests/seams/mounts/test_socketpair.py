"""Sockets whose server is a line: true descriptors, answered within `send`; and real ones that tell a line."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from timetracer.errors import ReplayError
from timetracer.seams.mounts.socketpair import MountedSocket, TappedSocket


@dataclass
class Echo:
    """A line that says everything twice, and ends when it is told so."""

    closing: bool = False
    heard: list[bytes] = field(default_factory=list)

    def pushed(self, push: Callable[[bytes], None]) -> None:
        self.push = push

    def receive(self, data: bytes) -> bytes:
        self.heard.append(data)
        if data == b"nobody":
            raise ReplayError("nothing recorded")
        self.closing = data == b"bye"
        return b"" if data == b"silence" else data * 2


@dataclass
class Ear:
    """A line that only listens."""

    said: list[Any] = field(default_factory=list)

    def sent(self, data: bytes) -> None:
        self.said.append(("sent", data))

    def received(self, data: bytes) -> None:
        self.said.append(("received", data))

    def closed(self) -> None:
        self.said.append("closed")


Open = Callable[..., Any]


@pytest.fixture
def mounted() -> Iterator[Open]:
    made: list[MountedSocket] = []

    def make(line: Any = None, **options: Any) -> MountedSocket:
        made.append(MountedSocket(line or Echo(), **{"timeout": 30.0, **options}))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("say", ["send", "sendall", "sendmsg"])
def test_it_answers_within_each_way_to_send(mounted: Open, say: str) -> None:
    near = mounted()
    assert getattr(near, say)([b"a", b"b"] if say == "sendmsg" else memoryview(b"ab")) in (2, None)
    buffer = bytearray(10)
    assert near.recv(1) == b"a"
    assert (near.recv_into(buffer), buffer[:3]) == (3, b"bab")


def test_its_descriptor_can_be_polled(mounted: Open) -> None:
    near = mounted()
    poller = select.poll()
    poller.register(near, select.POLLIN)
    assert poller.poll(0) == []
    near.sendall(b"x")
    assert select.select([near], [], [], 0)[0] == [near]
    assert poller.poll(0) == [(near.fileno(), select.POLLIN)]
    assert near.recv(1, socket.MSG_PEEK) == b"x"
    assert near.recv(9) == b"xx"
    assert poller.poll(0) == []


def test_what_is_larger_than_the_kernel_has_room_for_comes_whole(mounted: Open) -> None:
    near, said = mounted(), bytes(range(256)) * 20_000
    near.sendall(said)
    with near.makefile("rb") as file:
        assert file.read(len(said) * 2) == said * 2
    assert select.select([near], [], [], 0)[0] == []


def test_the_server_ends_the_connection_after_its_last_word(mounted: Open) -> None:
    near = mounted()
    near.sendall(b"bye")
    assert near.recv(99) == b"byebye"
    assert near.recv(99) == b""
    with pytest.raises(BrokenPipeError):
        near.sendall(b"more")


def test_who_waits_for_nothing_gets_a_time_out(mounted: Open) -> None:
    near = mounted()
    near.settimeout(0.01)
    near.sendall(b"silence")
    with pytest.raises(TimeoutError):
        near.recv(1)
    near.setblocking(False)
    with pytest.raises(BlockingIOError):
        near.recv(1)


def test_what_nobody_asked_for_wakes_a_reader_in_another_thread(mounted: Open) -> None:
    line = Echo()
    near = mounted(line)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(near.recv(99)))
    reader.start()
    line.push(b"news")
    reader.join()
    assert heard == [b"news"]


def test_what_nothing_answers_is_raised_in_the_sender(mounted: Open) -> None:
    with pytest.raises(ReplayError):
        mounted().sendall(b"nobody")


def test_it_looks_like_a_connection_of_tcp(mounted: Open) -> None:
    near = mounted(peer=("10.0.0.7", 6379))
    near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    assert near.getpeername() == ("10.0.0.7", 6379)
    assert near.getsockname()[0] == "127.0.0.1"
    assert isinstance(near, socket.socket)
    with pytest.raises(OSError, match="cannot be detached"):
        near.detach()


def test_a_closed_one_is_closed(mounted: Open) -> None:
    near = mounted()
    near.close()
    near.close()
    near.deliver(b"too late")
    with pytest.raises(OSError, match="Broken pipe"):
        near.sendall(b"x")


def test_it_needs_no_socket_that_a_test_tool_refuses(monkeypatch: pytest.MonkeyPatch, mounted: Open) -> None:
    class Guarded(socket.socket):
        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("no sockets here")

    monkeypatch.setattr(socket, "socket", Guarded)
    near = mounted()
    near.sendall(b"x")
    assert near.recv(9) == b"xx"


@pytest.fixture
def pair() -> Iterator[tuple[Any, socket.socket, Ear]]:
    near, far = socket.socketpair()
    ear = Ear()
    with near, far:
        far.settimeout(30)
        yield TappedSocket(near, ear), far, ear  # type: ignore[arg-type]


def test_a_tapped_socket_tells_both_sides(pair: tuple[Any, socket.socket, Ear]) -> None:
    near, far, ear = pair
    buffer = bytearray(2)
    near.sendall(bytearray(b"one"))
    near.sendmsg([b"tw", b"o"])
    far.sendall(b"three")
    assert near.recv(2, socket.MSG_PEEK) == near.recv(2) == b"th"
    assert near.recv_into(buffer) == 2
    far.shutdown(socket.SHUT_WR)
    assert (near.recv(9), near.recv(9)) == (b"e", b"")
    near.close()
    assert near.fileno() == -1
    told = ["th", "re", "e", ""]
    assert ear.said == [
        ("sent", b"one"),
        ("sent", b"two"),
        *[("received", each.encode()) for each in told],
        "closed",
    ]


def test_what_the_kernel_has_no_room_for_is_told_once(pair: tuple[Any, socket.socket, Ear]) -> None:
    near, far, ear = pair
    near.setblocking(False)
    said = b"0123456789" * 200_000
    left, heard = memoryview(said), bytearray()
    while left:
        try:
            left = left[near.send(left) :]
        except BlockingIOError:
            heard += far.recv(1 << 20)
    while len(heard) < len(said):
        heard += far.recv(1 << 20)
    assert heard == said
    assert b"".join(data for _, data in ear.said) == said


def test_a_connection_that_is_reset_has_ended(pair: tuple[Any, socket.socket, Ear]) -> None:
    near, far, ear = pair
    near.sendall(b"unread")
    far.close()  # with something unread: the kernel of the other side is told so
    with pytest.raises(ConnectionResetError):
        near.recv(1)
    assert ear.said[-1] == ("received", b"")
    assert near.recv_into(bytearray(1)) == 0
    assert len(ear.said) == 3
