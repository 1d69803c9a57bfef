"""The process that the upstreams live in. Told what to do by lines of JSON on its standard input, one answer each.

{"do": "open", "port": 0}     -> {"port": 40123}      a new upstream, with nothing to remember
{"do": "open", "port": 0, "to": ["127.0.0.1", 5432]}  the same, which leads to a real server
{"do": "calls", "port": N}    -> {"calls": ["GET /text", …]}
{"do": "gone", "port": N}     -> {"gone": ["GET /held", …]}    once a client has left an answer that it was given
{"do": "release", "port": N}  -> {"port": N}          answers that are held go on
{"do": "close", "port": N}    -> {"port": N}          it refuses connections from now on; open ones are torn down
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from services import http2
from services.relay import Relay
from services.routes import World, answer
from services.wire import Answer, read_request


class Listener:
    """One upstream: a port, what it remembers, its connections."""

    def __init__(self) -> None:
        self.world = World()
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def calls(self) -> list[str]:
        return self.world.calls

    async def open(self, port: int) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=2**20, backlog=1024)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(ConnectionError):  # the client left early
            while request := await read_request(reader, writer):
                if request.method == "PRI":
                    await reader.readexactly(len(b"SM\r\n\r\n"))
                    await http2.serve(reader, writer, partial(answer, self.world))
                    break
                out = Answer(reader, writer, request)
                await answer(self.world, request, out)
                if not out.keeps_alive or request.header("connection").lower() == "close":
                    break
        writer.close()
        self._writers.discard(writer)


async def obey(listeners: dict[int, Any], order: dict[str, Any]) -> dict[str, Any]:
    """Carries out one line."""
    match order["do"]:
        case "open":
            listener = Relay(*order["to"]) if order.get("to") else Listener()
            port = await listener.open(order["port"])
            listeners[port] = listener
            return {"port": port}
        case "calls":
            return {"calls": listeners[order["port"]].calls}
        case "gone":
            world = listeners[order["port"]].world
            for _ in range(500):
                if not world.gone:
                    await asyncio.sleep(0.01)
            return {"gone": world.gone}
        case "release":
            listeners[order["port"]].world.held.set()
            return {"port": order["port"]}
        case "close":
            await listeners.pop(order["port"]).close()
            return {"port": order["port"]}
        case unknown:
            raise ValueError(unknown)


async def main() -> None:
    """Ends with its standard input, that is, with whoever started it."""
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    listeners: dict[int, Any] = {}
    while line := await orders.readline():
        print(json.dumps(await obey(listeners, json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
