"""HTTP/1.1 on asyncio streams, by hand: the upstream's routes decide about every byte and every pause."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

Headers = Iterable[tuple[str, str]]

CLIENT_HELLO = b"\x16"
"""What a TLS record with a handshake begins with (RFC 8446, section 5.1)."""
HANDSHAKE_FAILURE = b"\x15\x03\x03\x00\x02\x02\x28"


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    method: str
    target: str
    """As on the request line; a proxy's client sends the whole URL."""
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    def header(self, name: str, default: str = "") -> str:
        """The header's first value."""
        return next((value for key, value in self.headers if key.lower() == name), default)


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """The next request of a connection; None when the client has gone. Who asks for TLS is told that there is none."""
    try:
        first = await reader.readexactly(1)
        if first == CLIENT_HELLO:
            await reader.readexactly(int.from_bytes((await reader.readexactly(4))[2:], "big"))
            writer.write(HANDSHAKE_FAILURE)
            return None
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head[:-4].split("\r\n")
        method, target, _ = line.split(" ", 2)
        pairs = [field.partition(":")[::2] for field in fields]
        request = Request(method, target, [(name, value.strip()) for name, value in pairs], b"")
        return Request(method, target, request.headers, await _body(request, reader))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def _body(request: Request, reader: asyncio.StreamReader) -> bytes:
    if request.header("transfer-encoding") != "chunked":
        return await reader.readexactly(int(request.header("content-length", "0")))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body


@dataclass
class Answer:
    """The way back to one client, for one request."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    request: Request
    keeps_alive: bool = True
    """Whether the connection can take another request."""

    async def head(self, status: int, headers: Headers) -> None:
        """The status line and the headers, in the order given."""
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = "Unusual"
        lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers), "", ""]
        await self.send("\r\n".join(lines).encode("latin-1"))

    async def whole(self, body: bytes, content_type: str = "", *more: tuple[str, str], status: int = 200) -> None:
        """A response with its length known. HEAD gets the headers alone."""
        kind = [("Content-Type", content_type)] if content_type else []
        sized = [] if status in {204, 304} else [("Content-Length", str(len(body)))]
        await self.head(status, [*kind, *more, *sized])
        if self.request.method != "HEAD":
            await self.send(body)

    async def chunked(self, content_type: str, *more: tuple[str, str], status: int = 200) -> None:
        """The beginning of a response in chunks."""
        await self.head(status, [("Content-Type", content_type), *more, ("Transfer-Encoding", "chunked")])

    async def chunk(self, data: bytes) -> None:
        """One chunk, sent at once; an empty one is the last."""
        await self.send(b"%x\r\n%b\r\n" % (len(data), data))

    async def send(self, data: bytes) -> None:
        """Bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def gone(self) -> None:
        """Waits until the client has left."""
        await self.reader.read()
        self.keeps_alive = False

    def hang_up(self) -> None:
        """Closes the connection in good order (FIN), whatever was promised."""
        self.keeps_alive = False

    def reset(self) -> None:
        """Tears the connection down (RST)."""
        self.keeps_alive = False
        connection: socket.socket = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
