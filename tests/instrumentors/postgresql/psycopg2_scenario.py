"""psycopg2: ``python psycopg2_scenario.py MODE CASSETTE CONNINFO SCHEMA``."""

from __future__ import annotations

import io
import threading
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg2
from psycopg2 import extensions, extras, pool, sql
from steps import Steps, main

extras.register_uuid()
SOME_DAY = datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=timezone.utc)
VALUES: dict[str, Any] = {
    "int4": 7,
    "int8": 2**40,
    "numeric": Decimal("1.20"),
    "float8": 0.1,
    "text": "grüße, it's",
    "bytea": psycopg2.Binary(b"\0\xff"),
    "bool": True,
    "date": date(2024, 2, 29),
    "timestamptz": SOME_DAY,
    "timestamp": SOME_DAY.replace(tzinfo=None),
    "interval": timedelta(days=1, seconds=2),
    "uuid": UUID(int=5),
    "jsonb": extras.Json({"a": [1, None]}),
    "json": extras.Json([1.5]),
    "inet": "10.0.0.1",
    "int4[]": [1, 2, None],
    "text[]": ["a,b", 'c"d'],
    "int4range": extras.NumericRange(1, 5),
}


def plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def tables(db: Any, steps: Steps, schema: str) -> None:
    cursor = db.cursor()
    cursor.execute(sql.SQL("create schema {0}; set search_path to {0}").format(sql.Identifier(schema)))
    cursor.execute("create table item (id serial primary key, name text unique, price numeric)")
    db.commit()
    cursor.execute("insert into item (name, price) values (%s, %s) returning id, name", ("one", Decimal("1.5")))
    steps.add("insert", (cursor.fetchall(), cursor.statusmessage, cursor.rowcount))
    cursor.executemany("insert into item (name, price) values (%s, %s)", [(f"n{n}", n) for n in range(20)])
    steps.add("executemany", cursor.rowcount)
    found = extras.execute_values(
        cursor, "insert into item (name) values %s returning id", [(f"v{n}",) for n in range(5)], fetch=True
    )
    steps.add("execute_values", found)
    extras.execute_batch(cursor, "update item set price = %s where name = %s", [(n, f"v{n}") for n in range(5)])
    cursor.execute("update item set price = price + %s where price > 15", (1,))
    steps.add("update", cursor.rowcount)
    cursor.execute("delete from item where name = 'n19'")
    steps.add("delete", (cursor.rowcount, cursor.query))
    db.commit()


def reading(db: Any, steps: Steps) -> None:
    query = "select id, name from item where id <= %(most)s order by id"
    for factory in (None, extras.DictCursor, extras.RealDictCursor, extras.NamedTupleCursor):
        cursor = db.cursor(cursor_factory=factory)
        cursor.execute(query, {"most": 3})
        steps.add("rows", (cursor.fetchone(), cursor.fetchmany(1), list(cursor), isinstance(cursor, factory or object)))
    cursor = db.cursor()
    cursor.execute(query, {"most": 5})
    steps.add("described", [(one.name, one.type_code, one.internal_size) for one in cursor.description])
    cursor.scroll(2)
    steps.add("scrolled", list(cursor))
    cursor.execute("select 1; select 2, 3")
    steps.add("script", cursor.fetchall())
    steps.fails("nothing", lambda: cursor.execute(""))
    cursor.execute(sql.SQL("select {} from item where id = {}").format(sql.Identifier("name"), sql.Placeholder()), (1,))
    steps.add("composed", (cursor.fetchone(), cursor.mogrify("select %s", ("it's",))))
    cursor.callproc("lower", ["LOUD"])
    steps.add("callproc", cursor.fetchone())
    with db.cursor("named") as named:
        named.itersize = 3
        named.execute("select id from item order by id limit 8")
        steps.add("named", [*named.fetchmany(2), *list(named)])
    with db.cursor("scrolling", scrollable=True, withhold=True) as named:
        named.execute("select id from item order by id limit 8")
        named.scroll(5)
        steps.add("named scrolled", named.fetchone())
        named.scroll(-2)
        steps.add("named scrolled back", (named.fetchone(), named.fetchall()))
    db.commit()


