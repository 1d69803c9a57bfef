"""Asyncio's streams: real ones tell a line, mounted ones are answered by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from timetracer.errors import ReplayError
from timetracer.seams.mounts import streams

PATIENCE = 30.0

pytestmark = pytest.mark.asyncio


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


@dataclass
class Echo:
    """A line that says everything twice, and ends when it is told so."""

    closing: bool = False
    push: Callable[[bytes], None] | None = None

    def pushed(self, push: Callable[[bytes], None]) -> None:
        self.push = push

    def receive(self, data: bytes) -> bytes:
        if data == b"nobody":
            raise ReplayError("nothing recorded")
        self.closing = data == b"bye"
        return data * 2


@asynccontextmanager
async def shouting(ear: Ear) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Tapped streams to a server that shouts back, and ends after a line that says so."""
    over = asyncio.Event()

    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while (line := await reader.readline()) not in (b"", b"bye\n"):
                writer.write(line.upper())
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        over.set()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    streams.tap(reader, writer, ear)  # type: ignore[arg-type]
    yield reader, writer
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    await asyncio.wait_for(over.wait(), PATIENCE)
    server.close()
    await server.wait_closed()


async def test_real_streams_tell_both_sides_and_the_end_of_the_servers() -> None:
    ear = Ear()
    async with shouting(ear) as (reader, writer):
        writer.write(b"one\n")
        assert await reader.readline() == b"ONE\n"
        writer.writelines([b"by", b"e\n"])
        assert await reader.read() == b""
    assert ear.said[:4] == [("sent", b"one\n"), ("received", b"ONE\n"), ("sent", b"bye\n"), ("received", b"")]
    assert ear.said[4:].count("closed") == 1


async def test_who_ends_the_connection_is_told_apart() -> None:
    ear = Ear()
    async with shouting(ear) as (_, writer):
        writer.transport.abort()
    assert ear.said[0] == "closed"


async def test_a_failure_of_the_connection_is_its_end() -> None:
    ear = Ear()
    async with shouting(ear) as (reader, _):
        reader.set_exception(ConnectionResetError())
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
    assert ear.said[0] == ("received", b"")


async def test_mounted_streams_are_answered_and_told_what_nobody_asked_for() -> None:
    line = Echo()
    reader, writer = streams.mounted(line, ("10.0.0.7", 6379))  # type: ignore[arg-type]
    assert writer.get_extra_info("peername") == ("10.0.0.7", 6379)
    writer.write(b"one\n")
    await writer.drain()
    assert await reader.readexactly(8) == b"one\none\n"
    assert line.push is not None
    await asyncio.to_thread(line.push, b"news")
    assert await asyncio.wait_for(reader.readexactly(4), PATIENCE) == b"news"
    writer.write(b"bye")
    assert await reader.read() == b"byebye"
    writer.close()
    await writer.wait_closed()


async def test_what_nothing_answers_is_raised_in_the_writer() -> None:
    reader, writer = streams.mounted(Echo())  # type: ignore[arg-type]
    with pytest.raises(ReplayError):
        writer.write(b"nobody")
    assert await reader.read() == b""
