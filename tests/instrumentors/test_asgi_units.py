"""A request to a FastAPI or Starlette app as a unit of work: its calls, the apps within it, OpenTelemetry around it."""

from __future__ import annotations

import asyncio
import json
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import BackgroundTasks, FastAPI, WebSocket
from fastapi.responses import PlainTextResponse, Response
from opentelemetry import trace
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.starlette import StarletteInstrumentor
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Mount, Route

import timetracer
from conformance.three_ways import PATIENCE
from conformance.tracing import Watched, reset_global_provider, stop_time
from conformance.whole_process import inbound, kept, watched
from services.serving import exchange, message, served
from services.upstream import Upstream
from timetracer.cassette import files
from timetracer.cassette.model import Kind

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about the library that it is made of
    from starlette.testclient import TestClient

# --- units of work ---


def caller(url: str) -> FastAPI:
    """A service that calls another one, in each way that an app can."""
    app = FastAPI()
    pool = ThreadPoolExecutor(1)
    left_alone: set[asyncio.Task[None]] = set()
    app.state.later = threading.Event()

    async def ask(target: str) -> Any:
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False) as client:
            return (await client.get(target)).json()

    def ask_blocking(target: str) -> Any:
        with httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as client:
            return client.get(target).json()

    @app.get("/async/{number}")
    async def asynchronous(number: int) -> Any:
        return [number, await ask("/counter"), await ask("/counter")]

    @app.get("/sync/{number}")
    def synchronous(number: int) -> Any:
        return [number, ask_blocking("/counter")]

    @app.get("/pool")
    def pooled() -> Any:
        return pool.submit(ask_blocking, "/counter").result()

    @app.post("/ping")
    async def ping() -> Any:
        return await ask("/counter")

    async def afterwards() -> None:
        await ask("/counter?late")
        app.state.later.set()

    @app.get("/background")
    async def background(tasks: BackgroundTasks) -> Any:
        tasks.add_task(afterwards)
        return await ask("/counter")

    @app.get("/task")
    async def task() -> Any:
        found = asyncio.create_task(afterwards())
        left_alone.add(found)
        found.add_done_callback(left_alone.discard)
        return await ask("/counter")

    return app


def ask(port: int, target: str, method: str = "GET", body: bytes = b"") -> Any:
    return json.loads(exchange(port, message(method, target, body)).partition(b"\r\n\r\n")[2])


def test_each_request_is_a_cassette_of_its_own_and_is_served_from_it(where: Path, upstream: Upstream) -> None:
    targets = ["/async/1", "/sync/1", "/async/2", "/sync/2"]
    app = caller(upstream.url)
    with watched("record", where), served(app) as port:
        recorded = {target: ask(port, target) for target in targets}
    assert len(kept(where)) == 4
    assert [len(cassette.exchanges) for cassette in kept(where)] == [3, 2, 3, 2]
    upstream.stop()
    with watched("replay", where) as verdicts, served(app) as port:
        assert {target: ask(port, target) for target in reversed(targets)} == recorded
    assert (verdicts[0].played, verdicts[0].missed, verdicts[0].unplayed) == (6, [], [])


def test_the_same_request_again_is_served_in_the_order_of_recording(where: Path, upstream: Upstream) -> None:
    app = caller(upstream.url)
    with watched("record", where), served(app) as port:
        recorded = [ask(port, "/sync/1") for _ in range(3)]
    assert recorded == [[1, {"n": 1}], [1, {"n": 2}], [1, {"n": 3}]]
    upstream.stop()
    with watched("replay", where), served(app) as port:
        assert [ask(port, "/sync/1") for _ in range(3)] == recorded


def test_requests_at_once_stay_apart(where: Path, upstream: Upstream) -> None:
    targets = [f"/async/{number}" for number in range(20)]
    app = caller(upstream.url)

    def run() -> list[Any]:
        with served(app) as port, ThreadPoolExecutor(20) as clients:
            return list(clients.map(lambda target: ask(port, target), targets))

    with watched("record", where):
        recorded = run()
    assert [len(cassette.exchanges) for cassette in kept(where)] == [3] * 20
    upstream.stop()
    with watched("replay", where):
        assert run() == recorded


def test_an_app_that_reads_no_body(where: Path, upstream: Upstream) -> None:
    app = caller(upstream.url)
    with watched("record", where), served(app) as port:
        recorded = ask(port, "/ping", "POST", b'{"a": 1}')
    upstream.stop()
    with watched("replay", where), served(app) as port:
        assert ask(port, "/ping", "POST", b'{"a": 1}') == recorded
    assert inbound(kept(where)[0]).request["unread"] is True


