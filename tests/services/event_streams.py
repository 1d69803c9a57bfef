"""A real HTTP server for what moto cannot serve: AWS event streams, function errors, throttling.

The frames are those of https://smithy.io/2.0/aws/amazon-eventstream.html.
"""

from __future__ import annotations

import base64
import json
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from zlib import crc32

PAUSE = 0.05
"""s between two frames, so that each arrives by itself."""


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message: lengths, their check sum, headers of text (type 7), payload, check sum."""
    packed = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(packed) + len(payload), len(packed))
    body = prelude + struct.pack("!I", crc32(prelude)) + packed + payload
    return body + struct.pack("!I", crc32(body))


def event(kind: str, payload: bytes, content_type: str = "application/json") -> bytes:
    return frame({":message-type": "event", ":event-type": kind, ":content-type": content_type}, payload)


def trouble(kind: str, message: str) -> bytes:
    told = {":message-type": "exception", ":exception-type": kind, ":content-type": "application/json"}
    return frame(told, json.dumps({"message": message}).encode())


def words(*said: str) -> list[bytes]:
    """A model's words, as Bedrock wraps them."""
    pieces = (json.dumps({"word": word}).encode() for word in said)
    return [event("chunk", json.dumps({"bytes": base64.b64encode(piece).decode()}).encode()) for piece in pieces]


STREAMS: dict[str, list[bytes]] = {
    "/shop/orders.csv": [
        event("Records", b"1,ada\n2,", "application/octet-stream"),
        event("Records", b"bob\n", "application/octet-stream"),
        event("Stats", b"<Stats><BytesScanned>12</BytesScanned></Stats>", "text/xml"),
        event("End", b""),
    ],
    "/model/talker/invoke-with-response-stream": words("Gr\xfc\xdfe", ",", "Welt"),
    "/model/breaks/invoke-with-response-stream": [
        *words("one"),
        trouble("modelStreamErrorException", "the model stopped"),
    ],
}
"""The frames of each answer, by path."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: ClassVar[Counter[str]] = Counter()

    def do_POST(self) -> None:
        path = self.path.partition("?")[0]
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked[path] += 1
        if path in STREAMS:
            self.stream(STREAMS[path])
        elif path.endswith("/invocations"):
            self.whole(200, {"errorMessage": "division by zero"}, {"X-Amz-Function-Error": "Unhandled"})
        elif self.asked[path] % 3:
            self.whole(400, {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slowly"})
        else:
            self.whole(200, {"TableNames": ["orders"]})

    def stream(self, frames: list[bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for each in frames:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(each), each))
            time.sleep(PAUSE)
        self.wfile.write(b"0\r\n\r\n")

    def whole(self, status: int, answer: object, headers: Mapping[str, str] | None = None) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def serving() -> Iterator[str]:
    """Its URL; it is gone afterwards."""
    Handler.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
