"""A cassette as a test that replays it: Python to paste and to go on from."""

from __future__ import annotations

import re

from timetracer.analysis.curl import header_pairs
from timetracer.analysis.semconv import about
from timetracer.cassette.model import Cassette


def pytest_code(cassette: Cassette, path: str) -> str:
    """The text of a test module. `path` is the cassette's file, from where the tests run."""
    root = cassette.root
    exchange = root.exchange if root else None
    title = about(root).title if root else cassette.name
    name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:60] or "cassette"
    lines = ["import timetracer", "", ""]
    asked = exchange.request if exchange else {}
    method, url = asked.get("method"), asked.get("url")
    if exchange is None or not isinstance(method, str) or not isinstance(url, str):
        lines += [
            f"def test_{name}() -> None:",
            f"    with timetracer.replay({path!r}):",
            "        ...  # what it is a recording of",
        ]
        return "\n".join([*lines, ""])
    arguments = [repr(method), repr(_target(url))]
    headers = header_pairs(asked.get("headers"))
    arguments += [f"headers={headers!r}"] if headers else []
    arguments += [f"content={exchange.request_body!r}"] if exchange.request_body else []
    lines += [
        f"def test_{name}(client) -> None:  # client: a test client of your app",
        f"    with timetracer.replay({path!r}):",
        f"        answer = client.request({', '.join(arguments)})",
    ]
    status = exchange.response.get("status") if exchange.response else None
    lines += [f"    assert answer.status_code == {status}"] if isinstance(status, int) else []
    if exchange.response_body is not None and len(exchange.response_body) < 4_096:
        lines.append(f"    assert answer.content == {exchange.response_body!r}")
    return "\n".join([*lines, ""])


def _target(url: str) -> str:
    found = re.match(r"[a-z+]+://[^/?#]*", url)
    return (url[found.end() :] if found else url) or "/"
