"""Asyncio's streams: real ones that are tapped, and a pair that a backend answers in memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from timetracer.seams.mounts.transport import MountedTransport, TappedTransport

if TYPE_CHECKING:
    from timetracer.seams.wire import MountedLine, TappedLine


def tap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: TappedLine) -> None:
    """Tell a line what passes a pair of streams that were just opened."""
    told: Any = reader
    feed, feed_eof, fail = reader.feed_data, reader.feed_eof, reader.set_exception

    def feed_data(data: bytes) -> None:
        line.received(bytes(data))
        feed(data)

    def end() -> None:
        line.received(b"")
        feed_eof()

    def set_exception(error: Exception) -> None:
        line.received(b"")
        fail(error)

    told.feed_data, told.feed_eof, told.set_exception = feed_data, end, set_exception
    vars(writer)["_transport"] = TappedTransport(writer.transport, line)


def mounted(
    line: MountedLine, peer: tuple[str, int] = ("127.0.0.1", 0)
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A pair of streams that a line answers.

    Args:
        line: answers.
        peer: what the transport calls its ``peername``.
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport = MountedTransport(loop, protocol, line, {"peername": peer, "sockname": ("127.0.0.1", 0)})
    protocol.connection_made(transport)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
