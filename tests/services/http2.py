"""HTTP/2 for the upstream's routes, without TLS ("prior knowledge", RFC 9113 section 3.3): framing is `h2`'s."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, DataReceived, Event, RequestReceived, StreamEnded, WindowUpdated

from services.wire import Answer, Headers, Request

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
OF_HTTP_1 = {"connection", "transfer-encoding"}


@dataclass
class Http2Answer(Answer):
    """The way back to one client, for one stream of its connection."""

    connection: H2Connection = field(kw_only=True)
    stream: int = field(kw_only=True)
    room: asyncio.Event = field(kw_only=True)
    """Set whenever the client allows more data."""

    async def head(self, status: int, headers: Headers) -> None:
        own = [(name.lower(), value) for name, value in headers if name.lower() not in OF_HTTP_1]
        self.connection.send_headers(self.stream, [(":status", str(status)), *own])
        await self._flush()

    async def whole(self, body: bytes, content_type: str = "", *more: tuple[str, str], status: int = 200) -> None:
        await super().whole(body, content_type, *more, status=status)
        await self._end()

    async def chunk(self, data: bytes) -> None:
        await (self.send(data) if data else self._end())

    async def send(self, data: bytes) -> None:
        while data:
            self.room.clear()
            most = min(self.connection.local_flow_control_window(self.stream), self.connection.max_outbound_frame_size)
            if most > 0:
                self.connection.send_data(self.stream, data[:most])
                data = data[most:]
                await self._flush()
            else:
                await self.room.wait()

    async def gone(self) -> None:
        """The connection's own loop reads; it cancels what still waits here."""
        await asyncio.Event().wait()

    def hang_up(self) -> None:
        self._reset(ErrorCodes.CANCEL)

    def reset(self) -> None:
        self._reset(ErrorCodes.INTERNAL_ERROR)

    def _reset(self, code: ErrorCodes) -> None:
        self.connection.reset_stream(self.stream, code)
        self.writer.write(self.connection.data_to_send())

    async def _end(self) -> None:
        self.connection.end_stream(self.stream)
        await self._flush()

    async def _flush(self) -> None:
        self.writer.write(self.connection.data_to_send())
        await self.writer.drain()


async def serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, respond: Callable[[Request, Answer], Awaitable[None]]
) -> None:
    """A whole connection, from behind `PREFACE` on; its streams are answered side by side."""
    connection = H2Connection(H2Configuration(client_side=False, header_encoding="latin-1"))
    connection.initiate_connection()
    room = asyncio.Event()
    heads: dict[int, list[tuple[str, str]]] = {}
    bodies: defaultdict[int, bytes] = defaultdict(bytes)
    answering: set[asyncio.Task[None]] = set()

    def on(event: Event) -> None:
        if isinstance(event, RequestReceived):
            heads[event.stream_id] = [(str(name), str(value)) for name, value in event.headers]
        elif isinstance(event, DataReceived):
            bodies[event.stream_id] += event.data
            connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            pseudo = dict(heads[event.stream_id])
            fields = [pair for pair in heads[event.stream_id] if not pair[0].startswith(":")]
            request = Request(pseudo[":method"], pseudo[":path"], fields, bodies[event.stream_id])
            out = Http2Answer(reader, writer, request, connection=connection, stream=event.stream_id, room=room)
            task = asyncio.ensure_future(respond(request, out))
            answering.add(task)
            task.add_done_callback(answering.discard)
        elif isinstance(event, WindowUpdated):
            room.set()

    data = PREFACE
    while data:
        events = connection.receive_data(data)
        for event in events:
            on(event)
        writer.write(connection.data_to_send())
        if any(isinstance(event, ConnectionTerminated) for event in events):
            break
        data = await reader.read(65536)
    for task in answering:
        task.cancel()
