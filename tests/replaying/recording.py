"""HTTP calls as matching sees them, in few words: recorded ones and live ones."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from timetracer.cassette.model import Exchange
from timetracer.errors import UnmatchedCall
from timetracer.replaying.calls import Asked, Candidate
from timetracer.replaying.matching import Index

SECOND = 1_000_000_000
START = 1_764_000_000 * SECOND
"""When the recording began: 2025-11-24T16:00:00Z."""

A, B, C = (f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "abc")
"""UUIDs of the recording."""
X, Y, Z = (f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "def")
"""UUIDs that only the live side knows."""


def http(line: str, body: Any = b"", **headers: str) -> dict[str, str | bytes]:
    """The parts of an HTTP request: ``http("POST http://shop/orders?dry=1", {"id": 3}, x_request_id="7")``."""
    method, _, url = line.partition(" ")
    if "//" not in url:
        url = f"http://shop{url}"
    scheme, _, rest = url.partition("//")
    host, slash, path = rest.partition("/")
    path, _, query = path.partition("?")
    if isinstance(body, dict | list):
        body = json.dumps(body).encode()
        headers.setdefault("content_type", "application/json")
    lines = "\n".join(f"{name.replace('_', '-')}: {value}" for name, value in sorted(headers.items()))
    raw = body.encode() if isinstance(body, str) else body
    return {
        "method": method,
        "host": f"{scheme}//{host}",
        "path": slash + path,
        "query": query,
        "headers": lines,
        "body": raw,
    }


class Recording:
    """Exchanges one after the other, a tenth of a second each."""

    def __init__(self, *calls: tuple[str, Any]) -> None:
        self.candidates: list[Candidate] = []
        for line, answer in calls:
            self.add(line, answer=answer)

    def add(
        self,
        line: str,
        body: Any = b"",
        *,
        answer: Any = "",
        path: str = "",
        fact: bool = False,
        after: float | None = None,
        **headers: str,
    ) -> Recording:
        order = len(self.candidates)
        started = START + (order * SECOND // 10 if after is None else int(after * SECOND))
        exchange = Exchange(
            "httpx",
            key=line,
            request={},
            response={"status": 200},
            response_body=json.dumps(answer).encode() if isinstance(answer, dict | list) else str(answer).encode(),
            started=started,
            ended=started + SECOND // 20,
            fact=fact,
        )
        self.candidates.append(Candidate(exchange, http(line, body, **headers), path, order, writes(line)))
        return self

    def index(self, **settings: Any) -> Index:
        return Index(self.candidates, **settings)


def writes(line: str) -> bool:
    return not line.startswith(("GET", "HEAD"))


def ask(line: str, body: Any = b"", *, path: str = "", after: float = 0.0, **headers: str) -> Asked:
    """A live call, `after` seconds of the session."""
    return Asked("httpx", line, http(line, body, **headers), writes(line), path, START + int(after * SECOND))


def answer(index: Index, asked: Asked) -> str:
    """What the app is given."""
    taken = index.take(asked)
    return taken.identities.to_live(taken.exchange.response_body or b"").decode()


def answers(index: Index, asked: Iterable[Asked]) -> list[str]:
    return [answer(index, each) for each in asked]


def reasons(index: Index, asked: Asked) -> tuple[str, ...]:
    return index.take(asked).reasons


def missed(index: Index, asked: Asked) -> bool:
    try:
        index.take(asked)
    except UnmatchedCall:
        return True
    return False
