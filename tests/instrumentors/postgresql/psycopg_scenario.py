"""psycopg 3, synchronous: ``python psycopg_scenario.py MODE CASSETTE CONNINFO SCHEMA``."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row, namedtuple_row
from psycopg.types.composite import CompositeInfo, register_composite
from psycopg.types.enum import EnumInfo, register_enum
from psycopg.types.json import Json, Jsonb
from psycopg.types.range import Range
from psycopg_pool import ConnectionPool
from steps import Steps, main

SOME_DAY = datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=timezone.utc)
VALUES: dict[str, Any] = {
    "int4": 7,
    "int8": 2**40,
    "numeric": Decimal("1.20"),
    "float8": 0.1,
    "text": "grüße",
    "bytea": b"\0\xff",
    "bool": True,
    "date": date(2024, 2, 29),
    "timestamptz": SOME_DAY,
    "timestamp": SOME_DAY.replace(tzinfo=None),
    "interval": timedelta(days=1, seconds=2),
    "uuid": UUID(int=5),
    "jsonb": Jsonb({"a": [1, None]}),
    "json": Json([1.5]),
    "inet": ip_address("10.0.0.1"),
    "int4[]": [1, 2, None],
    "text[]": ["a,b", 'c"d'],
    "int4range": Range(1, 5),
}


class Item:
    def __init__(self, id: int, name: str) -> None:  # noqa: A002 - the column's name
        self.id, self.name = id, name

    def __repr__(self) -> str:
        return f"Item({self.id}, {self.name!r})"


def tables(db: psycopg.Connection[Any], steps: Steps, schema: str) -> None:
    db.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
    db.execute(sql.SQL("set search_path to {}").format(sql.Identifier(schema)))
    db.execute("create table item (id serial primary key, name text unique, price numeric, at timestamptz)")
    db.commit()
    cursor = db.execute("insert into item (name, price) values (%s, %s) returning id, name", ("one", Decimal("1.5")))
    steps.add("insert", (cursor.fetchall(), cursor.statusmessage, cursor.rowcount))
    with db.cursor() as cursor:
        cursor.executemany("insert into item (name, price) values (%s, %s)", [(f"n{n}", n) for n in range(20)])
        steps.add("executemany", cursor.rowcount)
        cursor.executemany("insert into item (name) values (%s) returning id", [("r1",), ("r2",)], returning=True)
        steps.add("executemany returning", [cursor.fetchone(), cursor.nextset(), cursor.fetchone()])
    steps.add("update", db.execute("update item set price = price + %s where price > 15", (1,)).rowcount)
    steps.add("delete", db.execute("delete from item where name = 'n19'").rowcount)
    db.commit()


def reading(db: psycopg.Connection[Any], steps: Steps) -> None:
    query = "select id, name from item where id <= %(most)s order by id"
    for times in range(7):  # prepared from the sixth on
        steps.add(f"select {times}", db.execute(query, {"most": times}).fetchall())
    steps.add("prepared", db.execute(query, {"most": 2}, prepare=True).fetchmany(1))
    steps.add("binary", db.execute("select id, price, at from item where id < 4 order by 1", binary=True).fetchall())
    for factory in (dict_row, namedtuple_row, class_row(Item)):
        steps.add("rows", db.cursor(row_factory=factory).execute(query, {"most": 2}).fetchall())
    cursor = db.execute(query, {"most": 5})
    steps.add("described", [(one.name, one.type_code, one.internal_size) for one in cursor.description or ()])
    cursor.scroll(2)
    steps.add("scrolled", list(cursor))
    steps.add("stream", list(db.cursor().stream("select id from item order by id limit %s", (4,))))
    several = db.execute("select 1; select 2, 3; update item set at = null where false")
    steps.add(
        "script", [several.fetchall(), several.nextset(), several.fetchall(), several.nextset(), several.rowcount]
    )
    steps.add("nothing", db.execute("").statusmessage)
    client = psycopg.ClientCursor(db)
    steps.add("client side", client.execute("select %s, %s", ("it's", Decimal("2.50"))).fetchone())
    steps.add("raw", psycopg.RawCursor(db).execute("select $1::int + $2::int", (1, 2)).fetchone())
    with db.cursor("named") as named:
        named.itersize = 3
        named.execute("select id from item order by id limit 8")
        steps.add("named", [*named.fetchmany(2), *list(named)])
    with db.cursor("scrolling", scrollable=True, withhold=True) as named:
        named.execute("select id from item order by id limit 8")
        named.scroll(5)
        steps.add("named scrolled", named.fetchone())
        named.scroll(-2)
        steps.add("named scrolled back", named.fetchone())


def typed(db: psycopg.Connection[Any], steps: Steps) -> None:
    for name, value in VALUES.items():
        for binary in (False, True):
            cursor = db.cursor(binary=binary)
            steps.add(f"type {name}", cursor.execute(f"select %s::{name}, %s::{name}", (value, None)).fetchone())
    steps.add("binary parameter", db.execute("select %b::int4 + %t::int4", (1, 2)).fetchone())
    steps.add("NaN", repr(db.execute("select 'NaN'::numeric, 'infinity'::float8").fetchone()))
    db.execute("create type mood as enum ('sad', 'ok')")
    db.execute("create type pair as (a int, b text)")
    register_enum(EnumInfo.fetch(db, "mood"), db)  # type: ignore[arg-type]
    register_composite(CompositeInfo.fetch(db, "pair"), db)  # type: ignore[arg-type]
    steps.add("enum", db.execute("select 'ok'::mood").fetchone())
    steps.add("composite", db.execute("select (1, 'x y')::pair").fetchone())
    db.commit()


def failing(db: psycopg.Connection[Any], steps: Steps) -> None:
    for query in (
        "select nope",
        "selct",
        "insert into item (name) values ('one')",
        "select 1/0",
        "insert into item (id) values ('x')",
        "select pg_sleep(5) /* for too long */",
    ):
        if "sleep" in query:
            db.execute("set local statement_timeout = 50")
        steps.fails(query, lambda query=query: db.execute(query))
        steps.fails("aborted", lambda: db.execute("select 1"))
        db.rollback()
    notices: list[Any] = []
    db.add_notice_handler(lambda said: notices.append((said.severity, said.message_primary)))
    db.execute("do $$ begin raise notice 'well, %', 1; end $$")
    steps.add("notice", notices)
    with db.cursor() as cursor:
        steps.fails("too few", lambda: cursor.execute("select %s, %s", (1,)))
        steps.fails(
            "raises", lambda: cursor.execute("do $$ begin raise exception 'no %', 2 using errcode = 'P0042'; end $$")
        )
    db.rollback()


def transacting(db: psycopg.Connection[Any], steps: Steps) -> None:
    with db.transaction():
        db.execute("insert into item (name) values ('kept')")
        try:
            with db.transaction():
                db.execute("insert into item (name) values ('lost')")
                raise ValueError("out of it")
        except ValueError:
            steps.add("status", db.info.transaction_status.name)
        with db.transaction("mine", force_rollback=True):
            db.execute("insert into item (name) values ('forced')")
    steps.add("kept", db.execute("select name from item where name in ('kept', 'lost', 'forced')").fetchall())
    db.commit()
    db.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
    db.read_only = True
    steps.add("isolation", db.execute("show transaction_isolation").fetchone())
    steps.fails("read only", lambda: db.execute("delete from item"))
    db.rollback()
    db.isolation_level, db.read_only = None, None
    db.autocommit = True
    steps.add("autocommit", (db.execute("select 1").fetchone(), db.info.transaction_status.name))
    db.autocommit = False


def copying(db: psycopg.Connection[Any], steps: Steps) -> None:
    cursor = db.cursor()
    with cursor.copy("copy item (name, price) from stdin") as copy:
        for number in range(3):
            copy.write_row((f"copied {number}", number))
    steps.add("copy in", cursor.rowcount)
    with cursor.copy("copy item (name) from stdin with (format csv)") as copy:
        copy.write(b"csv 1\n")
        copy.write("csv 2\n")
    with cursor.copy("copy item (name, price) from stdin with (format binary)") as copy:
        copy.set_types(["text", "numeric"])
        copy.write_row(("binary", Decimal("9.75")))
    with cursor.copy("copy (select id, name, price from item order by id) to stdout") as copy:
        steps.add("copy out", b"".join(map(bytes, copy)))
    with cursor.copy("copy (select id, name from item where id < 4 order by id) to stdout") as copy:
        copy.set_types(["int4", "text"])
        steps.add("copy rows", list(copy.rows()))

    def broken() -> None:
        with cursor.copy("copy item (id) from stdin") as copy:
            copy.write(b"not a number\n")

    db.commit()
    steps.fails("copy fails", broken)
    db.rollback()
    big = "x" * 300_000
    cursor.execute("create temp table big (said text)")
    with cursor.copy("copy big from stdin") as copy:
        copy.write_row((big,))
    steps.add("large in", cursor.execute("select length(said) from big").fetchone())
    db.rollback()
    steps.add("large", len(db.execute("select repeat('y', 3000000)").fetchone()[0]))  # type: ignore[index]


def pipelined(db: psycopg.Connection[Any], steps: Steps) -> None:
    with db.pipeline() as pipeline:
        cursors = [db.execute("select %s::int * 2", (number,)) for number in range(10)]
        pipeline.sync()
        steps.add("pipeline", [cursor.fetchone() for cursor in cursors])
    db.commit()

    def broken() -> None:
        with db.pipeline():
            db.execute("insert into item (name) values ('piped')")
            db.execute("select 1/0")
            db.execute("insert into item (name) values ('skipped')")

    steps.fails("pipeline fails", broken)
    db.rollback()
    with db.pipeline():
        with db.transaction():
            rows = db.execute("insert into item (name) values ('in a pipe') returning name")
        steps.add("pipeline returns", rows.fetchone())
    db.commit()


def interrupted(db: psycopg.Connection[Any], steps: Steps) -> None:
    db.execute("select 1")
    for cancel in (db.cancel, db.cancel_safe):
        timer = threading.Timer(0.3, cancel)
        timer.start()
        steps.fails("cancelled", lambda: db.execute("select pg_sleep(20)"))
        timer.join()
        db.rollback()
    db.autocommit = True
    db.execute("listen news")
    db.execute("notify news, 'fresh'")
    db.execute("unlisten *")
    db.autocommit = False


def connecting(conninfo: str, steps: Steps) -> None:
    steps.fails("refused", lambda: psycopg.connect(conninfo, host="127.0.0.1", port=1))
    steps.fails("no database", lambda: psycopg.connect(conninfo, dbname="tt_there_is_none"))
    with psycopg.connect(conninfo, autocommit=True, application_name="told") as db:
        steps.add("application", (db.info.parameter_status("application_name"), db.info.dbname))

    def ended() -> None:
        with psycopg.connect(conninfo, autocommit=True) as db:
            db.execute("select pg_terminate_backend(pg_backend_pid())")

    steps.fails("terminated", ended)
    with psycopg.connect(conninfo, autocommit=True) as victim, psycopg.connect(conninfo, autocommit=True) as other:
        steps.add("idle", victim.execute("select 'idle', 1").fetchone())
        other.execute("select pg_terminate_backend(%s, 5000)", (victim.info.backend_pid,))
        steps.fails("terminated while idle", lambda: victim.execute("select 'too late'"))
        steps.add("closed", (victim.closed, victim.broken, other.execute("select 'the other one'").fetchone()))


def pooling(conninfo: str, steps: Steps, schema: str) -> None:
    options = {"options": f"-c search_path={schema}"}
    with ConnectionPool(conninfo, min_size=2, max_size=3, kwargs=options, open=True) as pool:
        pool.wait()
        for number in range(4):
            with pool.connection() as db:
                steps.add("pooled", db.execute("select name from item where id = %s", (number,)).fetchone())
        with pool.connection() as one, pool.connection() as other:
            steps.add("two", (one.execute("select 'one'").fetchone(), other.execute("select 'other'").fetchone()))
        pool.check()


def scenario(conninfo: str, schema: str) -> Steps:
    steps = Steps()
    with psycopg.connect(conninfo) as db:
        tables(db, steps, schema)
        reading(db, steps)
        typed(db, steps)
        failing(db, steps)
        transacting(db, steps)
        copying(db, steps)
        pipelined(db, steps)
        interrupted(db, steps)
    connecting(conninfo, steps)
    pooling(conninfo, steps, schema)
    return steps


if __name__ == "__main__":
    main(scenario)