def typed(db: Any, steps: Steps) -> None:
    cursor = db.cursor()
    for name, value in VALUES.items():
        cursor.execute(f"select %s::{name}, %s::{name}", (value, None))
        steps.add(f"type {name}", [plain(one) for one in cursor.fetchone()])
    cursor.execute("select 'NaN'::numeric, 'infinity'::float8")
    steps.add("NaN", repr(cursor.fetchone()))
    cursor.execute("create type pair as (a int, b text)")
    extras.register_composite("pair", cursor)
    cursor.execute("select (1, 'x y')::pair")
    steps.add("composite", cursor.fetchone())
    db.commit()


def failing(db: Any, steps: Steps) -> None:
    cursor = db.cursor()
    for query in (
        "select nope",
        "selct",
        "insert into item (name) values ('one')",
        "select 1/0",
        "insert into item (id) values ('x')",
    ):
        steps.fails(query, lambda query=query: cursor.execute(query))
        steps.fails("aborted", lambda: cursor.execute("select 1"))
        db.rollback()
    cursor.execute("set local statement_timeout = 50")
    steps.fails("too long", lambda: cursor.execute("select pg_sleep(5)"))
    db.rollback()
    cursor.execute("do $$ begin raise notice 'well, %', 1; end $$")
    steps.add("notices", list(db.notices))
    steps.fails("too few", lambda: cursor.execute("select %s, %s", (1,)))
    steps.fails(
        "raises", lambda: cursor.execute("do $$ begin raise exception 'no %', 2 using errcode = 'P0042'; end $$")
    )
    db.rollback()


def transacting(db: Any, steps: Steps) -> None:
    cursor = db.cursor()
    with db:
        cursor.execute("insert into item (name) values ('kept')")
        cursor.execute("savepoint one")
        cursor.execute("insert into item (name) values ('lost')")
        cursor.execute("rollback to savepoint one")
        steps.add("status", db.info.transaction_status)
    cursor.execute("select name from item where name in ('kept', 'lost')")
    steps.add("kept", cursor.fetchall())
    db.rollback()
    db.set_session(isolation_level="SERIALIZABLE", readonly=True)
    cursor.execute("show transaction_isolation")
    steps.add("isolation", cursor.fetchone())
    steps.fails("read only", lambda: cursor.execute("delete from item"))
    db.rollback()
    db.set_session(isolation_level="DEFAULT", readonly="DEFAULT")
    db.autocommit = True
    cursor.execute("select 1")
    steps.add("autocommit", (cursor.fetchone(), db.info.transaction_status))
    db.autocommit = False
    steps.add("encrypted", extensions.encrypt_password("secret", "someone", db)[:14])
    db.set_client_encoding("LATIN1")
    cursor.execute("select 'ü'")
    steps.add("latin", (cursor.fetchone(), db.encoding))
    db.set_client_encoding("UTF8")
    db.reset()
    cursor.execute("set search_path to " + extensions.quote_ident(SCHEMA[0], db))
    db.commit()


