"""httpx above its real transport (authentication, redirects, hooks, cookies), its other transports, HTTP/2, proxies."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

import timetracer
from conformance.http_calls import SECRETS
from conformance.of_httpx import hold, told
from conformance.three_ways import PATIENCE, aclient, client, exchanges, same_three_ways
from services.routes import PASSWORD, USER
from services.upstream import Upstream
from timetracer.redaction.rules import DEFAULT

# --- flows above the transport run for real ---


@pytest.mark.parametrize("name", SECRETS)
def test_flows_with_secrets_replay_from_a_cassette_that_has_none(name: str, path: Path, upstream: Upstream) -> None:
    with timetracer.record(path):
        recorded = hold(SECRETS[name], upstream.url)
    cassette = path.read_text()
    assert PASSWORD not in cassette
    upstream.stop()
    with timetracer.replay(path, strict=True):
        replayed = hold(SECRETS[name], upstream.url)
    assert [seen["status"] for seen in replayed] == [seen["status"] for seen in recorded]
    assert [len(seen["history"]) for seen in replayed] == [len(seen["history"]) for seen in recorded]


def test_digest_authentication(path: Path, upstream: Upstream) -> None:
    def act() -> Any:
        with client(auth=httpx.DigestAuth(USER, PASSWORD)) as http:
            response = http.get(upstream.url + "/auth/digest")
        return response.text, [earlier.status_code for earlier in response.history]

    assert same_three_ways(act, path, upstream) == ("welcome", [401])


class TokenAuth(httpx.Auth):
    """Asks for a token with a request of its own, and reads the answer."""

    requires_response_body = True

    def __init__(self, url: str) -> None:
        self.url = url

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        answer = yield httpx.Request("POST", self.url + "/login", json={"user": USER, "password": PASSWORD})
        request.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield request


def test_an_authentication_flow_with_a_request_of_its_own(path: Path, upstream: Upstream) -> None:
    def act() -> int:
        with client(auth=TokenAuth(upstream.url)) as http:
            return http.get(upstream.url + "/echo?secured=1").status_code

    assert same_three_ways(act, path, upstream) == 200
    assert len(exchanges(path)) == 2


def test_event_hooks_see_each_hop(path: Path, upstream: Upstream) -> None:
    def act() -> list[str]:
        seen: list[str] = []
        hooks = {
            "request": [lambda request: seen.append(f"> {request.url.path}")],
            "response": [lambda response: seen.append(f"< {response.status_code} {response.is_closed}")],
        }
        with client(event_hooks=hooks, follow_redirects=True) as http:
            http.get(upstream.url + "/redirect/2")
        return seen

    assert same_three_ways(act, path, upstream) == [
        *("> /redirect/2", "< 302 False", "> /redirect/1", "< 302 False", "> /text", "< 200 False")
    ]


def test_an_error_that_an_event_hook_raises(path: Path, upstream: Upstream) -> None:
    def act() -> str:
        with client(event_hooks={"response": [lambda response: response.raise_for_status()]}) as http:
            with pytest.raises(httpx.HTTPStatusError) as error:
                http.get(upstream.url + "/unavailable")
        return str(error.value)

    assert "503 Service Unavailable" in same_three_ways(act, path, upstream)


def test_too_many_redirects(path: Path, upstream: Upstream) -> None:
    def act() -> str:
        with client(max_redirects=2, follow_redirects=True) as http, pytest.raises(httpx.TooManyRedirects) as error:
            http.get(upstream.url + "/redirect/5")
        return f"{error.value} {error.value.request.url}"

    same_three_ways(act, path, upstream)


def test_cookies_are_kept_between_calls(path: Path, upstream: Upstream) -> None:
    def act() -> Any:
        with client() as http:
            http.get(upstream.url + "/cookies/set?theme=dark")
            return http.get(upstream.url + "/cookies").json(), dict(http.cookies)

    plain = same_three_ways(act, path, upstream, redact=DEFAULT.also(keep=["cookie", "setcookie"]))
    assert plain == ({"theme": "dark"}, {"theme": "dark"})


# --- transports ---


def test_http2(path: Path, upstream: Upstream) -> None:
    def act() -> Any:
        with client(http1=False, http2=True) as http:
            return [
                told(http.get(upstream.url + "/json"), None),
                told(http.post(upstream.url + "/echo", content=iter([b"a", b"b"])), None),
            ]

    assert {seen["http_version"] for seen in same_three_ways(act, path, upstream)} == {"HTTP/2"}


@pytest.mark.asyncio
async def test_http2_streams_side_by_side_in_one_connection(path: Path, upstream: Upstream) -> None:
    async def act() -> list[int]:
        async with aclient(http1=False, http2=True) as http:
            answers = await asyncio.gather(*[http.get(upstream.url + "/counter?of=10") for _ in range(10)])
        return [answer.json()["n"] for answer in answers]

    with timetracer.record(path):
        recorded = await act()
    upstream.stop()
    with timetracer.replay(path, strict=True):
        assert await act() == recorded


def test_a_proxy(path: Path, upstream: Upstream) -> None:
    """The upstream is asked for another host's URL, as a proxy is."""

    def act() -> Any:
        with client(proxy=upstream.url) as http:
            return told(http.get("http://shop.example/echo?a=1"), None)

    assert '"target": "http://shop.example/echo?a=1"' in same_three_ways(act, path, upstream)["text"]
    assert exchanges(path)[0].request["url"] == "http://shop.example/echo?a=1"


