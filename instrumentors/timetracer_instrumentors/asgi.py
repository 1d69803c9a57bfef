"""ASGI: every HTTP request that enters a Starlette or FastAPI application.

The seam is the application itself, outside every middleware: what is recorded is what the client sent and saw. Messages
are those of https://asgi.readthedocs.io/en/latest/specs/www.html; each is passed on as it is, when it comes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from timetracer.recording.tape import Tape
from timetracer.seams.declaration import Message, ServerSeam
from timetracer_instrumentors import inbound

Event: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]
Call: TypeAlias = "tuple[Any, Event, Receive, Send]"


def request(_app: Any, scope: Event, _receive: Receive, _send: Send) -> Message | None:
    """None for a lifespan and for a WebSocket, which are no requests with one answer."""
    if scope["type"] != "http":
        return None
    headers = list(scope["headers"])
    return Message((scope["method"], url(scope, headers), headers))


def url(scope: Event, headers: list[tuple[bytes, bytes]]) -> str:
    """The URL as the client wrote it: raw path and query, and the host header where there is one."""
    host = next((value.decode("latin-1") for name, value in headers if name == b"host"), "")
    if not host:
        server = scope.get("server") or ("", None)
        host = f"{server[0]}:{server[1]}" if server[1] else str(server[0])
    path = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string") or b""
    target = path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
    return f"{scope.get('scheme', 'http')}://{host}{target}"


def listen(call: Call, tape: Tape) -> Call:
    """The same call; the tape hears what the app is given and what it sends."""
    app, scope, receive, send = call
    body = tape.response_reel
    if not _has_body(scope):
        tape.request_reel.whole(b"")  # few apps wait for it

    async def heard_receive() -> Event:
        event = await receive()
        if event["type"] == "http.request":
            tape.request_reel.heard(event.get("body", b""))
            if not event.get("more_body", False):
                tape.request_reel.__exit__(None, None, None)
        return event

    async def heard_send(event: Event) -> None:
        if event["type"] == "http.response.start":
            tape.answered((event["status"], list(event.get("headers", ()))))
        elif event["type"] == "http.response.body":
            if chunk := event.get("body", b""):
                body.heard(chunk)
            if not event.get("more_body", False):
                # Before it is passed on: OpenTelemetry may end the span while it sends the last of the body.
                body.__exit__(None, None, None)
        await send(event)

    return app, scope, heard_receive, heard_send


async def receive(call: Call) -> tuple[Call, bytes]:
    """The whole body, and a call that receives the same messages again before it waits for later ones."""
    app, scope, receive, send = call
    events: list[Event] = []
    more = _has_body(scope)  # what the app might not do, nobody does who only wants to know that there is nothing
    while more:
        event = await receive()
        events.append(event)
        more = event["type"] == "http.request" and event.get("more_body", False)
    body = b"".join(event.get("body", b"") for event in events)
    waiting = iter(events)

    async def receive_again() -> Event:
        event = next(waiting, None)
        return await receive() if event is None else event

    return (app, scope, receive_again, send), body


def _has_body(scope: Event) -> bool:
    """Whether one may come: in HTTP/1 the headers say so (RFC 9112, section 6.3), later versions need not."""
    return not scope.get("http_version", "1.1").startswith("1") or any(
        name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"]
    )


def signed(serve: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def call(self: Any, scope: Event, receive: Receive, send: Send) -> None:
        await serve(self, scope, receive, send)

    return call


def seam(target: str) -> ServerSeam:
    """An application's own function."""
    return ServerSeam(target, request, listen, receive, signed)


INSTRUMENTOR = inbound.instrumentor(
    "starlette",
    (
        "opentelemetry.instrumentation.asgi",
        "opentelemetry.instrumentation.fastapi",
        "opentelemetry.instrumentation.starlette",
        "fastapi",  # its own tracing, in its later versions
    ),
    seam("starlette.applications:Starlette.__call__"),
)
