"""What passes through httpx's real transports: streams, bodies, callers who give up, calls that are let through."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.utils import suppress_instrumentation

import timetracer
from conformance.http_calls import Call, Conversation
from conformance.of_httpx import hold
from conformance.three_ways import PATIENCE, aclient, client, exchanges, same_three_ways
from conformance.tracing import Watched, reset_global_provider
from services.upstream import Upstream
from timetracer import FailedVerdict
from timetracer.cassette import files
from timetracer.errors import ReplayError
from timetracer.replaying import session as replaying

# --- streams: nothing is drained, nothing is held back ---


def test_the_first_chunk_is_there_while_the_server_holds_the_second(path: Path, upstream: Upstream) -> None:
    with timetracer.record(path), client() as http, http.stream("GET", upstream.url + "/held") as response:
        lines = response.iter_lines()
        assert next(lines) == "data: 0"
        upstream.release()
        assert list(lines) == ["", "data: 1", ""]
    assert [length for length, _ in exchanges(path)[0].chunks or []] == [9, 9]


@pytest.mark.asyncio
async def test_the_first_chunk_is_there_while_the_server_holds_the_second_async(path: Path, upstream: Upstream) -> None:
    async with timetracer.record(path), aclient() as http, http.stream("GET", upstream.url + "/held") as response:
        chunks = response.aiter_raw()
        assert await anext(chunks) == b"data: 0\n\n"
        upstream.release()
        assert [chunk async for chunk in chunks] == [b"data: 1\n\n"]


def test_a_request_body_is_sent_as_it_is_made(path: Path) -> None:
    """The second part is made only after the server has the first."""
    first_is_there = threading.Event()

    def parts() -> Iterator[bytes]:
        yield b"first"
        assert first_is_there.wait(PATIENCE)
        yield b"second"

    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                received = b""
                while b"second" not in received:
                    received += connection.recv(65536)
                    if b"first" in received:
                        first_is_there.set()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        with timetracer.record(path), client() as http:
            http.post(f"http://127.0.0.1:{server.getsockname()[1]}/", content=parts())
        thread.join()
    assert exchanges(path)[0].request_body == b"firstsecond"


def test_one_event_is_read_and_the_stream_closed_early(path: Path, upstream: Upstream) -> None:
    def act() -> Any:
        return hold(Conversation((Call("/held", read="lines", pieces=1),)), upstream.url)

    with timetracer.record(path):
        recorded = act()
    assert upstream.gone == ["/held"], "the connection was given back to nobody"
    upstream.stop()
    with timetracer.replay(path, strict=True):
        assert act() == recorded
    assert recorded[0]["pieces"] == ["data: 0"]
    assert (exchanges(path)[0].response or {})["abandoned"] is True


@pytest.mark.parametrize("swallowed", [False, True])
def test_who_reads_on_where_the_recorded_caller_had_stopped_is_told(
    swallowed: bool, path: Path, upstream: Upstream
) -> None:
    with timetracer.record(path), client() as http, http.stream("GET", upstream.url + "/held") as response:
        next(response.iter_raw())
    upstream.stop()
    with pytest.raises(FailedVerdict if swallowed else ReplayError, match="the recording ends here"):
        with timetracer.replay(path), contextlib.suppress(*[Exception][: int(swallowed)]), client() as http:
            http.get(upstream.url + "/held")


def test_a_body_cannot_be_read_twice(path: Path, upstream: Upstream) -> None:
    def act() -> str:
        with client() as http, http.stream("GET", upstream.url + "/text") as response:
            list(response.iter_raw())
            with pytest.raises(httpx.StreamConsumed) as error:
                list(response.iter_raw())
        return str(error.value)

    same_three_ways(act, path, upstream)


def test_a_body_over_the_limit_reaches_the_app_and_not_the_cassette(path: Path, upstream: Upstream) -> None:
    url = upstream.url + "/big?bytes=5000"
    with timetracer.record(path, max_body_bytes=1000), client() as http:
        assert len(http.get(url).content) == 5000
    assert exchanges(path)[0].response_body == b""
    upstream.stop()
    with pytest.raises(FailedVerdict), timetracer.replay(path, max_body_bytes=1000), client() as http:
        with pytest.raises(ReplayError, match=r"without its body of 5000 bytes.*TIMETRACER_MAX_BODY_BYTES"):
            http.get(url)


def test_a_long_request_body_is_recognised_by_its_length(path: Path, upstream: Upstream) -> None:
    def act() -> int:
        with client() as http:
            return int(http.post(upstream.url + "/text", content=b"x" * 5000).status_code)

    assert same_three_ways(act, path, upstream, max_body_bytes=1000) == 200


# --- request bodies ---


def test_a_multipart_boundary_is_noise(path: Path, upstream: Upstream) -> None:
    def send() -> bytes:
        with client() as http:
            return http.post(upstream.url + "/login", data={"user": "ada"}, files={"f": b"x"}).request.content

    with timetracer.record(path), client() as http:
        http.post(upstream.url + "/text", files={"f": ("f.txt", b"content")})
    with timetracer.replay(path, strict=True) as block, client() as http:
        assert http.post(upstream.url + "/text", files={"f": ("f.txt", b"content")}).status_code == 200
    assert [reasons for _, reasons in block.verdict.relaxed] == [("multipart boundary",)]


def test_the_apps_own_error_in_a_generated_body(path: Path, upstream: Upstream) -> None:
    def parts() -> Iterator[bytes]:
        yield b"one"
        raise LookupError("no more parts")

    def act() -> str:
        with client() as http, pytest.raises(LookupError) as error:
            http.post(upstream.url + "/echo", content=parts())
        return str(error.value)

    assert act() == "no more parts"
    with timetracer.record(path):
        assert act() == "no more parts"
    with timetracer.replay(path):
        assert act() == "no more parts"


def test_the_apps_request_keeps_its_own_stream(path: Path, upstream: Upstream) -> None:
    def act() -> list[str]:
        with client() as http:
            request = http.build_request("POST", upstream.url + "/echo", content=iter([b"a", b"b"]))
            stream = request.stream
            response = http.send(request)
            assert response.request is request
            assert request.stream is stream
            return [type(request.stream).__name__, response.json()["body"]]

    same_three_ways(act, path, upstream)


@pytest.mark.parametrize("body", [lambda: {"content": iter([b"a", b"b"])}, lambda: {"files": {"f": b"x"}}])
def test_a_body_that_nobody_read_because_the_connection_failed_and_the_retry(
    body: Callable[[], dict[str, Any]], path: Path, upstream: Upstream
) -> None:
    """While recording, the first call's body is not even begun; of two calls with one URL the first fails again."""

    def attempt(http: httpx.Client) -> str:
        try:
            return f"{http.post(upstream.url + '/text', **body()).status_code}"
        except httpx.ConnectError as error:
            return str(error)

    def act() -> list[str]:
        upstream.stop()
        with client() as http:
            failed = attempt(http)
            upstream.restart()
            return [failed, attempt(http)]

    with timetracer.record(path):
        recorded = act()
    with timetracer.replay(path, strict=True):
        assert act() == recorded
    assert upstream.calls == []
    assert [exchange.request.get("unread") for exchange in exchanges(path)] == [True, None]


