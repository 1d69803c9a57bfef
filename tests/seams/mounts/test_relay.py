"""A relay in place of a driver's descriptor: a real connection to a real server, and what its line hears."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from timetracer.errors import ReplayError
from timetracer.seams.mounts.relay import Relay, relay


class Line:
    """Hears what passes. A line's own doings are those of `test_wire`."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.refuses = b""

    def sent(self, data: bytes) -> None:
        if self.refuses and data.startswith(self.refuses):
            raise ReplayError("not in a replay")
        self.heard.append(("sent", data))

    def received(self, data: bytes) -> None:
        self.heard.append(("received", data))

    def closed(self) -> None:
        self.heard.append(("closed", b""))


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A driver's connection, and the server's end of it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        driver = socket.create_connection(listening.getsockname())
        server, _ = listening.accept()
    for end in (driver, server):
        end.settimeout(60)
    yield driver, server
    driver.close()
    server.close()


def relayed(driver: socket.socket) -> tuple[Any, Relay]:
    line = Line()
    return line, relay(line, driver.fileno())  # type: ignore[arg-type] # a stand-in


def exactly(end: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size and (part := end.recv(1 << 16)):
        parts += part
    return bytes(parts)


def test_both_ways_the_line_hears_it_first(connection: Any) -> None:
    driver, server = connection
    line, channel = relayed(driver)
    driver.sendall(b"ask")
    assert exactly(server, 3) == b"ask"
    assert line.heard == [("sent", b"ask")]
    server.sendall(b"answer")
    assert exactly(driver, 6) == b"answer"
    assert line.heard[1:] == [("received", b"answer")]
    channel.close()
    assert line.heard[2:] == [("closed", b"")]


def test_a_slow_reader_holds_up_the_writer_and_nothing_is_lost(connection: Any) -> None:
    driver, server = connection
    _, channel = relayed(driver)
    data = bytes(range(256)) * 40_000
    for writer, reader in ((driver, server), (server, driver)):
        writing = threading.Thread(target=writer.sendall, args=(data,))
        writing.start()
        assert exactly(reader, len(data)) == data
        writing.join()
    channel.drain()
    channel.close()


def test_the_servers_last_words_come_before_the_end(connection: Any) -> None:
    driver, server = connection
    line, channel = relayed(driver)
    server.sendall(b"farewell")
    server.close()
    assert exactly(driver, 8) == b"farewell"
    assert driver.recv(10) == b""
    with channel.lock:
        closed = channel.closed
    assert closed
    assert line.heard == [("received", b"farewell"), ("received", b""), ("closed", b"")]


def test_the_drivers_last_words_reach_the_server(connection: Any) -> None:
    driver, server = connection
    relayed(driver)
    driver.sendall(b"bye")
    driver.close()
    assert exactly(server, 4) == b"bye"


def test_what_the_line_refuses_does_not_reach_the_server(connection: Any) -> None:
    driver, server = connection
    line, channel = relayed(driver)
    line.refuses = b"no"
    driver.sendall(b"no way")
    assert driver.recv(10) == b""
    assert server.recv(10) == b""
    assert isinstance(channel.problem, ReplayError)


def test_the_descriptor_is_given_back(connection: Any) -> None:
    driver, server = connection
    line, channel = relayed(driver)
    driver.sendall(b"before")
    assert exactly(server, 6) == b"before"
    channel.give_back()
    driver.settimeout(60)
    driver.sendall(b"after")
    assert exactly(server, 5) == b"after"
    server.sendall(b"answer")
    assert exactly(driver, 6) == b"answer"
    assert line.heard == [("sent", b"before"), ("closed", b"")]
    assert channel.closed


def test_a_descriptor_that_is_somebody_elses_by_now_is_left_alone(connection: Any) -> None:
    driver, _ = connection
    _, channel = relayed(driver)
    with Path(os.devnull).open("rb") as other:
        os.dup2(other.fileno(), driver.fileno())
        channel.give_back()
        assert os.read(driver.fileno(), 1) == b""


def test_what_the_server_says_can_be_edited(connection: Any) -> None:
    driver, server = connection
    ours, theirs = socket.socketpair()
    theirs.settimeout(60)
    line = Line()
    channel = Relay(line, ours, driver.dup(), lambda data: data.upper())  # type: ignore[arg-type] # a stand-in
    server.sendall(b"quiet")
    assert exactly(theirs, 5) == b"QUIET"
    assert line.heard == [("received", b"quiet")]
    channel.close()
    theirs.close()


def test_a_driver_may_come_through_a_unix_socket(connection: Any) -> None:
    driver, server = connection
    line = Line()
    channel = Relay(line, "door", driver.dup())  # type: ignore[arg-type] # a stand-in
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        client.connect(f"{channel.directory}/door")
        client.sendall(b"ask")
        assert exactly(server, 3) == b"ask"
        assert not Path(channel.directory).exists()
    channel.close()


def test_a_door_that_nobody_came_through_is_taken_away(connection: Any) -> None:
    driver, _ = connection
    line = Line()
    channel = Relay(line, "door", driver.dup())  # type: ignore[arg-type] # a stand-in
    channel.close()
    assert not Path(channel.directory).exists()
    assert line.heard == [("closed", b"")]