def copying(db: Any, steps: Steps) -> None:
    cursor = db.cursor()
    cursor.copy_from(io.StringIO("copied 1\t1\ncopied 2\t2\n"), "item", columns=("name", "price"))
    cursor.copy_expert("copy item (name) from stdin with (format csv)", io.BytesIO(b"csv 1\ncsv 2\n"))
    out = io.BytesIO()
    cursor.copy_expert("copy (select id, name, price from item order by id) to stdout", out)
    steps.add("copy out", (out.getvalue(), cursor.rowcount))
    text = io.StringIO()
    cursor.copy_to(text, "item", columns=("name",))
    steps.add("copy to", text.getvalue())
    db.commit()
    steps.fails("copy fails", lambda: cursor.copy_expert("copy item (id) from stdin", io.BytesIO(b"no number\n")))
    db.rollback()
    cursor.execute("create temp table big (said text)")
    cursor.copy_expert("copy big from stdin", io.BytesIO(b"x" * 3_000_000 + b"\n"))
    cursor.execute("select said from big")
    steps.add("large", len(cursor.fetchone()[0]))
    db.rollback()
    large = db.lobject(0, "wb")
    large.write(b"some bytes")
    number = large.oid
    large.close()
    large = db.lobject(number, "rb")
    large.seek(5)
    steps.add("large object", (large.read(), large.tell()))
    large.close()
    db.lobject(number).unlink()
    steps.fails("no large object", lambda: db.lobject(4_000_000_000, "rb"))
    db.rollback()


def interrupted(db: Any, steps: Steps) -> None:
    cursor = db.cursor()
    cursor.execute("select 1")
    timer = threading.Timer(0.3, db.cancel)
    timer.start()
    steps.fails("cancelled", lambda: cursor.execute("select pg_sleep(20)"))
    timer.join()
    db.rollback()
    xid = db.xid(1, "tt-transaction", "one")
    db.tpc_begin(xid)
    cursor.execute("select 'two phases'")
    steps.add("two phases", cursor.fetchone())
    db.tpc_commit()


def connecting(conninfo: str, steps: Steps, schema: str) -> None:
    steps.fails("refused", lambda: psycopg2.connect(conninfo, host="127.0.0.1", port=1))
    steps.fails("no database", lambda: psycopg2.connect(conninfo, dbname="tt_there_is_none"))
    for factory in (extras.DictConnection, extras.RealDictConnection, extras.NamedTupleConnection):
        db = psycopg2.connect(conninfo, connection_factory=factory)
        cursor = db.cursor()
        cursor.execute("select 1 as one")
        steps.add("factory", (cursor.fetchone(), isinstance(db, factory), db.info.dbname))
        db.close()
    db = psycopg2.connect(conninfo, connection_factory=extras.LoggingConnection)
    said = io.StringIO()
    db.initialize(said)
    db.cursor().execute("select 2")
    steps.add("logged", said.getvalue())
    db.close()
    steps.fails("closed", db.cursor)

    def ended() -> None:
        one = psycopg2.connect(conninfo)
        one.cursor().execute("select pg_terminate_backend(pg_backend_pid())")

    steps.fails("terminated", ended)
    victim, other = psycopg2.connect(conninfo), psycopg2.connect(conninfo)
    with victim.cursor() as cursor, other.cursor() as killer:
        cursor.execute("select 'idle', 1")
        steps.add("idle", cursor.fetchone())
        killer.execute("select pg_terminate_backend(%s, 5000)", (victim.info.backend_pid,))
        steps.fails("terminated while idle", lambda: cursor.execute("select 'too late'"))
        killer.execute("select 'the other one'")
        steps.add("closed", (victim.closed, killer.fetchone()))
    steps.fails("closed before", victim.cursor)
    other.close()
    connections = pool.ThreadedConnectionPool(2, 3, conninfo, options=f"-c search_path={schema}")
    for number in range(4):
        db = connections.getconn()
        with db, db.cursor() as cursor:
            cursor.execute("select name from item where id = %s", (number,))
            steps.add("pooled", cursor.fetchone())
        connections.putconn(db)
    connections.closeall()


SCHEMA: list[str] = []


def scenario(conninfo: str, schema: str) -> Steps:
    steps = Steps()
    SCHEMA[:] = [schema]
    db = psycopg2.connect(conninfo)
    tables(db, steps, schema)
    reading(db, steps)
    typed(db, steps)
    failing(db, steps)
    transacting(db, steps)
    copying(db, steps)
    interrupted(db, steps)
    db.close()
    connecting(conninfo, steps, schema)
    return steps


if __name__ == "__main__":
    main(scenario)