# --- giving up ---


@pytest.mark.asyncio
@pytest.mark.parametrize("target", ["/hangs", "/hangs/body"])
async def test_a_call_that_its_caller_gave_up(target: str, path: Path, upstream: Upstream) -> None:
    async def act() -> list[bytes]:
        chunks: list[bytes] = []

        async def call() -> None:
            async with aclient() as http, http.stream("GET", upstream.url + target) as response:
                async for chunk in response.aiter_raw():
                    chunks.append(chunk)  # noqa: PERF401 - one by one: it does not come to the end

        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(call(), 0.2)
        return chunks

    with timetracer.record(path):
        recorded = await act()
    upstream.stop()
    with timetracer.replay(path, strict=True):
        assert await act() == recorded
    assert recorded == ([] if target == "/hangs" else [b"chunk 0\n"])


@pytest.mark.asyncio
async def test_who_does_not_give_up_again_is_told(
    path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "PATIENCE", 0.0)
    async with aclient() as http:
        with timetracer.record(path), pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(http.get(upstream.url + "/hangs"), 0.05)
        with pytest.raises(FailedVerdict), timetracer.replay(path):
            with pytest.raises(ReplayError, match="did not wait"):
                await http.get(upstream.url + "/hangs")


# --- traced otherwise ---


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_client_that_is_traced_by_itself(
    everywhere: bool, path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transport is wrapped, not the class; with both, the exchange sits on the inner of two spans."""
    reset_global_provider(monkeypatch)
    tracing = HTTPXClientInstrumentor()

    def act() -> bytes:
        with client() as http:
            tracing.instrument_client(http)
            return http.get(upstream.url + "/text").content

    if everywhere:
        tracing.instrument()
    try:
        with timetracer.record(path):
            trace.set_tracer_provider(Watched().provider)
            recorded = act()
        upstream.stop()
        with timetracer.replay(path, strict=True):
            assert act() == recorded
    finally:
        if everywhere:
            tracing.uninstrument()
    spans = [span for cassette in files.read(path) for span in cassette.spans]
    assert [span.exchange is not None for span in spans] == ([False, True] if everywhere else [True])
    assert spans[-1].parent_id == (spans[0].span_id if everywhere else "")


# --- looking away ---


def test_suppressed_calls_pass(path: Path, upstream: Upstream) -> None:
    """OpenTelemetry's own exporters send under that flag."""
    with timetracer.record(path), suppress_instrumentation(), client() as http:
        http.get(upstream.url + "/text")
    assert exchanges(path) == []
    with timetracer.replay(path) as block, suppress_instrumentation(), client() as http:
        assert http.get(upstream.url + "/text").status_code == 200
    assert block.verdict.played == 0


def test_live_calls_go_out(path: Path, upstream: Upstream) -> None:
    with timetracer.record(path), client() as http:
        http.get(upstream.url + "/counter")
    with timetracer.replay(path, live=["httpx"]), client() as http:
        assert http.get(upstream.url + "/counter").json() == {"n": 2}


def test_what_the_cassette_says_of_a_call(path: Path, upstream: Upstream) -> None:
    with timetracer.record(path), client() as http:
        http.get(
            upstream.url + "/json?a=1", headers={"X-One": "1", "traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01"}
        )
    (exchange,) = exchanges(path)
    assert exchange.key == f"GET {upstream.url}/json"
    assert exchange.request["url"] == f"{upstream.url}/json?a=1"
    assert [name for name, _ in exchange.request["headers"]] == [  # type: ignore[union-attr,misc]
        *("Host", "Accept", "Accept-Encoding", "Connection", "User-Agent", "X-One")
    ]
    assert exchange.response == {
        "status": 200,
        "headers": [["Content-Type", "application/json"], ["Content-Length", "55"]],
        "http_version": "HTTP/1.1",
        "reason_phrase": "OK",
    }
    assert exchange.chunks is None
    assert exchange.started < exchange.ended
