"""The upstream gives what its routes promise, byte for byte; other tests compare replays with it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator

import httpx
import pytest

from services.routes import CODINGS, JSON, JSON_LIST, ODD_JSON, PASSWORD, PNG, USER
from services.upstream import Upstream, Upstreams


@pytest.fixture
def client(upstream: Upstream) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=upstream.url, timeout=10) as one:
        yield one


@pytest.mark.parametrize(
    ("path", "status", "content_type", "body"),
    [
        ("/text", 200, "text/plain; charset=utf-8", "Grüße, Welt\n".encode()),
        ("/latin1", 200, "text/plain; charset=iso-8859-1", b"Gr\xfc\xdfe"),
        ("/json", 200, "application/json", JSON),
        ("/json/odd", 200, "application/json", ODD_JSON),
        ("/png", 200, "image/png", PNG),
        ("/bytes", 200, "application/octet-stream", bytes(range(256))),
        ("/until-close", 200, "text/plain", b"the end is the end"),
        ("/empty", 200, None, b""),
        ("/status/204", 204, None, b""),
        ("/status/599", 599, None, b""),
        ("/unavailable", 503, "text/plain", b"later\n"),
        ("/nowhere", 404, "text/plain", b"no such route\n"),
    ],
)
def test_whole_answers(client: httpx.Client, path: str, status: int, content_type: str | None, body: bytes) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers.get("content-type")) == (status, content_type)
    assert response.content == body


def test_head_has_the_headers_alone(client: httpx.Client) -> None:
    response = client.head("/html")
    assert int(response.headers["content-length"]) > 0
    assert response.content == b""


@pytest.mark.parametrize("coding", CODINGS)
def test_coded_bodies(client: httpx.Client, coding: str) -> None:
    response = client.get(f"/coded/{coding}")
    assert response.headers["content-encoding"] == coding
    assert response.content == JSON_LIST
    assert int(response.headers["content-length"]) < len(JSON_LIST)


def test_headers_keep_their_order_their_case_and_their_number(client: httpx.Client) -> None:
    raw = client.get("/headers").headers.raw
    assert [name for name, _ in raw][1:8] == [
        b"Set-Cookie",
        b"ETag",
        b"Link",
        b"set-cookie",
        b"Retry-After",
        b"X-EMPTY",
        b"Set-Cookie",
    ]
    assert (b"X-Name", b"Zo\xeb") in client.get("/latin1").headers.raw


def test_a_known_etag(client: httpx.Client) -> None:
    assert client.get("/etag", headers={"If-None-Match": '"v1"'}).status_code == 304


@pytest.mark.parametrize("size", [8, 100, 5_000_000])
def test_big_bodies(client: httpx.Client, size: int) -> None:
    body = client.get("/big", params={"bytes": size}).content
    assert len(body) == size
    assert list(json.loads(body)) == ["x"]


def test_echo(client: httpx.Client) -> None:
    sent = b"\x00\xff" * 50_000
    chunks = (sent[at : at + 999] for at in range(0, len(sent), 999))
    seen = client.put("/echo?a=1&a=2", content=chunks, headers={"X-One": "1"}).json()
    assert (seen["method"], seen["target"], seen["length"]) == ("PUT", "/echo?a=1&a=2", len(sent))
    assert seen["sha256"] == hashlib.sha256(sent).hexdigest()
    assert ["X-One", "1"] in seen["headers"]


def test_redirects_and_cookies(client: httpx.Client) -> None:
    response = client.get("/redirect/3", follow_redirects=True)
    assert [hop.status_code for hop in response.history] == [302, 302, 302]
    client.get("/cookies/set?a=1&b=2")
    assert client.get("/cookies").json() == {"hop3": "yes", "hop2": "yes", "hop1": "yes", "a": "1", "b": "2"}


@pytest.mark.parametrize(("path", "auth"), [("/auth/basic", httpx.BasicAuth), ("/auth/digest", httpx.DigestAuth)])
def test_auth(client: httpx.Client, path: str, auth: type[httpx.BasicAuth | httpx.DigestAuth]) -> None:
    assert client.get(path, auth=auth(USER, PASSWORD)).text == "welcome"
    assert client.get(path, auth=auth(USER, "wrong")).status_code == 401


@pytest.mark.parametrize("form", [True, False])
def test_login_says_the_secrets_back(client: httpx.Client, form: bool) -> None:
    said = {"user": "ada", "password": "lovelace"}
    response = client.post("/login", data=said) if form else client.post("/login", json=said)
    assert response.json()["user"] == said
    assert response.json()["access_token"] in response.headers["set-cookie"]


@pytest.mark.parametrize("path", ["/stream", "/stream/gzip", "/sse"])
def test_streams_come_chunk_by_chunk(client: httpx.Client, path: str) -> None:
    with client.stream("GET", path, params={"pause": "0.02"}) as response:
        assert len(list(response.iter_bytes())) >= 5


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/dies/silently", httpx.RemoteProtocolError),
        ("/dies/length", httpx.RemoteProtocolError),
        ("/dies/chunked", httpx.ReadError),
        ("/dies/reset", httpx.ReadError),
        ("/garbage", httpx.RemoteProtocolError),
        ("/hangs", httpx.ReadTimeout),
        ("/hangs/body", httpx.ReadTimeout),
    ],
)
def test_failures(client: httpx.Client, path: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        client.get(path, timeout=0.2)


@pytest.mark.parametrize(("path", "arrived"), [("/dies/length", b"x" * 100), ("/dies/chunked", b"chunk 0\nchunk 1\n")])
def test_what_came_before_a_failure_arrives(client: httpx.Client, path: str, arrived: bytes) -> None:
    got = b""
    with client.stream("GET", path) as response, pytest.raises(httpx.TransportError):
        for chunk in response.iter_raw():
            got += chunk
    assert got == arrived


def test_a_time_out_and_then_success(client: httpx.Client) -> None:
    with pytest.raises(httpx.ReadTimeout):
        client.get("/flaky", timeout=0.2)
    assert client.get("/flaky").text == "at last"


def test_fifty_at_once_get_fifty_answers_and_not_in_the_order_of_asking(upstream: Upstream) -> None:
    answered: list[int] = []

    async def ask(client: httpx.AsyncClient) -> None:
        answered.append((await client.get("/counter?of=50")).json()["n"])

    async def all_at_once() -> None:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=upstream.url, limits=limits, timeout=30) as client:
            await asyncio.gather(*(ask(client) for _ in range(50)))

    asyncio.run(all_at_once())
    assert sorted(answered) == list(range(1, 51))
    assert answered != sorted(answered)


def test_each_upstream_counts_by_itself_and_remembers_its_calls(upstream: Upstream, upstreams: Upstreams) -> None:
    other = upstreams.open()
    assert [httpx.get(f"{upstream.url}/counter").json()["n"] for _ in range(2)] == [1, 2]
    assert httpx.get(f"{other.url}/counter").json()["n"] == 1
    assert (upstream.calls, other.calls) == (["GET /counter", "GET /counter"], ["GET /counter"])
    other.stop()


def test_a_stopped_upstream_refuses_connections_until_it_is_back(upstream: Upstream, client: httpx.Client) -> None:
    assert client.get("/counter").json()["n"] == 1
    upstream.stop()
    upstream.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(upstream.url)
    with pytest.raises(httpx.TransportError):
        client.get("/counter")
    upstream.restart()
    assert client.get("/counter").json()["n"] == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/text", "Grüße, Welt\n"),
        ("/stream?pause=0", "".join(f"chunk {n}\n" for n in range(5))),
        ("/counter", '{"n": 1}'),
    ],
)
def test_http_2(upstream: Upstream, path: str, body: str) -> None:
    with httpx.Client(base_url=upstream.url, http1=False, http2=True) as client:
        response = client.get(path)
        assert (response.http_version, response.text) == ("HTTP/2", body)


def test_http_2_with_bodies_wider_than_its_windows(upstream: Upstream) -> None:
    with httpx.Client(base_url=upstream.url, http1=False, http2=True, timeout=10) as client:
        assert client.post("/echo", content=b"x" * 200_000).json()["length"] == 200_000
        assert len(client.get("/big?bytes=1000000").content) == 1_000_000
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/dies/chunked")


def test_it_is_a_proxy_for_any_host(upstream: Upstream) -> None:
    with httpx.Client(proxy=upstream.url) as client:
        assert client.get("http://shop.test/text").text == "Grüße, Welt\n"
    assert upstream.calls == ["GET http://shop.test/text"]
