"""pymongo as two subjects: its synchronous and its asynchronous client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pymongo
from opentelemetry.instrumentation.pymongo import PymongoInstrumentor
from pymongo import ReturnDocument, monitoring
from pymongo.errors import PyMongoError

from conformance.subject import Act, Seen, Subject
from timetracer_instrumentors.mongodb.pymongo import PYMONGO
from wires.mongodb.operations import done, listed

PATIENCE = 20_000
"""ms for which a server is looked for. No test waits so long."""


class Tracing:
    """OpenTelemetry's instrumentor, with its listener made anew for the provider of each test."""

    def __init__(self) -> None:
        self._instrumentor = PymongoInstrumentor()

    def instrument(self, **options: Any) -> None:
        self._instrumentor.instrument(**options)

    def uninstrument(self, **options: Any) -> None:
        self._instrumentor.uninstrument(**options)
        listener, self._instrumentor._commandtracer_instance = self._instrumentor._commandtracer_instance, None
        monitoring._LISTENERS.command_listeners[:] = [
            each for each in monitoring._LISTENERS.command_listeners if each is not listener
        ]


@asynccontextmanager
async def database(url: str, kind: Any) -> Any:
    """The database that a URL names, with a client of its own that says no good-bye: that would be one more span."""
    client = kind(url, serverSelectionTimeoutMS=PATIENCE)
    try:
        yield client.get_default_database()
    finally:
        client._topology.pop_all_sessions()
        await done(client.close())


async def written(db: Any) -> Seen:
    await done(db.items.insert_one({"_id": 1, "name": "Ada", "tags": ["a", {"b": None}]}))
    changed = await done(db.items.update_one({"_id": 1}, {"$inc": {"n": 1}}))
    return changed.raw_result["n"], await done(db.items.find_one({"_id": 1}))


async def in_batches(db: Any) -> Seen:
    await done(db.items.insert_many([{"_id": n, "text": "x" * 100} for n in range(20)]))
    return await listed(db.items.find({}, batch_size=3).sort("_id", 1))


async def left_early(db: Any) -> Seen:
    await done(db.items.insert_many([{"_id": n} for n in range(20)]))
    cursor = db.items.find({}, batch_size=3).sort("_id", 1)
    seen = [await done(cursor.next()) for _ in range(4)]
    await done(cursor.close())
    return seen


async def one(db: Any, name: str = "Ada", *, collection: str = "items", **more: Any) -> Seen:
    return await done(db[collection].find_one({"name": name}, **more))


async def nothing(db: Any) -> Seen:
    return await listed(db.items.find({"text": "x" * 100}))


async def failing(operation: Callable[[Any], Any], db: Any) -> list[Seen]:
    try:
        return [await done(operation(db))]
    except PyMongoError as error:
        kept = {
            name: value for name, value in (getattr(error, "details", None) or {}).items() if name in ("code", "ok")
        }
        return [{"error": type(error), "text": str(error).partition(", full error")[0], "details": kept}]


def unknown(db: Any) -> Any:
    return db.command("frobnicate")


def misspelled(db: Any) -> Any:
    return db.items.find_one({"name": {"$frob": 1}})


async def twice(db: Any) -> list[Seen]:
    await done(db.items.insert_one({"_id": 1}))
    return await failing(lambda db: db.items.insert_one({"_id": 1}), db)


async def elsewhere(db: Any) -> Seen:
    return await one(db.client["timetracer_law_other"])


async def counted(db: Any) -> Seen:
    return await done(db.items.count_documents({"name": "Ada"}))


def up(db: Any, which: Any) -> Any:
    after = ReturnDocument.AFTER
    return db.items.find_one_and_update({"_id": which}, {"$inc": {"n": 1}}, upsert=True, return_document=after)


ACTS = {"written": written, "in batches": in_batches, "left early": left_early, "one": one, "nothing": nothing}
FAILURES = {"unknown": partial(failing, unknown), "misspelled": partial(failing, misspelled), "twice": twice}
OTHERS: dict[str, Callable[[Any], Any]] = {
    "request.body.filter.name": partial(one, name="Bea"),
    "request.body.skip": partial(one, skip=1),
    "request.body.find": partial(one, collection="others"),
    "request.database": elsewhere,
    "request.command": counted,
}


def _act(function: Callable[[Any], Coroutine[Any, Any, Seen]], kind: Any) -> Act:
    async def run(url: str) -> Seen:
        async with database(url, kind) as db:
            return await function(db)

    return lambda url: asyncio.run(run(url))


def same(url: str, count: int) -> list[Seen]:
    with pymongo.MongoClient(url) as client, ThreadPoolExecutor(count) as threads:
        db = client.get_default_database()
        db.items.insert_one({"_id": "counter", "n": 0})
        return [made["n"] for made in threads.map(partial(up, db), ["counter"] * count)]


def asame(url: str, count: int) -> list[Seen]:
    async def calls() -> list[Seen]:
        async with pymongo.AsyncMongoClient(url) as client:
            db = client.get_default_database()
            await db.items.insert_one({"_id": "counter", "n": 0})
            return [made["n"] for made in await asyncio.gather(*[up(db, "counter") for _ in range(count)])]

    return asyncio.run(calls())


def distinct(url: str, count: int) -> list[tuple[Seen, Seen]]:
    with pymongo.MongoClient(url) as client, ThreadPoolExecutor(count) as threads:
        made = threads.map(partial(up, client.get_default_database()), range(count))
        return [(number, document["_id"]) for number, document in zip(range(count), made, strict=True)]


def adistinct(url: str, count: int) -> list[tuple[Seen, Seen]]:
    def call(number: int) -> tuple[Seen, Seen]:
        return number, _act(lambda db: up(db, number), pymongo.AsyncMongoClient)(url)["_id"]

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(call, range(count)))


def _subject(kind: Any, **more: Any) -> Subject:
    acts = {name: _act(function, kind) for name, function in ACTS.items()}
    failures = {name: _act(function, kind) for name, function in FAILURES.items()}
    return Subject(
        name=f"pymongo.{kind.__name__}",
        instrumentor=PYMONGO,
        tracing=Tracing,
        acts=acts,
        failures=failures,
        traced=(acts["one"], acts["nothing"], failures["unknown"], failures["misspelled"]),
        once=acts["one"],
        others={name: _act(function, kind) for name, function in OTHERS.items()},
        ordered=False,
        home="mongodbs",
        **more,
    )


SYNC = _subject(pymongo.MongoClient, same=same, distinct=distinct)
ASYNC = _subject(pymongo.AsyncMongoClient, same=asame, distinct=adistinct)
