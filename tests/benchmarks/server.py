"""A server on the loopback that answers every request with the same 2 KB, in a process of its own; prints its port."""

from __future__ import annotations

import asyncio

from canned import body, headers

HEAD = "".join(f"{name}: {value}\r\n" for name, value in headers(body(0)))
ANSWER = f"HTTP/1.1 200 OK\r\n{HEAD}\r\n".encode() + body(0)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
    except asyncio.IncompleteReadError:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
