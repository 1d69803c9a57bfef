"""psycopg 3, asynchronous: ``python psycopg_async_scenario.py MODE CASSETTE CONNINFO SCHEMA``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from psycopg_scenario import VALUES
from steps import Steps, main

Db = psycopg.AsyncConnection[Any]


async def fails(steps: Steps, name: str, call: Callable[[], Awaitable[Any]]) -> None:
    try:
        steps.add(name, await call())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the step's outcome
        steps.error(name, error)


async def working(db: Db, steps: Steps, schema: str) -> None:
    await db.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
    await db.execute(sql.SQL("set search_path to {}").format(sql.Identifier(schema)))
    await db.execute("create table item (id serial primary key, name text unique, price numeric)")
    await db.commit()
    cursor = await db.execute("insert into item (name, price) values (%s, %s) returning id", ("one", Decimal("1.5")))
    steps.add("insert", await cursor.fetchall())
    async with db.cursor() as many:
        await many.executemany("insert into item (name, price) values (%s, %s)", [(f"n{n}", n) for n in range(20)])
        steps.add("executemany", many.rowcount)
    for number in range(8):
        cursor = await db.execute("select name, price from item where id = %s", (number,))
        steps.add(f"select {number}", await cursor.fetchone())
    async with db.cursor(row_factory=dict_row) as rows:
        await rows.execute("select id, name from item order by id limit 3")
        steps.add("rows", [row async for row in rows])
    steps.add("stream", [row async for row in db.cursor().stream("select id from item order by id limit %s", (4,))])
    async with db.cursor("named") as named:
        named.itersize = 3
        await named.execute("select id from item order by id limit 8")
        steps.add("named", [row async for row in named])
    several = await db.execute("select 1; select 2")
    steps.add("script", [await several.fetchall(), several.nextset(), await several.fetchall()])
    for name, value in VALUES.items():
        cursor = await db.execute(f"select %s::{name}", (value,), binary=True)
        steps.add(f"type {name}", await cursor.fetchone())
    await db.commit()


async def failing(db: Db, steps: Steps) -> None:
    for query in ("select nope", "insert into item (name) values ('one')", "select 1/0"):
        await fails(steps, query, lambda query=query: db.execute(query))
        await db.rollback()
    async with db.transaction():
        await db.execute("insert into item (name) values ('kept')")
        await fails(steps, "nested", lambda: _nested(db))
    steps.add(
        "kept", await (await db.execute("select name from item where name like '%%ed' or name = 'kept'")).fetchall()
    )
    await db.execute("set local statement_timeout = 50")
    await fails(steps, "too long", lambda: db.execute("select pg_sleep(5)"))
    await db.rollback()
    await fails(steps, "given up", lambda: asyncio.wait_for(db.execute("select pg_sleep(20)"), 0.3))
    steps.add("after", (db.info.transaction_status.name, db.closed))
    await db.rollback()
    waiting = asyncio.create_task(db.execute("select pg_sleep(30)"))
    await asyncio.sleep(0.3)
    await db.cancel_safe()
    await fails(steps, "cancelled", lambda: waiting)
    await db.rollback()


async def _nested(db: Db) -> None:
    async with db.transaction():
        await db.execute("insert into item (name) values ('nested')")
        raise ValueError("out of it")


async def copying(db: Db, steps: Steps) -> None:
    cursor = db.cursor()
    async with cursor.copy("copy item (name, price) from stdin") as copy:
        for number in range(3):
            await copy.write_row((f"copied {number}", number))
    async with cursor.copy("copy (select name, price from item order by id) to stdout (format csv)") as copy:
        steps.add("copy out", b"".join([bytes(part) async for part in copy]))
    async with cursor.copy("copy (select id, name from item where id < 4 order by id) to stdout") as copy:
        copy.set_types(["int4", "text"])
        steps.add("copy rows", [row async for row in copy.rows()])
    await db.commit()


async def pipelined(db: Db, steps: Steps) -> None:
    async with db.pipeline() as pipeline:
        cursors = [await db.execute("select %s::int * 2", (number,)) for number in range(10)]
        await pipeline.sync()
        steps.add("pipeline", [await cursor.fetchone() for cursor in cursors])
    await db.commit()

    async def broken() -> None:
        async with db.pipeline():
            await db.execute("insert into item (name) values ('piped')")
            await db.execute("select 1/0")
            await db.execute("insert into item (name) values ('skipped')")

    await fails(steps, "pipeline fails", broken)
    await db.rollback()


async def pooling(conninfo: str, steps: Steps, schema: str) -> None:
    async def one(pool: AsyncConnectionPool[Any], number: int) -> Any:
        async with pool.connection() as db:
            cursor = await db.execute("select id, name from item where id = %s", (number,))
            return await cursor.fetchone()

    options = {"options": f"-c search_path={schema}"}
    async with AsyncConnectionPool(conninfo, min_size=2, max_size=4, kwargs=options, open=False) as pool:
        await pool.wait()
        steps.add("pooled", await asyncio.gather(*(one(pool, number) for number in range(1, 21))))
        await pool.check()


async def scenario(conninfo: str, schema: str) -> Steps:
    steps = Steps()
    async with await psycopg.AsyncConnection.connect(conninfo) as db:
        await working(db, steps, schema)
        await failing(db, steps)
        await copying(db, steps)
        await pipelined(db, steps)
    await fails(steps, "refused", lambda: psycopg.AsyncConnection.connect(conninfo, host="127.0.0.1", port=1))
    await fails(steps, "no database", lambda: psycopg.AsyncConnection.connect(conninfo, dbname="tt_there_is_none"))
    await pooling(conninfo, steps, schema)
    return steps


if __name__ == "__main__":
    main(lambda *said: asyncio.run(scenario(*said)))
