"""AWS as two subjects: botocore and aiobotocore, as clients of a service whose operations are the upstream's routes."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import botocore.session
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader
from opentelemetry.instrumentation.botocore import AiobotocoreInstrumentor, BotocoreInstrumentor

from conformance.subject import Act, Seen, Subject
from timetracer_instrumentors.botocore import INSTRUMENTOR
from timetracer_instrumentors.botocore.aio import INSTRUMENTOR as AIO

PATIENCE = 20.0
"""s that a call may take. No test waits so long."""
MODELS = Path(__file__).parents[1] / "services" / "models"
ONCE = {"Path": "echo", "Query": {"page": "1"}, "Shop": "one"}
JSON_BODY = {"name": "Ada", "items": [1, 2]}


@dataclass(frozen=True)
class Call:
    """One operation, and how its answer is read.

    Args:
        path: the upstream's, with the query; a whole URL for one that is not the upstream's. ``tls:`` asks it for TLS.
        operation: named as the method.
        read: ``whole``, ``chunks``, ``lines``, ``none``; ``echo``: whole, without the headers, which have a signature.
        timeout: s to wait for an answer, and for more of it.
        body: makes the request's body.
        more: other parameters.
    """

    path: str
    operation: str = "get"
    read: str = "whole"
    timeout: float = PATIENCE
    body: Callable[[], Any] | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def at(self, url: str) -> tuple[str, dict[str, Any]]:
        """The endpoint, and the parameters."""
        whole = self.path.replace("tls:", url.replace("http:", "https:")) if ":" in self.path else f"{url}{self.path}"
        scheme, _, rest = whole.partition("://")
        host, _, path = rest.partition("/")
        path, _, query = path.partition("?")
        body = {"Body": self.body()} if self.body else {}
        pairs = dict(pair.split("=") for pair in query.split("&") if pair)
        return f"{scheme}://{host}", {"Path": path, "Query": pairs, **body, **self.more}


class File(io.BytesIO):
    """A file that tells no more of itself than that it can be read: it may not be iterated over."""

    def __iter__(self) -> Any:
        raise AssertionError("a file is read")


ANSWERS: dict[str, tuple[Call, ...]] = {
    **{
        name: (Call(path),)
        for name, path in {
            "text": "/text",
            "json": "/json",
            "odd json": "/json/odd",
            "every byte": "/bytes",
            "empty": "/empty",
            "until close": "/until-close",
            "etag": "/etag",
            "404": "/nowhere",
            "503": "/unavailable",
            "gzip": "/coded/gzip",
            "zstd": "/coded/zstd",
            "5 MB": "/big?bytes=5000000",
            "redirect": "/redirect/3",
        }.items()
    },
    "query": (Call("/echo?b=2&a=1", read="echo"),),
    "204": (Call("/status/204", "delete"),),
    "304": (Call("/etag", more={"IfNoneMatch": '"v1"'}),),
    "HEAD": (Call("/html", "head"),),
    "chunked": (Call("/stream?pause=0.01", read="chunks"),),
    "chunked, read whole": (Call("/stream?pause=0.01"),),
    "lines": (Call("/stream?pause=0.01", read="lines"),),
    "5 MB in chunks": (Call("/big?bytes=5000000", read="chunks"),),
    "not read": (Call("/text", read="none"),),
    "bytes": (Call("/echo", "post", "echo", body=lambda: bytes(range(256)) * 20),),
    "text sent": (Call("/echo", "post", "echo", body=lambda: "Grüße"),),
    "file": (Call("/echo", "put", "echo", body=lambda: File(b"one two three" * 10_000)),),
    "no body": (Call("/echo", "post", "echo"),),
    "same call twice": (Call("/counter"), Call("/counter"), Call("/counter")),
}
FAILURES: dict[str, tuple[Call, ...]] = {
    "no answer": (Call("/dies/silently"),),
    "reset": (Call("/dies/reset"),),
    "dies within the length": (Call("/dies/length"),),
    "dies within the length, streamed": (Call("/dies/length", read="chunks"),),
    "dies within chunks": (Call("/dies/chunked", read="chunks"),),
    "dies within chunks, lines": (Call("/dies/chunked", read="lines"),),
    "dies within chunks, whole": (Call("/dies/chunked"),),
    "not HTTP": (Call("/garbage"),),
    "time-out": (Call("/hangs", timeout=0.4),),
    "time-out within the body": (Call("/hangs/body", read="chunks", timeout=0.4),),
    "time-out, then success": (Call("/flaky", timeout=0.4), Call("/flaky")),
    "DNS": (Call("http://nowhere.invalid/"),),
    "refused": (Call("http://127.0.0.1:1/"),),
    "TLS": (Call("tls:/text"),),
}
OTHERS: dict[str, dict[str, Any]] = {
    "request.body.name": {"Body": json.dumps({**JSON_BODY, "name": "Bea"})},
    "request.query.page": {"Query": {"page": "2"}},
    "request.query.more": {"Query": {"page": "1", "more": "1"}},
    "request.body.items[1]": {"Body": json.dumps({**JSON_BODY, "items": [1, 3]})},
    "request.headers.x-shop": {"Shop": "two"},
    "request.operation": {"operation": "put"},
    "request.path": {"Path": "text"},
}


def options(url: str, timeout: float) -> dict[str, Any]:
    return {
        "service_name": "upstream",
        "endpoint_url": url,
        "region_name": "eu-west-1",
        "aws_access_key_id": "key",
        "aws_secret_access_key": "shh",
        "config": {"read_timeout": timeout, "retries": {"total_max_attempts": 1}, "max_pool_connections": 50},
    }


def taught(session: Any) -> Any:
    """A session that knows the upstream's service."""
    session.register_component("data_loader", Loader(extra_search_paths=[str(MODELS)]))
    return session


