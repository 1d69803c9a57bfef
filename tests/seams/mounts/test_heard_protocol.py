"""An asyncio protocol that fills its own buffers, heard."""

from __future__ import annotations

import asyncio
from typing import Any

from timetracer.seams.mounts.transport import HeardProtocol, TappedTransport


class Line:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bytes]] = []

    def sent(self, data: bytes) -> None:
        self.told.append(("sent", data))

    def received(self, data: bytes) -> None:
        self.told.append(("received", data))

    def closed(self) -> None:
        self.told.append(("closed", b""))


class Filled(asyncio.BufferedProtocol):
    """A driver's protocol with room for three bytes."""

    def __init__(self) -> None:
        self.buffer = bytearray(3)
        self.seen: list[Any] = []

    def get_buffer(self, sizehint: int) -> bytearray:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.seen.append(bytes(self.buffer[:nbytes]))

    def pause_writing(self) -> None:
        self.seen.append("pause")

    def resume_writing(self) -> None:
        self.seen.append("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.seen.append(exc)


def test_what_it_is_given_is_told_and_goes_on() -> None:
    line: Any = Line()
    driver, reason = Filled(), ConnectionResetError()
    heard = HeardProtocol(driver, line)
    for piece in (b"abc", b"d"):
        heard.get_buffer(10)[: len(piece)] = piece
        heard.buffer_updated(len(piece))
    heard.pause_writing()
    heard.resume_writing()
    assert not heard.eof_received()
    heard.connection_lost(reason)
    assert driver.seen == [b"abc", b"d", "pause", "resume", reason]
    assert line.told == [("received", b"abc"), ("received", b"d"), ("received", b"")]


def test_the_drivers_own_end_is_told_before_the_servers() -> None:
    async def scene() -> list[tuple[str, bytes]]:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        line: Any = Line()
        transport, _ = await asyncio.get_running_loop().create_connection(Filled, "127.0.0.1", port)
        tapped = TappedTransport(transport, line)
        tapped.write(b"a")
        tapped.close()
        tapped.abort()
        server.close()
        return line.told

    assert asyncio.run(scene()) == [("sent", b"a"), ("closed", b""), ("closed", b"")]
