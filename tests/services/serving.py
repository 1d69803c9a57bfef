"""An ASGI app behind a real uvicorn, in a thread of this process: what the test patches, the app sees."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


@contextmanager
def served(app: Any) -> Iterator[int]:
    """The port that the app is served on."""
    config = uvicorn.Config(app, log_level="critical", lifespan="on", ws="none", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:  # connections wait there until uvicorn is up
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def exchange(port: int, request: bytes) -> bytes:
    """Sends these bytes, and reads until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def message(method: str, target: str, body: bytes = b"", *headers: tuple[str, str]) -> bytes:
    """A request as it goes over the wire, headers as Latin-1; a body has its length."""
    sized = [("Content-Length", str(len(body)))] if body or method in {"POST", "PUT", "PATCH"} else []
    fields = [("Host", "shop.example"), ("Connection", "close"), *headers, *sized]
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


EDGE = "edge-of-the-parts"
MULTIPART = (
    (
        f'--{EDGE}\r\nContent-Disposition: form-data; name="note"\r\n\r\nZo\u00eb\r\n'
        f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; filename="p.bin"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    + bytes(range(256))
    + f"\r\n--{EDGE}--\r\n".encode()
)
"""A form with a text and a file."""