def client(url: str, timeout: float = PATIENCE) -> Any:
    """To be used in a ``with`` statement."""
    given = options(url, timeout)
    return closing(taught(botocore.session.Session()).create_client(**{**given, "config": Config(**given["config"])}))


def aclient(url: str, timeout: float = PATIENCE) -> Any:
    given = options(url, timeout)
    return taught(get_session()).create_client(**{**given, "config": AioConfig(**given["config"])})


def told(answer: dict[str, Any], pieces: list[Any]) -> Seen:
    body = answer.pop("Body")
    return {**answer, "body": type(body).__qualname__, "read": body.tell(), "pieces": pieces}


def unsigned(echo: bytes) -> Seen:
    return {name: value for name, value in json.loads(echo).items() if name != "headers"}


def failed(error: Exception, pieces: list[Any]) -> Seen:
    if isinstance(error, ClientError):
        return {"refused": type(error).__qualname__, "text": str(error), "response": error.response}
    return {"error": type(error), "text": str(error), "args": error.args, "pieces": pieces}


def hold(calls: tuple[Call, ...], url: str) -> list[Seen]:
    return [make(call, url) for call in calls]


def make(call: Call, url: str) -> Seen:
    endpoint, parameters = call.at(url)
    pieces: list[Any] = []
    with client(endpoint, call.timeout) as upstream:
        try:
            answer = getattr(upstream, call.operation)(**parameters)
            body = answer["Body"]
            if call.read == "whole":
                pieces.append(body.read())
            elif call.read == "echo":
                return unsigned(body.read())
            elif call.read != "none":
                pieces.extend(getattr(body, f"iter_{call.read}")())
            body.close()
            return told(answer, pieces)
        except (BotoCoreError, ClientError) as error:
            return failed(error, pieces)


async def ahold(calls: tuple[Call, ...], url: str) -> list[Seen]:
    return [await amake(call, url) for call in calls]


async def amake(call: Call, url: str) -> Seen:
    endpoint, parameters = call.at(url)
    pieces: list[Any] = []
    async with aclient(endpoint, call.timeout) as upstream:
        try:
            answer = await getattr(upstream, call.operation)(**parameters)
            body = answer["Body"]
            async with body:  # earlier ones give something else here
                if call.read == "whole":
                    pieces.append(await body.read())
                elif call.read == "echo":
                    return unsigned(await body.read())
                elif call.read != "none":
                    pieces.extend([piece async for piece in getattr(body, f"iter_{call.read}")()])
            return told(answer, pieces)
        except (BotoCoreError, ClientError, aiohttp.ClientError) as error:
            return failed(error, pieces)


