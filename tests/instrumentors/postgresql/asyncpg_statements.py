"""Statements, cursors, scripts and COPY."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from io import BytesIO
from typing import Any

import asyncpg
from asyncpg_world import World, failing, operation

# --- tables and statements ---


@operation
async def tables(world: World) -> Any:
    c = world.connection
    return [
        await c.execute("CREATE TABLE things (id serial PRIMARY KEY, name text UNIQUE, price numeric, at timestamptz)"),
        await c.execute("INSERT INTO things (name, price) VALUES ($1, $2)", "first", Decimal("1.10")),
        await c.fetchrow("INSERT INTO things (name) VALUES ($1) RETURNING id, name, price", "second"),
        await c.fetchval("SELECT count(*) FROM things"),
        await c.fetchval("SELECT id, name FROM things ORDER BY id DESC", column=1),
        await c.fetchrow("SELECT * FROM things WHERE name = $1", "nobody"),
        await c.execute("UPDATE things SET price = price * 2 WHERE price IS NOT NULL"),
        await c.fetch("SELECT * FROM things ORDER BY id"),
        await c.execute("DELETE FROM things WHERE name = 'second'"),
        await c.execute("TRUNCATE things RESTART IDENTITY"),
    ]


@operation
async def records(world: World) -> Any:
    row = await world.connection.fetchrow("SELECT 1 AS a, 'x' AS b, ARRAY[1, 2] AS c")
    return [row["a"], row[1], dict(row), tuple(row), list(row.keys()), "b" in row, row.get("z", 5), len(row), row]


@operation
async def record_class(world: World) -> Any:
    class Mine(asyncpg.Record):
        def __getattr__(self, name: str) -> Any:
            return self[name]

    (row,) = await world.connection.fetch("SELECT 5 AS five", record_class=Mine)
    return row.five, isinstance(row, Mine)


@operation
async def integrity(world: World) -> Any:
    c = world.connection
    await c.execute("CREATE TABLE strict (id int PRIMARY KEY, n int NOT NULL CHECK (n > 0), r int REFERENCES strict)")
    return [
        await failing(c.execute("INSERT INTO strict VALUES ($1, $2, $3)", *values))
        for values in ((1, 1, None), (1, 1, None), (2, None, None), (3, 0, None), (4, 1, 99))
    ]


@operation
async def wrong_parameters(world: World) -> Any:
    c = world.connection
    return [
        await failing(c.fetch("SELECT $1::int", "text")),
        await failing(c.fetch("SELECT $1::int, $2::int", 1)),
        await failing(c.fetch("SELECT $1::smallint", 99999)),
        await failing(c.fetch("SELECT 1", 5)),
    ]


@operation
async def execute_many(world: World) -> Any:
    c = world.connection
    await c.execute("CREATE TABLE many (id int PRIMARY KEY, name text)")
    await c.executemany("INSERT INTO many VALUES ($1, $2)", [(n, f"name {n}") for n in range(500)])
    broken = await failing(c.executemany("INSERT INTO many VALUES ($1, $2)", [(600, "a"), (1, "b"), (601, "c")]))
    return [broken, await c.fetch("SELECT count(*), sum(id) FROM many")]


@operation
async def fetch_many(world: World) -> Any:
    if not hasattr(world.connection, "fetchmany"):
        return None
    rows = [(1, "one"), (2, "two")]
    return await failing(world.connection.fetchmany("SELECT $1::int AS n, $2::text AS t", rows))


@operation
async def prepared(world: World) -> Any:
    c = world.connection
    statement = await c.prepare("SELECT $1::int + n AS sum FROM generate_series(1, 3) AS n")
    return [
        statement.get_query(),
        [parameter.name for parameter in statement.get_parameters()],
        [(attribute.name, attribute.type.name) for attribute in statement.get_attributes()],
        await statement.fetch(1),
        await statement.fetchrow(2),
        await statement.fetchval(3),
        statement.get_statusmsg(),
        await (await c.prepare("INSERT INTO many VALUES ($1, $2)")).executemany([(1001, "x"), (1002, "y")]),
        (await (await c.prepare("SELECT 1")).explain())[0]["Plan"]["Node Type"],
        await failing(c.prepare("SELECT nope")),
    ]


@operation
async def changed_under_a_statement(world: World) -> Any:
    c = world.connection
    await c.execute("CREATE TABLE changing (a int)")
    await c.execute("INSERT INTO changing VALUES (1)")
    before = await c.fetch("SELECT * FROM changing")
    await c.execute("ALTER TABLE changing ADD b text DEFAULT 'new'")
    after = await failing(c.fetch("SELECT * FROM changing"))
    async with c.transaction():
        pass
    return [before, after, await failing(c.fetch("SELECT * FROM changing"))]


@operation
async def no_statement_cache(world: World) -> Any:
    async with world.another(statement_cache_size=0) as c:
        return [await c.fetchval("SELECT $1::int", n) for n in (1, 2)]


# --- cursors ---


@operation
async def cursors(world: World) -> Any:
    c = world.connection
    seen: list[Any] = [await failing(c.cursor("SELECT 1"))]
    async with c.transaction():
        cursor = await c.cursor("SELECT n FROM generate_series(1, 20) AS n")
        seen += [await cursor.fetch(3), await cursor.fetchrow(), await cursor.forward(5), await cursor.fetch(100)]
        seen += [await cursor.fetchrow(), await cursor.fetch(1)]
    return seen


@operation
async def iterated(world: World) -> Any:
    async with world.connection.transaction():
        seen = [row[0] async for row in world.connection.cursor("SELECT n FROM generate_series(1, 120) AS n")]
        few = [
            row
            async for row in world.connection.cursor(
                "SELECT $1::int + n FROM generate_series(1, 7) AS n", 1, prefetch=3
            )
        ]
        statement = await world.connection.prepare("SELECT generate_series(1, $1::int) AS n")
        left = []
        async for row in statement.cursor(50, prefetch=10):
            left.append(row["n"])
            if len(left) == 15:
                break
    return [seen, few, left]


@operation
async def two_cursors(world: World) -> Any:
    async with world.connection.transaction():
        one = await world.connection.cursor("SELECT n FROM generate_series(1, 10) AS n")
        two = await world.connection.cursor("SELECT -n FROM generate_series(1, 10) AS n")
        return [(await one.fetch(2), await two.fetch(3)) for _ in range(3)]


@operation
async def declared_cursor(world: World) -> Any:
    c = world.connection
    async with c.transaction():
        await c.execute("DECLARE mine SCROLL CURSOR FOR SELECT n FROM generate_series(1, 9) AS n")
        seen = [
            await c.fetch("FETCH 3 FROM mine"),
            await c.execute("MOVE 2 IN mine"),
            await c.fetch("FETCH BACKWARD 2 FROM mine"),
        ]
        return [*seen, await c.execute("CLOSE mine")]


@operation
async def error_within_a_cursor(world: World) -> Any:
    async def run() -> Any:
        async with world.connection.transaction():
            cursor = await world.connection.cursor("SELECT 10 / (3 - n) FROM generate_series(1, 5) AS n")
            return [await cursor.fetch(2), await cursor.fetch(2)]

    return [await failing(run()), await world.connection.fetchval("SELECT 'fine'")]


# --- scripts ---


@operation
async def scripts(world: World) -> Any:
    c = world.connection
    return [
        await c.execute("CREATE TABLE scripted (n int); INSERT INTO scripted VALUES (1), (2); SELECT * FROM scripted"),
        await failing(c.execute("INSERT INTO scripted VALUES (3); SELECT 1/0; INSERT INTO scripted VALUES (4)")),
        await c.execute("BEGIN; INSERT INTO scripted VALUES (5); COMMIT"),
        await c.fetch("SELECT n FROM scripted ORDER BY n"),
        await failing(c.fetch("SELECT 1; SELECT 2")),
    ]


# --- COPY ---


@operation
async def copied_out(world: World) -> Any:
    c = world.connection
    seen = []
    for options in ({}, {"format": "csv", "header": True}, {"format": "binary"}, {"delimiter": "|", "null": "-"}):
        out = BytesIO()
        status = await c.copy_from_query(
            "SELECT n, 'v' || n, NULL FROM generate_series(1, $1) AS n", 50, output=out, **options
        )
        seen.append((status, out.getvalue()))
    pieces: list[bytes] = []

    async def collect(piece: bytes) -> None:
        pieces.append(piece)

    seen.append((await c.copy_from_table("many", columns=["id"], output=collect), b"".join(pieces)))
    seen.append(await failing(c.copy_from_query("SELECT 1 / (n - 2) FROM generate_series(1, 3) AS n", output=collect)))
    return [*seen, await failing(c.copy_from_table("nowhere_at_all", output=collect))]


@operation
async def copied_in(world: World) -> Any:
    c = world.connection

    async def parts() -> AsyncIterator[bytes]:
        yield b"30\tthir"
        yield b"ty\n31\t\\N\n"

    await c.execute("CREATE TABLE copied (n int PRIMARY KEY, t text)")
    return [
        await c.copy_to_table("copied", source=BytesIO(b"1\tone\n2\ttwo\n")),
        await c.copy_to_table("copied", source=BytesIO(b'n,t\n10,"a,b"\n'), format="csv", header=True),
        await c.copy_to_table("copied", source=parts()),
        await c.copy_records_to_table("copied", records=[(100 + n, f"r{n}") for n in range(100)]),
        await c.copy_records_to_table("copied", records=[(500,)], columns=["n"]),
        await failing(c.copy_to_table("copied", source=BytesIO(b"1\tagain\n"))),
        await failing(c.copy_to_table("copied", source=BytesIO(b"no number\tx\n"))),
        await failing(c.copy_to_table("nowhere_at_all", source=BytesIO(b"1\n"))),
        await c.fetch("SELECT * FROM copied WHERE n < 102 ORDER BY n"),
    ]


@operation
async def copy_whose_source_fails(world: World) -> Any:
    async def parts() -> AsyncIterator[bytes]:
        yield b"900\tx\n"
        raise OSError("the source is gone")

    seen = await failing(world.connection.copy_to_table("copied", source=parts()))
    return [seen, await world.connection.fetchval("SELECT count(*) FROM copied WHERE n = 900")]
