"""Transactions, what the server says by the way, types of the database's own, pools."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg
from asyncpg_world import Connection, World, failing, operation

# --- transactions ---


@operation
async def transactions(world: World) -> Any:
    c = world.connection
    await c.execute("CREATE TABLE ledger (n int)")
    seen: list[Any] = []
    async with c.transaction():
        await c.execute("INSERT INTO ledger VALUES (1)")
        seen.append(c.is_in_transaction())
        with suppress(ZeroDivisionError):
            async with c.transaction():
                await c.execute("INSERT INTO ledger VALUES (2)")
                raise ZeroDivisionError
        async with c.transaction():
            await c.execute("INSERT INTO ledger VALUES (3)")
            seen.append(await failing(in_savepoint(c)))
    with suppress(ZeroDivisionError):
        async with c.transaction():
            await c.execute("INSERT INTO ledger VALUES (4)")
            raise ZeroDivisionError
    return [*seen, c.is_in_transaction(), await c.fetch("SELECT n FROM ledger ORDER BY n")]


async def in_savepoint(c: Connection) -> None:
    async with c.transaction():
        await c.execute("INSERT INTO ledger VALUES (1/0)")


@operation
async def isolation(world: World) -> Any:
    c = world.connection
    seen = []
    for level in ("serializable", "repeatable_read", "read_committed"):
        async with c.transaction(isolation=level, readonly=True):
            seen.append(await c.fetchval("SHOW transaction_isolation"))
            seen.append(await failing(c.execute("INSERT INTO ledger VALUES (9)")))
    async with c.transaction(isolation="serializable", readonly=True, deferrable=True):
        seen.append(await c.fetchval("SELECT count(*) FROM ledger"))
    return seen


@operation
async def failed_transaction(world: World) -> Any:
    c = world.connection
    transaction = c.transaction()
    await transaction.start()
    seen = [await failing(c.execute("SELECT nope")), await failing(c.execute("SELECT 1"))]
    await transaction.rollback()
    await c.execute("BEGIN")
    seen.append(await failing(c.execute("SELECT nope")))
    return [*seen, await c.execute("COMMIT"), c.is_in_transaction(), await c.fetchval("SELECT 1 + 1")]


@operation
async def serialization_failure(world: World) -> Any:
    c = world.connection
    await c.execute("CREATE TABLE raced (n int); INSERT INTO raced VALUES (1)")
    async with world.another() as other:

        async def race() -> None:
            async with c.transaction(isolation="repeatable_read"):
                await c.fetch("SELECT * FROM raced")
                await other.execute("UPDATE raced SET n = 2")
                await c.execute("UPDATE raced SET n = 3")

        return [await failing(race()), await c.fetch("SELECT * FROM raced")]


@operation
async def two_phases(world: World) -> Any:
    c = world.connection
    await c.execute("BEGIN")
    await c.execute("INSERT INTO ledger VALUES (77)")
    prepared = await c.execute("PREPARE TRANSACTION 'two'")
    return [prepared, await c.execute("COMMIT PREPARED 'two'"), await c.fetchval("SELECT count(*) FROM ledger")]


@operation
async def locks(world: World) -> Any:
    async with world.another() as other:
        mine = "SELECT pg_try_advisory_lock($1)"
        seen = [await world.connection.fetchval(mine, 42), await other.fetchval(mine, 42)]
        seen.append(await world.connection.fetchval("SELECT pg_advisory_unlock($1)", 42))
        return [*seen, await other.fetchval(mine, 42)]


# --- what the server says by the way ---


@operation
async def notices(world: World) -> Any:
    said: list[Any] = []
    async with world.another() as c:
        c.add_log_listener(lambda _, message: said.append((type(message), message.severity, message.message)))
        await c.execute("DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$")
        await c.execute("DROP TABLE IF EXISTS nowhere_at_all")
        await c.fetch("SELECT 1")
    return said


@operation
async def query_loggers(world: World) -> Any:
    logged: list[Any] = []
    async with world.another() as c:
        with c.query_logger(lambda record: logged.append((record.query, record.args, type(record.exception)))):
            await c.fetch("SELECT $1::int", 5)
            await failing(c.execute("SELECT nope"))
    return logged


@operation
async def settings(world: World) -> Any:
    async with world.another(server_settings={"application_name": "scenario", "timezone": "Asia/Tokyo"}) as c:
        return [
            c.get_settings().application_name,
            c.get_settings().TimeZone,
            await c.fetchval("SELECT timestamptz '2026-01-01 00:00+00'::text"),
            await c.execute("SET timezone TO 'UTC'"),
            c.get_settings().TimeZone,
            await c.fetchval("SHOW application_name"),
            c.get_server_version() >= (12, 0),
            c.get_server_pid() > 0,
        ]


# --- types of the database's own ---


@operation
async def own_types(world: World) -> Any:
    c = world.connection
    await c.execute("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')")
    await c.execute("CREATE TYPE pair AS (a int, b text, m mood)")
    await c.execute("CREATE DOMAIN positive AS int CHECK (VALUE > 0)")
    await c.execute("CREATE TYPE floats AS RANGE (subtype = float8)")
    await c.execute("CREATE TABLE owned (m mood, p pair, d positive, f floats, ms mood[], ps pair[])")
    row = ("ok", (1, "x", "sad"), 5, asyncpg.Range(1.5, 2.5), ["sad", "happy"], [(2, "y", None)])
    return [
        await c.execute("INSERT INTO owned VALUES ($1, $2, $3, $4, $5, $6)", *row),
        await c.fetch("SELECT * FROM owned"),
        await c.fetchval("SELECT p FROM owned"),
        await failing(c.execute("INSERT INTO owned (m) VALUES ($1)", "none")),
        await failing(c.execute("INSERT INTO owned (d) VALUES ($1)", -1)),
        [(a.name, a.type.name, a.type.kind) for a in (await c.prepare("SELECT * FROM owned")).get_attributes()],
    ]


@operation
async def own_codecs(world: World) -> Any:
    async with world.another() as c:
        await c.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
        await c.set_type_codec("numeric", encoder=str, decoder=float, schema="pg_catalog", format="text")
        await c.set_type_codec(
            "interval",
            encoder=lambda td: (0, td.days, 0),
            decoder=lambda parts: parts,
            schema="pg_catalog",
            format="tuple",
        )
        await c.set_type_codec("mood", encoder=lambda m: m.lower(), decoder=lambda m: m.upper())
        seen = [
            await c.fetchrow("SELECT $1::jsonb AS j, $2::numeric AS n", {"a": [1, 2]}, 1.25),
            await c.fetchval("SELECT $1::interval", timedelta(days=4)),
            await c.fetchval("SELECT $1::mood", "SAD"),
        ]
        await c.reset_type_codec("jsonb", schema="pg_catalog")
        return [*seen, await c.fetchval("SELECT '{}'::jsonb")]


@operation
async def hstore(world: World) -> Any:
    async with world.another() as c:
        await c.execute("CREATE EXTENSION IF NOT EXISTS hstore")
        await c.set_builtin_type_codec("hstore", codec_name="pg_contrib.hstore")
        return await c.fetchval("SELECT $1::hstore", {"a": "1", "b": None, 'q"': "ü"})


@operation
async def reloaded(world: World) -> Any:
    await world.connection.reload_schema_state()
    return await world.connection.fetch("SELECT m FROM owned")


# --- pools ---


@operation
async def pools(world: World) -> Any:
    seen: list[Any] = []

    async def init(connection: Connection) -> None:
        await connection.set_type_codec("json", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")

    async with world.pool(init=init) as pool:
        seen.append(await asyncio.gather(*[pool.fetchval("SELECT $1::int * 2", n) for n in range(20)]))
        async with pool.acquire() as connection, connection.transaction():
            seen.append(await connection.fetchval("SELECT '[1]'::json"))
        seen.append(await pool.execute("INSERT INTO ledger VALUES ($1)", 5))
        seen.append(await pool.fetchrow("SELECT count(*) FROM ledger"))
        await pool.executemany("INSERT INTO ledger VALUES ($1)", [(6,), (7,)])
        seen.append(await failing(pool.fetch("SELECT nope")))
        await pool.expire_connections()
        seen.append(await pool.fetch("SELECT n FROM ledger ORDER BY n"))
        async with pool.acquire() as connection:
            await connection.execute("SET search_path TO nowhere")
        seen.append(await pool.fetchval("SHOW search_path"))
    return [*seen, await failing(pool.fetch("SELECT 1"))]


@operation
async def terminated_pool(world: World) -> Any:
    pool = await world.pool()
    seen = await pool.fetchval("SELECT 'pooled'")
    pool.terminate()
    return seen


@operation
async def reset(world: World) -> Any:
    async with world.another() as c:
        await c.execute("SET statement_timeout TO 12345")
        before = await c.fetchval("SELECT current_setting('statement_timeout')")
        await c.reset()
        return [before, await c.fetchval("SHOW statement_timeout")]
