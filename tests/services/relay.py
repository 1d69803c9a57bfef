"""A port that leads to a real server elsewhere, and can be closed while that server goes on."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Relay:
    """One such port.

    Args:
        host: where the server is.
        port: its port.

    Attributes:
        calls: what clients sent, a piece at a time: ``52 bytes``.
    """

    def __init__(self, host: str, port: int) -> None:
        self.calls: list[str] = []
        self._there = (host, port)
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self, port: int) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, backlog=1024)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Refuses connections from now on; those that are open are torn down."""
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, onward = await asyncio.open_connection(*self._there)
        ends = {writer, onward}
        self._writers |= ends
        await asyncio.gather(self._pass_on(reader, onward, self.calls), self._pass_on(there, writer, []))
        self._writers -= ends

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, seen: list[str]) -> None:
        with suppress(ConnectionError):
            while data := await source.read(2**16):
                seen.append(f"{len(data)} bytes")
                target.write(data)
                await target.drain()
        target.close()
