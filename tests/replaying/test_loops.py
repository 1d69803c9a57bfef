"""uvloop's connections ask first: what may pass reaches the compiled loop as it was meant."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from timetracer.replaying import loops

uvloop = pytest.importorskip("uvloop")


class Stopped(Exception):
    """Raised in the place of what was asked about."""


class Guard:
    """Writes down what it is asked, and raises if it is closed."""

    closed = False

    def __init__(self) -> None:
        self.asked: list[tuple[Any, Any, bool]] = []

    def __call__(self, host: Any, port: Any, *, lookup: bool = False) -> None:
        self.asked.append((host, port, lookup))
        if self.closed:
            raise Stopped


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> Guard:
    """A guard of a class of its own, made as uvloop makes its loop."""
    for name in ("create_connection", "create_datagram_endpoint", "getaddrinfo"):
        monkeypatch.setattr(uvloop.Loop, name, getattr(uvloop.Loop.__base__, name), raising=False)
    made = Guard()
    loops._watch(uvloop.Loop, made)
    return made


@pytest.fixture
def server() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()


Act = Callable[[tuple[str, int]], Coroutine[Any, Any, None]]


async def connect(address: tuple[str, int]) -> None:
    _, writer = await asyncio.open_connection(*address)
    writer.close()
    await writer.wait_closed()


async def connect_by_name(address: tuple[str, int]) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, host=address[0], port=address[1])
    transport.close()


async def datagram(address: tuple[str, int]) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=address)
    transport.close()


async def look_up(address: tuple[str, int]) -> None:
    assert await asyncio.get_running_loop().getaddrinfo(*address, type=socket.SOCK_STREAM)


@pytest.mark.parametrize("act", [connect, connect_by_name, datagram, look_up])
def test_what_reaches_for_the_network_asks_first(act: Act, guard: Guard, server: tuple[str, int]) -> None:
    uvloop.run(act(server))
    assert guard.asked == [(*server, act is look_up)]
    guard.closed = True
    with pytest.raises(Stopped):
        uvloop.run(act(server))


def test_what_stays_here_does_not_ask(guard: Guard, server: tuple[str, int]) -> None:
    guard.closed = True

    async def act() -> None:
        loop = asyncio.get_running_loop()
        with socket.create_connection(server) as connected:
            transport, _ = await loop.create_connection(asyncio.Protocol, sock=connected.dup())
            transport.close()
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, ("127.0.0.1", 0))
        transport.close()

    uvloop.run(act())
    assert guard.asked == []
