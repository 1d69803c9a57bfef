"""The ``timetracer`` command in this process, and places full of cassettes for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest

from timetracer.cassette import files
from timetracer.cassette.model import Cassette, Exchange, Kind, Span
from timetracer.cli import main
from timetracer.store.opening import open_store

START = 1_735_787_045_000_000_000  # 2025-01-02 03:04:05 UTC
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Ran(NamedTuple):
    status: int
    out: str
    err: str


class Run(Protocol):
    def __call__(self, *arguments: object) -> Ran: ...


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees, or leaves, an index in the developer's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GITHUB_ACTIONS", "PY_COLORS", "TERMINAL_WIDTH"):
        monkeypatch.delenv(name, raising=False)

    def command(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["timetracer", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Ran(int(ended.value.code or 0), *capsys.readouterr())

    return command


def visit(number: int, *, path: str = "/items", status: int = 200) -> Cassette:
    """A request that calls one service, `number` seconds after the first."""
    start = START + number * 10**9

    def exchange(library: str, url: str) -> Exchange:
        asked = {"method": "GET", "url": url, "headers": [["accept", "*/*"]]}
        answered = {"status": status, "headers": [["content-type", "application/json"]]}
        return Exchange(library, f"GET {url}", {**asked}, b"", {**answered}, b'{"a":1}', None, None, start, start + 500)

    server = Span("GET", TRACE, f"{2 * number + 1:016x}", "", Kind.SERVER, start, start + 2_000_000)
    server.exchange = exchange("asgi", f"http://shop{path}")
    client = Span(
        "GET", TRACE, f"{2 * number + 2:016x}", server.span_id, Kind.CLIENT, start + 500_000, start + 1_500_000
    )
    client.exchange = exchange("httpx", "http://stock/items")
    return Cassette([server, client], {"service.name": "shop"}, f"GET {path}")


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A cassette file."""
    files.write(tmp_path / "one.json", visit(0))
    return tmp_path / "one.json"


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A file that is no cassette."""
    path = tmp_path / "damaged.json"
    path.write_text('{"resourceSpans": [')
    return path


@pytest.fixture(params=["directory", "archive.sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Two requests, the second of which failed, and a call of the process: in a directory, and in an archive."""
    path = tmp_path / request.param
    store = open_store(path)
    store.save(visit(0))
    store.save(visit(10, path="/orders", status=503))
    background = visit(5)
    background.spans = background.spans[1:]
    store.append(background)
    store.close()
    return path
