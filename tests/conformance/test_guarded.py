"""Law 7 for everybody else: whoever has no instrumentor and wants out during a replay is stopped, and named."""

from __future__ import annotations

import asyncio
import http.client
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

import timetracer
from services.serving import served
from services.upstream import Upstream
from timetracer import BlockedCall, FailedVerdict


def by_socket(host: str, port: int) -> None:
    socket.create_connection((host, port)).close()


def by_urllib(host: str, port: int) -> None:
    urllib.request.urlopen(f"http://{host}:{port}/text").close()


def by_http_client(host: str, port: int) -> None:
    with closing(http.client.HTTPConnection(host, port)) as connection:
        connection.request("GET", "/text")
        connection.getresponse().read()


def by_requests(host: str, port: int) -> None:
    requests = pytest.importorskip("requests")
    with requests.Session() as session:
        session.trust_env = False
        session.get(f"http://{host}:{port}/text")


def by_asyncio(host: str, port: int) -> None:
    async def connect() -> None:
        _, writer = await asyncio.open_connection(host, port)
        writer.close()

    asyncio.run(connect())


def by_uvloop(host: str, port: int) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def connect() -> None:
        _, writer = await asyncio.open_connection(host, port)
        writer.close()
        await writer.wait_closed()

    uvloop.run(connect())


WAYS: dict[Callable[[str, int], None], str] = {
    by_socket: "test_guarded.by_socket",
    by_urllib: "test_guarded.by_urllib",
    by_http_client: "test_guarded.by_http_client",
    by_requests: "urllib3",
    by_asyncio: "test_guarded.connect",
    by_uvloop: "test_guarded.connect",
}
each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


@pytest.fixture
def cassette(tmp_path: Path, upstream: Upstream) -> Path:
    """Of one call to the upstream, which is still there."""
    path = tmp_path / "cassette.json"
    with timetracer.record(path):
        httpx.get(upstream.url + "/text", trust_env=False)
    return path


@each_way
def test_the_outside_and_recorded_upstreams_are_closed(
    way: Callable[[str, int], None], cassette: Path, upstream: Upstream
) -> None:
    before = upstream.calls
    for host, port in (("192.0.2.1", 80), ("127.0.0.1", upstream.port), ("localhost", upstream.port)):
        with pytest.raises(FailedVerdict), timetracer.replay(cassette):
            with pytest.raises(BlockedCall) as blocked:
                way(host, port)
            assert str(port) in str(blocked.value)
            assert WAYS[way] in str(blocked.value).partition(" wanted to reach ")[0]
    assert upstream.calls == before


@each_way
def test_a_blocked_call_that_is_swallowed_fails_the_verdict(way: Callable[[str, int], None], cassette: Path) -> None:
    with pytest.raises(FailedVerdict, match=r"192\.0\.2\.1:80"), timetracer.replay(cassette), suppress(Exception):
        way("192.0.2.1", 80)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Another server of the test's own."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"own"})


@pytest.fixture
def own_server() -> Iterator[int]:
    with served(app) as port:
        yield port


@each_way
def test_a_server_of_the_tests_own_is_open(way: Callable[[str, int], None], cassette: Path, own_server: int) -> None:
    with timetracer.replay(cassette) as block:
        way("127.0.0.1", own_server)
    assert block.verdict.missed == []


def test_afterwards_everything_is_open_again(cassette: Path, upstream: Upstream) -> None:
    with timetracer.replay(cassette):
        pass
    for way in WAYS:
        way("127.0.0.1", upstream.port)
    assert len(upstream.calls) > 1