# --- once, together, otherwise ---


def single(change: dict[str, Any], url: str) -> Seen:
    given = {**ONCE, "Body": json.dumps(JSON_BODY), "Type": "application/json", **change}
    operation = given.pop("operation", "post")
    with client(url) as upstream:
        return unsigned(getattr(upstream, operation)(**given)["Body"].read())


def asingle(change: dict[str, Any], url: str) -> Seen:
    async def call() -> Seen:
        given = {**ONCE, "Body": json.dumps(JSON_BODY), "Type": "application/json", **change}
        operation = given.pop("operation", "post")
        async with aclient(url) as upstream:
            return unsigned(await (await getattr(upstream, operation)(**given))["Body"].read())

    return asyncio.run(call())


def same(url: str, count: int) -> list[Seen]:
    with client(url) as upstream, ThreadPoolExecutor(count) as threads:

        def call(_: int) -> Seen:
            return json.loads(upstream.get(Path="counter", Query={"of": str(count)})["Body"].read())["n"]

        return list(threads.map(call, range(count)))


def asame(url: str, count: int) -> list[Seen]:
    async def calls() -> list[Seen]:
        async with aclient(url) as upstream:

            async def call() -> Seen:
                answer = await upstream.get(Path="counter", Query={"of": str(count)})
                return json.loads(await answer["Body"].read())["n"]

            return await asyncio.gather(*[call() for _ in range(count)])

    return asyncio.run(calls())


def distinct(url: str, count: int) -> list[tuple[Seen, Seen]]:
    with client(url) as upstream, ThreadPoolExecutor(count) as threads:

        def call(number: int) -> tuple[Seen, Seen]:
            answer = upstream.get(Path="echo", Query={"n": str(number)})
            return f"/echo?n={number}", json.loads(answer["Body"].read())["target"]

        return list(threads.map(call, range(count)))


def adistinct(url: str, count: int) -> list[tuple[Seen, Seen]]:
    async def call(number: int) -> tuple[Seen, Seen]:
        async with aclient(url) as upstream:
            answer = await upstream.get(Path="echo", Query={"n": str(number)})
            return f"/echo?n={number}", json.loads(await answer["Body"].read())["target"]

    with ThreadPoolExecutor(10) as threads:
        return list(threads.map(lambda number: asyncio.run(call(number)), range(count)))


def _arun(calls: tuple[Call, ...], url: str) -> list[Seen]:
    return asyncio.run(ahold(calls, url))


def _traced(run: Callable[..., list[Seen]]) -> tuple[Act, ...]:
    calls = {**ANSWERS, **FAILURES}
    names = ("text", "chunked", "reset", "dies within chunks")
    return tuple(_acts({name: calls[name] for name in names}, run).values())


def _acts(table: dict[str, tuple[Call, ...]], run: Callable[..., list[Seen]]) -> dict[str, Act]:
    return {name: partial(run, calls) for name, calls in table.items()}


SYNC = Subject(
    name="botocore",
    instrumentor=INSTRUMENTOR,
    tracing=BotocoreInstrumentor,
    acts=_acts(ANSWERS, hold),
    failures=_acts(FAILURES, hold),
    traced=_traced(hold),
    once=partial(single, {}),
    others={name: partial(single, change) for name, change in OTHERS.items()},
    same=same,
    distinct=distinct,
    ordered=False,
)
ASYNC = Subject(
    name="aiobotocore",
    instrumentor=AIO,
    tracing=AiobotocoreInstrumentor,
    acts=_acts(ANSWERS, _arun),
    failures=_acts(FAILURES, _arun),
    traced=_traced(_arun),
    once=partial(asingle, {}),
    others={name: partial(asingle, change) for name, change in OTHERS.items()},
    same=asame,
    distinct=adistinct,
    ordered=True,
)
