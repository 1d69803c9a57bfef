"""asyncpg as a subject."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import asyncpg
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor

from conformance.subject import Act, Seen, Subject
from timetracer_instrumentors.postgresql.asyncpg import INSTRUMENTOR

PATIENCE = 60.0
NEXT = """
    CREATE TABLE IF NOT EXISTS counted (n int);
    CREATE OR REPLACE FUNCTION next_of_all() RETURNS bigint LANGUAGE sql AS $$
        SELECT pg_advisory_xact_lock(1); INSERT INTO counted VALUES (1); SELECT count(*) FROM counted $$
"""
"""Counts without leaving out any: a sequence does that as well, and its cache is a connection's."""


def held(conversation: Callable[[Any], Awaitable[Seen]], url: str) -> list[Seen]:
    """The conversation with one connection; an error is something seen."""

    async def hold() -> list[Seen]:
        connection = await asyncpg.connect(url, timeout=PATIENCE)
        try:
            return [{"seen": await conversation(connection)}]
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncio.TimeoutError) as error:
            state = getattr(error, "sqlstate", None)
            return [{"error": type(error), "text": str(error), "args": error.args, "state": state}]
        finally:
            await connection.close()

    return asyncio.run(hold())


async def rows(connection: Any) -> Seen:
    found = await connection.fetch("SELECT n, 'row ' || n AS name, n / 4.0 AS part FROM generate_series(1, 100) AS n")
    return [(tuple(row), list(row.keys())) for row in found]


async def cursor(connection: Any) -> Seen:
    async with connection.transaction():
        opened = await connection.cursor("SELECT n FROM generate_series(1, 20) AS n")
        return [tuple(row) for row in await opened.fetch(15)]


async def copied(connection: Any) -> Seen:
    pieces: list[bytes] = []

    async def collect(piece: bytes) -> None:
        pieces.append(piece)

    status = await connection.copy_from_query("SELECT n FROM generate_series(1, 100) AS n", output=collect)
    return status, b"".join(pieces)


async def written(connection: Any) -> Seen:
    async with connection.transaction():
        await connection.execute("CREATE TABLE people (id serial PRIMARY KEY, name text UNIQUE)")
        await connection.executemany("INSERT INTO people (name) VALUES ($1)", [("Ada",), ("Bea",), ("Zo\xeb",)])
        return [dict(row) for row in await connection.fetch("SELECT * FROM people ORDER BY id")]


async def refused(connection: Any) -> Seen:
    return await connection.fetch("SELECT $1::int / $2::int", 1, 0)


async def misspelt(connection: Any) -> Seen:
    return await connection.fetch("SELEKT 1")


async def broken_off(connection: Any) -> Seen:
    return await connection.fetch("SELECT 10 / (50 - n) FROM generate_series(1, 100) AS n")


async def timed_out(connection: Any) -> Seen:
    return await connection.fetch("SELECT pg_sleep(60)", timeout=0.2)


async def ended(connection: Any) -> Seen:
    return await connection.fetch("SELECT pg_terminate_backend(pg_backend_pid())")


def nowhere(url: str) -> list[Seen]:
    """A database that is not there."""
    try:
        return held(rows, url.rpartition("/")[0] + "/nowhere")
    except asyncpg.PostgresError as error:
        return [{"error": type(error), "text": str(error)}]


def unreachable(url: str) -> list[Seen]:
    try:
        return held(rows, "postgresql://postgres@127.0.0.1:1/postgres")
    except OSError as error:
        return [{"error": type(error), "text": str(error)}]


# --- once, together, otherwise ---

ONCE: tuple[Any, ...] = ("SELECT $1::text || ' and ' || $2::int AS both", "Ada", 2)
OTHERS: dict[str, tuple[Any, ...]] = {
    "request.parameters[0]": (ONCE[0], "Bea", 2),
    "request.parameters[1]": (ONCE[0], "Ada", 3),
}


async def asked(statement: str, *parameters: Any, url: str) -> Seen:
    connection = await asyncpg.connect(url, timeout=PATIENCE)
    try:
        return await connection.fetchval(statement, *parameters)
    finally:
        await connection.close()


def single(request: tuple[Any, ...], url: str) -> Seen:
    return asyncio.run(asked(*request, url=url))


def same(url: str, count: int) -> list[Seen]:
    async def calls() -> list[Seen]:
        async with asyncpg.create_pool(url, min_size=1, max_size=5, timeout=PATIENCE) as pool:
            await pool.execute(NEXT)
            return await asyncio.gather(*[pool.fetchval("SELECT next_of_all()") for _ in range(count)])

    return asyncio.run(calls())


def distinct(url: str, count: int) -> list[tuple[Seen, Seen]]:
    with ThreadPoolExecutor(10) as threads:
        return list(zip(range(count), threads.map(partial(_number, url), range(count)), strict=True))


def _number(url: str, number: int) -> Seen:
    return single(("SELECT $1::int", number), url)


def _acts(*conversations: Callable[[Any], Awaitable[Seen]]) -> dict[str, Act]:
    return {conversation.__name__: partial(held, conversation) for conversation in conversations}


ASYNC = Subject(
    name="asyncpg",
    instrumentor=INSTRUMENTOR,
    tracing=AsyncPGInstrumentor,
    acts=_acts(rows, cursor, copied, written),
    failures={
        **_acts(refused, misspelt, broken_off, timed_out, ended),
        "nowhere": nowhere,
        "unreachable": unreachable,
    },
    traced=(partial(single, ONCE), *_acts(rows, refused, broken_off).values()),
    once=partial(single, ONCE),
    others={name: partial(single, request) for name, request in OTHERS.items()},
    same=same,
    distinct=distinct,
    ordered=False,  # whoever has a connection first issues first, and so it is with what has to be prepared
    home="postgresqls",
)