def test_a_proxy_that_is_not_there(path: Path, upstream: Upstream) -> None:
    def act() -> Any:
        with client(proxy="http://127.0.0.1:1") as http, pytest.raises(httpx.ConnectError) as error:
            http.get("http://shop.example/")
        return str(error.value), str(error.value.request.url)

    same_three_ways(act, path, upstream)


def test_retries_of_the_transport_are_one_exchange(path: Path, upstream: Upstream) -> None:
    def act() -> Any:
        with client(transport=httpx.HTTPTransport(retries=1)) as http, pytest.raises(httpx.ConnectError) as error:
            http.get("http://127.0.0.1:1/")
        return str(error.value)

    same_three_ways(act, path, upstream)
    assert len(exchanges(path)) == 1


def test_a_full_pool(path: Path, upstream: Upstream) -> None:
    def act() -> Any:
        with httpx.Client(limits=httpx.Limits(max_connections=1), trust_env=False) as http:
            with http.stream("GET", upstream.url + "/held") as first:
                chunks = first.iter_raw()
                next(chunks)
                with pytest.raises(httpx.PoolTimeout) as error:
                    http.get(upstream.url + "/text", timeout=httpx.Timeout(PATIENCE, pool=0.01))
        return str(error.value), error.value.request.url.path

    same_three_ways(act, path, upstream)


async def app(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"from the app"})


class Custom(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"custom")


@pytest.mark.asyncio
async def test_transports_that_open_no_socket_are_not_touched(path: Path) -> None:
    mock = httpx.MockTransport(lambda request: httpx.Response(200, content=b"mock"))

    async def act() -> list[bytes]:
        seen = []
        for transport in (mock, Custom(), httpx.WSGITransport(app=wsgi)):
            with client(transport=transport) as http:
                seen.append(http.get("http://shop.example/").content)
        for atransport in (mock, httpx.ASGITransport(app=app)):
            async with aclient(transport=atransport) as ahttp:
                seen.append((await ahttp.get("http://shop.example/")).content)
        return seen

    expected = [b"mock", b"custom", b"from wsgi", b"mock", b"from the app"]
    with timetracer.record(path):
        assert await act() == expected
    assert exchanges(path) == []
    with timetracer.replay(path) as block:
        assert await act() == expected
    assert block.verdict.played == 0


def wsgi(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [b"from wsgi"]


class Named(httpx.HTTPTransport):
    """Passes the request by its name."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return super().handle_request(request=request)


@pytest.mark.parametrize("content", [b"whole", None])
def test_a_real_transport_with_a_layer_of_the_apps(content: bytes | None, path: Path, upstream: Upstream) -> None:
    def act() -> Any:
        with client(transport=Named()) as http:
            return told(http.post(upstream.url + "/echo", content=content or iter([b"a", b"b"])), None)

    same_three_ways(act, path, upstream)
    assert exchanges(path)[0].request_body == content or b"ab"
