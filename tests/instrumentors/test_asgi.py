"""What enters a FastAPI or Starlette app and what it answers: the same without us, recording and replaying."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.requests import ClientDisconnect

from conformance.three_ways import PATIENCE
from conformance.whole_process import inbound, kept, watched
from services.serving import EDGE, MULTIPART, exchange, message, served

# --- what the app sees ---

reporter = FastAPI()


@reporter.api_route("/report", methods=["GET", "POST", "PUT", "DELETE"])
async def report(request: Request) -> dict[str, Any]:
    """Everything that came in."""
    body = await request.body()
    return {
        "method": request.method,
        "path": request.scope["path"],
        "raw_path": request.scope["raw_path"].decode("latin-1"),
        "query": request.scope["query_string"].decode("latin-1"),
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.scope["headers"]],
        "length": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }


@reporter.post("/form")
async def form(request: Request) -> list[Any]:
    """The fields of a form, files with their names and content."""
    async with request.form() as fields:
        return [
            [
                name,
                value if isinstance(value, str) else [value.filename, value.content_type, (await value.read()).hex()],
            ]
            for name, value in fields.multi_items()
        ]


@reporter.post("/pieces")
async def pieces(request: Request) -> dict[str, Any]:
    seen = [chunk async for chunk in request.stream()]
    return {"sha256": hashlib.sha256(b"".join(seen)).hexdigest(), "last": seen[-1].decode()}


FORM = ("Content-Type", "application/x-www-form-urlencoded")

INBOUND = {
    "GET": message("GET", "/report?a=1&b=%20&c=%C3%BC"),
    "DELETE": message("DELETE", "/report"),
    "path": message("GET", "/report", b"", ("X-Empty", ""), ("Cookie", "a=1; b=2")),
    "form": message("POST", "/form", b"a=1&b=%C3%A9&b=2&empty=", FORM),
    "multipart": message("POST", "/form", MULTIPART, ("Content-Type", f"multipart/form-data; boundary={EDGE}")),
    "binary": message("PUT", "/report", bytes(range(256)) * 100),
    "empty POST": message("POST", "/report"),
    "{}": message("POST", "/report", b"{}", ("Content-Type", "application/json")),
    "5 MB JSON": message(
        "POST", "/report", b'{"x": "%b"}' % (b"0123456789" * 500_000), ("Content-Type", "application/json")
    ),
    "Latin-1 headers": message("POST", "/report", b"{}", ("X-Name", "Zo\u00eb"), ("X-Name", "again")),
    "chunked": message("POST", "/report", b"", ("Transfer-Encoding", "chunked")).replace(b"Content-Length: 0\r\n", b"")
    + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    "not found": message("GET", "/nowhere"),
    "not allowed": message("PUT", "/form"),
}


@pytest.mark.parametrize("name", INBOUND)
def test_requests_reach_the_app_byte_for_byte(name: str, where: Path) -> None:
    def run() -> bytes:
        with served(reporter) as port:
            return undated(exchange(port, INBOUND[name]))

    plain = run()
    with watched("record", where):
        assert run() == plain
    with watched("replay", where):
        assert run() == plain
    head, _, body = INBOUND[name].partition(b"\r\n\r\n")
    recorded = inbound(kept(where)[0])
    assert f"{recorded.request['method']} " == head.partition(b"/")[0].decode()
    if name in {"form", "multipart", "binary", "5 MB JSON", "{}"}:
        assert recorded.request_body == body
    assert ("unread" in recorded.request) == (name == "not allowed")
    if name == "chunked":
        assert recorded.request_body == b"abcde"
    assert (recorded.response_body or b"") in plain


def undated(answer: bytes) -> bytes:
    """Without the date that uvicorn puts on each answer."""
    return b"\r\n".join(line for line in answer.split(b"\r\n") if not line.startswith(b"date: "))


def test_a_client_that_leaves_within_its_body(where: Path) -> None:
    left: list[str] = []
    gone = threading.Event()
    app = FastAPI()

    @app.post("/upload")
    async def upload(request: Request) -> None:
        try:
            await request.body()
        except ClientDisconnect:
            left.append("disconnected")
            gone.set()

    for mode in ("off", "record", "replay"):
        gone.clear()
        with watched(mode, where), served(app) as port:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(b"POST /upload HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\nhalf")
            assert gone.wait(PATIENCE)
    assert left == ["disconnected"] * 3
    assert inbound(kept(where)[0]).request["unread"] is True
    assert inbound(kept(where)[0]).request_body == b"half"


# --- what the client sees ---


def answers(tmp_path: Path) -> FastAPI:
    app = FastAPI()
    (tmp_path / "page.html").write_text("<p>page</p>" * 1000)

    @app.get("/text")
    def text() -> Response:
        return PlainTextResponse("Gr\u00fc\u00dfe", headers={"X-Name": "Zo\u00eb"})

    @app.get("/cookies")
    def cookies() -> Response:
        response = Response(b"\x00\xff", media_type="image/png")
        response.set_cookie("theme", "dark")
        response.set_cookie("lang", "de")
        return response

    @app.get("/pieces")
    async def stream() -> Response:
        async def parts() -> AsyncIterator[bytes]:
            for part in (b"one", b"", b"two"):
                yield part

        return StreamingResponse(parts())

    @app.get("/file")
    def file() -> Response:
        return FileResponse(tmp_path / "page.html")

    @app.delete("/nothing", status_code=204)
    def nothing() -> None: ...

    @app.get("/refused")
    def refused() -> None:
        raise HTTPException(418, {"reason": "teapot"})

    @app.get("/broken")
    def broken() -> None:
        raise ZeroDivisionError("app")

    return app


@pytest.mark.parametrize(
    ("target", "method"),
    [
        *[(path, "GET") for path in ("/text", "/cookies", "/pieces", "/file", "/refused", "/broken")],
        ("/nothing", "DELETE"),
    ],
)
@pytest.mark.parametrize("layered", [False, True])
def test_answers_reach_the_client_byte_for_byte(
    target: str, method: str, layered: bool, where: Path, tmp_path: Path
) -> None:
    app = answers(tmp_path)
    if layered:

        @app.middleware("http")
        async def through(request: Request, go_on: Callable[..., Any]) -> Any:
            return await go_on(request)

    def run() -> bytes:
        with served(app) as port:
            return undated(exchange(port, message(method, target)))

    plain = run()
    with watched("record", where):
        assert run() == plain
    with watched("replay", where):
        assert run() == plain
    (cassette,) = kept(where)
    recorded = inbound(cassette)
    assert recorded.response is not None
    assert recorded.response["status"] == int(plain[9:12])
    assert b"0\r\n\r\n" in plain or plain.endswith(recorded.response_body or b"")
    assert (recorded.error is not None) == (target == "/broken")


def test_the_first_chunk_leaves_while_the_app_holds_the_second(where: Path) -> None:
    app = FastAPI()
    seen_first = threading.Event()

    @app.get("/events")
    async def events() -> Response:
        async def parts() -> AsyncIterator[bytes]:
            yield b"data: 0\n\n"
            assert await asyncio.to_thread(seen_first.wait, PATIENCE)
            yield b"data: 1\n\n"

        return StreamingResponse(parts(), media_type="text/event-stream")

    with watched("record", where), served(app) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            connection.sendall(message("GET", "/events"))
            received = b""
            while b"data: 0\n\n" not in received:
                received += connection.recv(65536)
            assert b"data: 1" not in received
            seen_first.set()
            while not received.endswith(b"0\r\n\r\n"):
                received += connection.recv(65536)
    recorded = inbound(kept(where)[0])
    assert recorded.response_body == b"data: 0\n\ndata: 1\n\n"
    assert [length for length, _ in recorded.chunks or []] == [9, 9]


def test_a_body_is_read_as_it_arrives(where: Path) -> None:
    """The app has the first part while the client keeps the second."""
    app = FastAPI()
    has_first = threading.Event()

    @app.post("/upload")
    async def upload(request: Request) -> str:
        body = b""
        async for chunk in request.stream():
            body += chunk
            has_first.set()
        return body.decode()

    with watched("record", where), served(app) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            connection.sendall(message("POST", "/upload", b"firstlater").removesuffix(b"later"))
            assert has_first.wait(PATIENCE)
            connection.sendall(b"later")
            assert b'"firstlater"' in b"".join(iter(lambda: connection.recv(65536), b""))
