"""httpx as two subjects: its synchronous and its asynchronous client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

from conformance.http_calls import ANSWERS, FAILURES, Call, Conversation
from conformance.subject import Act, Seen, Subject
from timetracer_instrumentors.httpx import INSTRUMENTOR

PATIENCE = 20.0
"""s that a call may take. No test waits so long."""
OF_THE_CONNECTION = {"network_stream", "stream_id"}
"""Extensions that tell of a connection; a replay has none."""


def told(response: httpx.Response, pieces: list[Any] | None) -> Seen:
    """Everything that an app can see of a response."""
    seen = {
        "status": response.status_code,
        "reason": response.reason_phrase,
        "http_version": response.http_version,
        "headers": response.headers.raw,
        "encoding": response.encoding,
        "cookies": sorted((cookie.name, cookie.value, cookie.path) for cookie in response.cookies.jar),
        "url": str(response.url),
        "history": [told(earlier, None) for earlier in response.history],
        "next": str(response.next_request.url) if response.next_request else None,
        "extensions": {k: v for k, v in response.extensions.items() if k not in OF_THE_CONNECTION},
        "request": sent(response.request),
        "timed": response.elapsed.total_seconds() >= 0,
        "closed": response.is_closed,
        "consumed": response.is_stream_consumed,
        "downloaded": response.num_bytes_downloaded,
        "pieces": pieces,
    }
    return seen if pieces is not None else {**seen, "content": response.content, "text": response.text}


def sent(request: httpx.Request) -> Seen:
    body = request.content if hasattr(request, "_content") else type(request.stream).__name__
    return (request.method, str(request.url), request.headers.raw, body, sorted(request.extensions))


def failed(error: BaseException, pieces: list[Any]) -> Seen:
    request = sent(error.request) if isinstance(error, httpx.RequestError) else None
    return {"error": type(error), "text": str(error), "args": error.args, "request": request, "pieces": pieces}


def target(call: Call, url: str) -> str:
    return call.path.replace("tls:", url.replace("http:", "https:")) if ":" in call.path else url + call.path


def hold(conversation: Conversation, url: str) -> list[Seen]:
    """The conversation, with a synchronous client."""
    with httpx.Client(timeout=PATIENCE, trust_env=False, **conversation.client()) as client:
        return [make(client, call, url) for call in conversation.calls]


def make(client: httpx.Client, call: Call, url: str) -> Seen:
    options = dict(call.options())
    pieces: list[Any] = []
    if call.parts is not None:
        options["content"] = generated(call.parts)
    try:
        if call.read == "whole":
            return told(client.request(call.method, target(call, url), **options), None)
        with client.stream(call.method, target(call, url), **options) as response:
            if call.read != "none":
                for piece in getattr(response, f"iter_{call.read}")():
                    pieces.append(piece)
                    if len(pieces) == call.pieces:
                        break
        return told(response, pieces)
    except httpx.HTTPError as error:
        return failed(error, pieces)


def generated(parts: tuple[bytes, ...]) -> Iterator[bytes]:
    yield from parts


async def ahold(conversation: Conversation, url: str) -> list[Seen]:
    """The conversation, with an asynchronous client."""
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False, **conversation.client()) as client:
        return [await amake(client, call, url) for call in conversation.calls]


async def amake(client: httpx.AsyncClient, call: Call, url: str) -> Seen:
    options = dict(call.options())
    pieces: list[Any] = []
    if call.parts is not None:
        options["content"] = agenerated(call.parts)
    try:
        if call.read == "whole":
            return told(await client.request(call.method, target(call, url), **options), None)
        async with client.stream(call.method, target(call, url), **options) as response:
            if call.read != "none":
                async for piece in getattr(response, f"aiter_{call.read}")():
                    pieces.append(piece)
                    if len(pieces) == call.pieces:
                        break
        return told(response, pieces)
    except httpx.HTTPError as error:
        return failed(error, pieces)


async def agenerated(parts: tuple[bytes, ...]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


# --- once, together, otherwise ---

ONCE = {"method": "POST", "url": "/echo?page=1", "json": {"name": "Ada", "items": [1, 2]}, "headers": {"X-Shop": "one"}}
OTHERS: dict[str, dict[str, Any]] = {
    "request.body.name": {"json": {"name": "Bea", "items": [1, 2]}},
    "request.query.page": {"url": "/echo?page=2"},
    "request.query.more": {"url": "/echo?page=1&more=1"},
    "request.body.items[1]": {"json": {"name": "Ada", "items": [1, 3]}},
    "request.headers.x-shop": {"headers": {"X-Shop": "two"}},
    "request.method": {"method": "PUT"},
    "request.path": {"url": "/text?page=1"},
}


def single(change: dict[str, Any], url: str) -> Seen:
    options = {**ONCE, **change}
    with httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as client:
        return client.request(**options).content


def asingle(change: dict[str, Any], url: str) -> Seen:
    async def call() -> Seen:
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False) as client:
            return (await client.request(**{**ONCE, **change})).content

    return asyncio.run(call())


def same(url: str, count: int) -> list[Seen]:
    with httpx.Client(timeout=PATIENCE, trust_env=False) as client, ThreadPoolExecutor(count) as threads:
        return [r.json()["n"] for r in threads.map(client.get, [f"{url}/counter?of={count}"] * count)]


def asame(url: str, count: int) -> list[Seen]:
    async def calls() -> list[Seen]:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            answers = await asyncio.gather(*[client.get(f"{url}/counter?of={count}") for _ in range(count)])
        return [answer.json()["n"] for answer in answers]

    return asyncio.run(calls())


def distinct(url: str, count: int) -> list[tuple[Seen, Seen]]:
    targets = [f"/echo?n={number}" for number in range(count)]
    with httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as client, ThreadPoolExecutor(count) as threads:
        return list(zip(targets, [r.json()["target"] for r in threads.map(client.get, targets)], strict=True))


def adistinct(url: str, count: int) -> list[tuple[Seen, Seen]]:
    async def one(target: str) -> Seen:
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False) as client:
            return (await client.get(target)).json()["target"]

    targets = [f"/echo?n={number}" for number in range(count)]
    with ThreadPoolExecutor(count) as threads:
        return list(zip(targets, threads.map(lambda target: asyncio.run(one(target)), targets), strict=True))


# --- the subjects ---


def _traced(asynchronous: bool) -> tuple[Act, ...]:
    calls = {**ANSWERS, **FAILURES}
    names = ("chunked", "reset", "dies within chunks")
    once = partial(asingle if asynchronous else single, {})
    return (once, *_acts({name: calls[name] for name in names}, asynchronous).values())


def _acts(conversations: dict[str, Conversation], asynchronous: bool) -> dict[str, Act]:
    if asynchronous:
        return {name: partial(_arun, each) for name, each in conversations.items()}
    return {name: partial(hold, each) for name, each in conversations.items()}


def _arun(conversation: Conversation, url: str) -> list[Seen]:
    return asyncio.run(ahold(conversation, url))


SYNC = Subject(
    name="httpx.Client",
    instrumentor=INSTRUMENTOR,
    tracing=HTTPXClientInstrumentor,
    acts=_acts(ANSWERS, asynchronous=False),
    failures=_acts(FAILURES, asynchronous=False),
    traced=_traced(asynchronous=False),
    once=partial(single, {}),
    others={name: partial(single, change) for name, change in OTHERS.items()},
    same=same,
    distinct=distinct,
    ordered=False,
)
ASYNC = Subject(
    name="httpx.AsyncClient",
    instrumentor=INSTRUMENTOR,
    tracing=HTTPXClientInstrumentor,
    acts=_acts(ANSWERS, asynchronous=True),
    failures=_acts(FAILURES, asynchronous=True),
    traced=_traced(asynchronous=True),
    once=partial(asingle, {}),
    others={name: partial(asingle, change) for name, change in OTHERS.items()},
    same=asame,
    distinct=adistinct,
    ordered=True,
)