@pytest.mark.parametrize("target", ["/background", "/task"])
def test_work_that_outlives_its_request_is_part_of_it(target: str, where: Path, upstream: Upstream) -> None:
    app = caller(upstream.url)
    for mode in ("record", "replay"):
        with watched(mode, where) as verdicts, served(app) as port:
            assert ask(port, target) == {"n": 1}
            assert app.state.later.wait(PATIENCE)
            app.state.later.clear()
        upstream.stop()
    (cassette,) = kept(where)
    assert [each.key.rpartition("/")[2] for each in cassette.exchanges][1:] == ["counter", "counter"]
    assert (verdicts[0].played, verdicts[0].missed) == (2, [])


def test_a_pool_that_knows_no_context_calls_outside_any_request(where: Path, upstream: Upstream) -> None:
    app = caller(upstream.url)
    with watched("record", where), served(app) as port:
        recorded = ask(port, "/pool")
    upstream.stop()
    with watched("replay", where) as verdicts, served(app) as port:
        assert ask(port, "/pool") == recorded
    assert (verdicts[0].played, verdicts[0].missed) == (1, [])


# --- apps in apps, other messages ---


async def page(request: Any) -> Response:
    return PlainTextResponse(request.url.path)


@pytest.mark.parametrize("kind", ["starlette", "fastapi", "middleware"])
def test_an_app_in_an_app_is_one_request(kind: str, where: Path) -> None:
    inner = Starlette(routes=[Route("/page", page)])
    if kind == "starlette":
        app: Any = Starlette(routes=[Mount("/inner", inner)])
    else:
        app = FastAPI()
        app.mount("/inner", inner)
    if kind == "middleware":
        app.add_middleware(BaseHTTPMiddleware, dispatch=lambda request, go_on: go_on(request))
    with watched("record", where), served(app) as port:
        assert exchange(port, message("GET", "/inner/page")).endswith(b"/inner/page")
    (cassette,) = kept(where)
    assert len(cassette.exchanges) == 1


def test_an_app_called_with_its_arguments_by_name(where: Path) -> None:
    inner = Starlette(routes=[Route("/page", page)])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await inner(scope=scope, receive=receive, send=send)

    with watched("record", where), served(app) as port:
        assert exchange(port, message("GET", "/page")).endswith(b"/page")
    assert len(kept(where)) == 1


def test_lifespans_and_websockets_pass(where: Path) -> None:
    app = FastAPI()

    @app.websocket("/talk")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text((await socket.receive_text()).upper())
        await socket.close()

    @app.get("/text")
    def text() -> str:
        return "text"

    for mode in ("record", "replay"):
        with watched(mode, where), TestClient(app) as client:
            assert client.get("/text").json() == "text"
            with client.websocket_connect("/talk") as connection:
                connection.send_text("loud")
                assert connection.receive_text() == "LOUD"
    (cassette,) = kept(where)
    assert inbound(cassette).key == "GET http://testserver/text"


def test_a_test_client_within_a_block(tmp_path: Path, upstream: Upstream) -> None:
    app = caller(upstream.url)
    path = tmp_path / "cassette.json"
    with timetracer.record(path), TestClient(app) as client:
        recorded = client.get("/async/1").json()
    upstream.stop()
    with timetracer.replay(path, strict=True), TestClient(app) as client:
        assert client.get("/async/1").json() == recorded
    assert [span.kind for cassette in files.read(path) for span in cassette.spans].count(Kind.SERVER) == 1


# --- OpenTelemetry ---


@pytest.mark.parametrize("way", ["fastapi", "native", "starlette", "outside", "none"])
def test_the_server_span_has_the_request_and_the_user_sees_the_same_spans(
    way: str, where: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``native``: FastAPI's own tracing, which its later versions have."""
    if way == "native":
        pytest.importorskip("fastapi.telemetry")

    def run(mode: str) -> list[dict[str, Any]]:
        reset_global_provider(monkeypatch)
        stop_time(monkeypatch)
        with watched(mode, where):
            seen = Watched()
            trace.set_tracer_provider(seen.provider)
            app: Any = Starlette(routes=[Route("/sync/1", page)])
            if way in {"fastapi", "native"}:
                app = caller(upstream.url)
            if way == "fastapi":
                FastAPIInstrumentor.instrument_app(app)
            elif way == "starlette":
                StarletteInstrumentor.instrument_app(app)
            elif way == "outside":
                app = OpenTelemetryMiddleware(app)
            with served(app) as port:
                exchange(port, message("GET", "/sync/1"))
        return sorted(timeless(seen.spans), key=lambda span: json.dumps(span["context"]))

    plain = run("off")
    assert run("record") == plain
    (cassette,) = kept(where)
    recorded = inbound(cassette)
    (server,) = [span for span in cassette.spans if span.exchange is recorded]
    scopes = {"none": "timetracer", "native": "fastapi"}
    assert server.scope.name.startswith(scopes.get(way, "opentelemetry.instrumentation."))
    assert cassette.root is server
    upstream.stop()
    assert run("replay") == plain


def timeless(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the client's and the server's ports, which are others each time."""
    for span in spans:
        for name in ("net.peer.port", "net.host.port", "http.url", "http.server_name", "http.host"):
            span["attributes"].pop(name, None)
    return spans
