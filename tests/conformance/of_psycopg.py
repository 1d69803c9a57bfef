"""psycopg and psycopg2 as three subjects: psycopg's blocking and its asyncio connections, and psycopg2's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
import psycopg2
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.psycopg2 import Psycopg2Instrumentor

from conformance.of_asyncpg import NEXT
from conformance.steps import Steps, arun, run
from conformance.subject import Act, Seen, Subject
from timetracer.seams.declaration import Instrumentor
from timetracer_instrumentors.postgresql.psycopg import INSTRUMENTOR as PSYCOPG
from timetracer_instrumentors.postgresql.psycopg2 import INSTRUMENTOR as OF_PSYCOPG2

Talk = Callable[[Callable[[Any], Steps], str], Seen]
ERRORS = (psycopg.Error, psycopg2.Error)
ROWS = "SELECT n, 'row ' || n AS name, n / 4.0 AS part FROM generate_series(1, 100) AS n"


def asked(connection: Any, statement: str, *parameters: Any) -> Steps:
    cursor = connection.cursor()
    yield cursor.execute(statement, parameters or None)
    return (yield cursor.fetchall()), [column.name for column in cursor.description]


def rows(connection: Any) -> Steps:
    return (yield from asked(connection, ROWS))


def in_the_server(connection: Any) -> Steps:
    cursor = connection.cursor("named")
    yield cursor.execute("SELECT n FROM generate_series(1, 20) AS n")
    found = [(yield cursor.fetchmany(15)), (yield cursor.fetchone())]
    yield cursor.close()
    return found


def written(connection: Any) -> Steps:
    cursor = connection.cursor()
    yield cursor.execute("CREATE TABLE people (id serial PRIMARY KEY, name text UNIQUE)")
    yield cursor.executemany("INSERT INTO people (name) VALUES (%s)", [("Ada",), ("Bea",), ("Zo\xeb",)])
    yield connection.commit()
    return (yield from asked(connection, "SELECT * FROM people ORDER BY id"))


def failing(statement: str, connection: Any) -> Steps:
    try:
        return [(yield from asked(connection, statement))]
    except ERRORS as error:
        return [{"error": type(error), "text": str(error), "state": error.diag.sqlstate}]


def single(*parameters: Any) -> Callable[[Any], Steps]:
    return lambda connection: asked(connection, "SELECT %s::text || ' and ' || %s::int AS both", *parameters)


def created(connection: Any) -> Steps:
    yield connection.cursor().execute(NEXT)
    yield connection.commit()


def counted(connection: Any) -> Steps:
    ((number,),), _ = yield from asked(connection, "SELECT next_of_all()")
    yield connection.commit()
    return number


# --- each with its own connection; ``owner.connect``, as it stands there when it is called ---


def blocking(owner: Any, steps: Callable[[Any], Steps], url: str) -> Seen:
    try:
        return run(steps, owner.connect(url))
    except ERRORS as error:
        return [{"error": type(error), "text": str(error)}]


def asynchronous(owner: Any, steps: Callable[[Any], Steps], url: str) -> Seen:
    async def talk() -> Seen:
        return await arun(steps, await owner.connect(url))

    try:
        return asyncio.run(talk())
    except ERRORS as error:
        return [{"error": type(error), "text": str(error)}]


def nowhere(talk: Talk, url: str) -> Seen:
    """A database that is not there."""
    return talk(rows, url.rpartition("/")[0] + "/nowhere")


def unreachable(talk: Talk, _: str) -> Seen:
    return talk(rows, "postgresql://postgres@127.0.0.1:1/postgres")


def same(talk: Talk, url: str, count: int) -> list[Seen]:
    talk(created, url)
    with ThreadPoolExecutor(5) as threads:
        return list(threads.map(lambda _: talk(counted, url), range(count)))


def distinct(talk: Talk, url: str, count: int) -> list[tuple[Seen, Seen]]:
    def call(number: int) -> tuple[Seen, Seen]:
        return f"Ada and {number}", talk(single("Ada", number), url)[0][0][0]

    with ThreadPoolExecutor(5) as threads:
        return list(threads.map(call, range(count)))


FAILURES = {
    "refused": "SELECT 1 / 0",
    "misspelt": "SELEKT 1",
    "broken off": "SELECT 10 / (50 - n) FROM generate_series(1, 100) AS n",
    "timed out": "SET statement_timeout = 200; SELECT pg_sleep(60)",
    "ended": "SELECT pg_terminate_backend(pg_backend_pid())",
}


def _subject(name: str, instrumentor: Instrumentor, tracing: Any, talk: Talk, *differs: str) -> Subject:
    acts: dict[str, Act] = {steps.__name__: partial(talk, steps) for steps in (rows, in_the_server, written)}
    failures: dict[str, Act] = {
        **{name: partial(talk, partial(failing, statement)) for name, statement in FAILURES.items()},
        "nowhere": partial(nowhere, talk),
        "unreachable": partial(unreachable, talk),
    }
    once = partial(talk, single("Ada", 2))
    others = (partial(talk, single("Bea", 2)), partial(talk, single("Ada", 3)))
    return Subject(
        name=name,
        instrumentor=instrumentor,
        tracing=tracing,
        acts=acts,
        failures=failures,
        traced=(once, acts["rows"], failures["refused"], failures["broken off"]),
        once=once,
        others=dict(zip(differs, others, strict=False)),
        same=partial(same, talk),
        ordered=False,
        distinct=partial(distinct, talk),
        home="postgresqls",
    )


_PARAMETERS = ("request.parameters[0]", "request.parameters[1]")
SYNC = _subject("psycopg", PSYCOPG, PsycopgInstrumentor, partial(blocking, psycopg), *_PARAMETERS)
ASYNC = _subject(
    "psycopg.AsyncConnection",
    PSYCOPG,
    PsycopgInstrumentor,
    partial(asynchronous, psycopg.AsyncConnection),
    *_PARAMETERS,
)
PSYCOPG2 = _subject("psycopg2", OF_PSYCOPG2, Psycopg2Instrumentor, partial(blocking, psycopg2), "request.sql")
