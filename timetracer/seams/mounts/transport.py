"""Asyncio transports: one that is real and tapped, and one that a backend answers in memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from timetracer.seams.wire import MountedLine, TappedLine

DELIVERY = 256 * 1024
"""Bytes that a protocol is given at once, as a socket would."""


class TappedTransport:
    """A real transport whose writes are told to a line. All else is the transport's own.

    Args:
        transport: the real one.
        line: is told.
    """

    def __init__(self, transport: Any, line: TappedLine) -> None:
        self._transport = transport
        self._line = line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._line.sent(bytes(data))
        self._transport.write(data)

    def writelines(self, chunks: Iterable[bytes | bytearray | memoryview]) -> None:
        data = b"".join(chunks)
        self._line.sent(data)
        self._transport.write(data)

    def close(self) -> None:
        self._line.closed()
        self._transport.close()

    def abort(self) -> None:
        self._line.closed()
        self._transport.abort()


class HeardProtocol(asyncio.BufferedProtocol):
    """A driver's protocol whose bytes are told to a line; the end of what the server says as well, as of no bytes.

    Args:
        protocol: the driver's own.
        line: is told.
    """

    def __init__(self, protocol: asyncio.BufferedProtocol, line: TappedLine) -> None:
        self._protocol = protocol
        self._line = line
        self._buffer = memoryview(b"")

    def get_buffer(self, sizehint: int) -> memoryview:
        self._buffer = memoryview(self._protocol.get_buffer(sizehint))
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._line.received(bytes(self._buffer[:nbytes]))
        self._buffer = memoryview(b"")
        self._protocol.buffer_updated(nbytes)

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._line.received(b"")
        self._protocol.connection_lost(exc)


class MountedTransport(asyncio.Transport):
    """A connection to a backend, in memory.

    Args:
        loop: delivers what the backend answers, one iteration later, as it does with what a socket brings.
        protocol: the driver's; its ``connection_made`` is called by whoever makes the transport.
        line: answers.
        extra: what `get_extra_info` knows.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        protocol: asyncio.BaseProtocol,
        line: MountedLine,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(extra or {"peername": ("127.0.0.1", 0), "sockname": ("127.0.0.1", 0)})
        self._loop = loop
        self._protocol = protocol
        self._line = line
        self._waiting: deque[bytes] = deque()
        self._paused = False
        self._scheduled = False
        self._closing = False
        self._lost = False
        line.pushed(self.pushed)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Raises ReplayError where nothing recorded answers: in the caller of the driver, if the driver lets it."""
        if self._closing:
            return
        try:
            answer = self._line.receive(bytes(data))
        except BaseException:
            self.abort()
            raise
        self.deliver(answer)

    def pushed(self, data: bytes) -> None:
        """The server says this unasked; called in any thread."""
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self.deliver, data)

    def deliver(self, data: bytes) -> None:
        """The server says this, whether it was asked or not."""
        for at in range(0, len(data), DELIVERY):
            self._waiting.append(data[at : at + DELIVERY])
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled and not self._paused and (self._waiting or self._line.closing):
            self._scheduled = True
            self._loop.call_soon(self._give)

    def _give(self) -> None:
        self._scheduled = False
        if self._paused or self._lost:
            return
        if self._waiting:
            data = self._waiting.popleft()
            protocol: Any = self._protocol
            if isinstance(protocol, asyncio.BufferedProtocol):
                _fill(protocol, data)
            else:
                protocol.data_received(data)
        elif self._line.closing:
            self.close()
        self._schedule()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        pass

    def can_write_eof(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return 0

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return 0, 64 * 1024

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def is_reading(self) -> bool:
        return not self._paused

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        self._schedule()

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._lose)

    def abort(self) -> None:
        self._waiting.clear()
        self.close()

    def _lose(self) -> None:
        if not self._lost:
            self._lost = True
            self._protocol.connection_lost(None)


def _fill(protocol: asyncio.BufferedProtocol, data: bytes) -> None:
    while data:
        buffer = memoryview(protocol.get_buffer(len(data)))
        size = min(buffer.nbytes, len(data))
        buffer[:size] = data[:size]
        protocol.buffer_updated(size)
        data = data[size:]
