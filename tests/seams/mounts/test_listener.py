"""A unix socket at which a line answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from timetracer.errors import ReplayError
from timetracer.seams.mounts import listener, reactor
from timetracer.seams.mounts.listener import LONGEST_PATH, Mounted
from timetracer.seams.mounts.reactor import End


class Line:
    """Says everything twice. What a line does with a replay is its own tests' matter."""

    def __init__(self) -> None:
        self.closing = False
        self.deliver: Callable[[bytes], None] = lambda _: None

    def pushed(self, push: Callable[[bytes], None]) -> None:
        self.deliver = push

    def receive(self, data: bytes) -> bytes:
        if data == b"unknown":
            raise ReplayError("nothing recorded answers")
        self.closing = data == b"end"
        return data * 2


def mounted() -> tuple[Line, Mounted, socket.socket]:
    line = Line()
    channel = Mounted(line, "server")  # type: ignore[arg-type] # a stand-in
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    client.connect(f"{channel.directory}/server")
    return line, channel, client


def test_a_client_is_answered_and_its_directory_taken_away() -> None:
    _, channel, client = mounted()
    with client:
        client.sendall(b"ask")
        assert client.recv(10) == b"askask"
        assert not Path(channel.directory).exists()
        client.sendall(b"end")
        assert client.recv(10) == b"endend"
        assert client.recv(10) == b""
    assert channel.problem is None


def test_all_that_was_written_is_taken_up_and_no_more_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    _, channel, client = mounted()
    receive = End.receive
    reads: list[bytes | None] = []
    with client:
        client.sendall(b"a")
        assert client.recv(2) == b"aa"
        channel.attended = True  # the thread looks away
        channel.pump()
        monkeypatch.setattr(reactor, "CHUNK", 4)
        monkeypatch.setattr(listener, "CHUNK", 4)
        monkeypatch.setattr(End, "receive", lambda end: reads.append(receive(end)) or reads[-1])
        client.sendall(b"0123456789")
        channel.pump()
        assert client.recv(100) == b"0123012345674567" + b"8989"
    assert reads == [b"0123", b"4567", b"89"]
    channel.close()


def test_what_has_no_answer_ends_the_connection_and_is_kept() -> None:
    _, channel, client = mounted()
    with client:
        client.sendall(b"unknown")
        assert client.recv(10) == b""
    assert isinstance(channel.problem, ReplayError)


def test_what_nobody_asked_for_is_delivered() -> None:
    line, channel, client = mounted()
    with client:
        client.sendall(b"a")
        assert client.recv(2) == b"aa"
        line.deliver(b"news")
        assert client.recv(4) == b"news"
    channel.close()


def test_who_delivers_does_not_wait_for_who_has_the_connection() -> None:
    line, channel, client = mounted()
    with client:
        client.sendall(b"a")
        assert client.recv(2) == b"aa"
        with channel.lock:
            other = threading.Thread(target=line.deliver, args=(b"news",), daemon=True)
            other.start()
            other.join(20)
            assert not other.is_alive()
        channel.pump()
        assert client.recv(4) == b"news"
    channel.close()


def test_one_that_nobody_came_to_is_taken_away() -> None:
    channel = Mounted(Line(), "server")  # type: ignore[arg-type] # a stand-in
    channel.close()
    assert not Path(channel.directory).exists()


def test_the_path_is_short_enough_for_a_socket(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path_factory.mktemp("a" * 40) / ("b" * 60)
    deep.mkdir()
    monkeypatch.setattr(listener.tempfile, "tempdir", str(deep))
    channel = Mounted(Line(), "server")  # type: ignore[arg-type] # a stand-in
    assert len(channel.directory) <= LONGEST_PATH
    assert list(deep.iterdir()) == []
    channel.close()
