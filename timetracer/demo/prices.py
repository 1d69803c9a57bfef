"""The upstream of the demo: an HTTP server whose prices are never the same twice. Prints its port, then serves.

``GET /prices/coffee`` -> ``{"item": "coffee", "price": 2.87, "quote": "q-93c1"}``
"""

from __future__ import annotations

import json
import random
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Prices(BaseHTTPRequestHandler):
    """Answers any item, after a moment that is long enough to be seen on a timeline."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Quote a price."""
        time.sleep(random.uniform(0.02, 0.06))
        item = self.path.rpartition("/")[2]
        quoted = {"item": item, "price": round(random.uniform(1, 9), 2), "quote": f"q-{random.getrandbits(16):04x}"}
        body = json.dumps(quoted).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Nothing: the demo has the terminal."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Prices)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
