"""What is told of statements as Django, SQLAlchemy, asyncpg, psycopg, Tortoise and Peewee send them."""

from __future__ import annotations

import asyncpg.introspection
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer_instrumentors.postgresql import sql

# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('SAVEPOINT "s140185123456_x1"', 'SAVEPOINT "s139999999999_x7"'),  # Django
        ('RELEASE SAVEPOINT "s140185123456_x1"', 'RELEASE SAVEPOINT "s139999999999_x7"'),
        ('ROLLBACK TO SAVEPOINT "s140185123456_x1"', 'ROLLBACK TO SAVEPOINT "s139999999999_x7"'),
        (
            'DECLARE "_django_curs_140185_sync_1" NO SCROLL CURSOR WITHOUT HOLD FOR SELECT 1',
            'DECLARE "_django_curs_150000_sync_9" NO SCROLL CURSOR WITHOUT HOLD FOR SELECT 1',
        ),
        ("SAVEPOINT __asyncpg_savepoint_1__;", "SAVEPOINT __asyncpg_savepoint_a7__;"),
        ("ROLLBACK TO __asyncpg_savepoint_1__;", "ROLLBACK TO __asyncpg_savepoint_2__;"),
        ('SAVEPOINT "_pg3_1"', 'SAVEPOINT "_pg3_2"'),
        ("DEALLOCATE _pg3_0", "DEALLOCATE _pg3_4"),
        ("SAVEPOINT sa_savepoint_1", "SAVEPOINT sa_savepoint_12"),
        ("RELEASE SAVEPOINT sa_savepoint_1", "RELEASE SAVEPOINT sa_savepoint_12"),
        ('FETCH FORWARD 50 FROM "c_7f1e2d3c4b5a_1"', 'FETCH FORWARD 50 FROM "c_7f000000aaaa_2"'),
        ('CLOSE "c_7f1e2d3c4b5a_1"', 'CLOSE "c_7f000000aaaa_2"'),
        ('DECLARE "c_7f1e2d3c4b5a_1" CURSOR FOR SELECT 1', 'DECLARE "c_7f000000aaaa_2" CURSOR FOR SELECT 1'),
        ("SAVEPOINT s" + "0123456789abcdef" * 2 + ";", "SAVEPOINT s" + "fedcba9876543210" * 2 + ";"),  # Peewee
        (
            'FETCH 7 FROM "215af64b-e77b-11f1-b87f-522f96de11f3"',  # Peewee, too
            'FETCH 7 FROM "215fde18-e77b-11f1-93c3-02fc00000001"',
        ),
        ("SAVEPOINT tortoise_savepoint_1", "SAVEPOINT tortoise_savepoint_2"),
        ("select 1 /* trace 1 */", "select 1 -- trace 2"),
        ("begin; savepoint __asyncpg_savepoint_1__", "begin; savepoint __asyncpg_savepoint_2__"),
    ],
)
def test_names_that_drivers_made_up_are_alike(one: str, other: str) -> None:
    assert sql.normal(one) == sql.normal(other)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (
            "insert into marked (a, b) values (1, 'x'), (2, 'y')",
            "insert into marked (a, b) values (2, 'y'), (1, 'x')",
            1,
        ),
        ("insert into t (a) values (now()), ('(''), (');", "insert into t (a) values ('(''), ('), (now());", 0),
        ("insert into t (a) values (now()), ('(''), (')", "insert into t (a) values ('(''), ('), (now())", 1),
        ("insert into t (a) values (1), (2)", "insert into t (a) values (1), (1)", 0),
        ("insert into t (a) values (1), (2) returning id", "insert into t (a) values (2), (1) returning id", 0),
        ("insert into t (a, b) values (1, 2)", "insert into t (a, b) values (2, 1)", 0),
        ("select a in ('x', '(,') , b in (1,2)", "select a in ('(,', 'x') , b in (2,1)", 1),
        ("select a from t where a in (1, 2) and b in (3)", "select a from t where a in (3, 2) and b in (1)", 0),
        ('TRUNCATE "a", b.c , d RESTART IDENTITY;', 'TRUNCATE d, "a" , b.c RESTART IDENTITY;', 1),
        ("truncate a, b cascade", "truncate a, c cascade", 0),
        ("select 'in (1, 2)'", "select 'in (2, 1)'", 0),
        ("select f(a, b)", "select f(b, a)", 0),
        ("select 1 in (select a, b)", "select 1 in (select b, a)", 0),
    ],
)
def test_sets_are_alike_in_any_order(one: str, other: str, alike: int) -> None:
    assert (sql.normal(one) == sql.normal(other)) is bool(alike)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("FETCH 5 FROM c1", "FETCH 5 FROM c2"),
        ("DECLARE c1 CURSOR FOR SELECT 1", "DECLARE c2 CURSOR FOR SELECT 1"),
        ('FETCH 5 FROM "c_7f1e2d3c4b5a_1"', 'FETCH 6 FROM "c_7f1e2d3c4b5a_1"'),
        ('DECLARE "c_7f1e2d3c4b5a_1" CURSOR FOR SELECT 1', 'DECLARE "c_7f1e2d3c4b5a_1" CURSOR FOR SELECT 2'),
        ("SAVEPOINT before_import", "SAVEPOINT after_import"),
        ("SAVEPOINT a", "RELEASE a"),
        ("select id from sa_savepoint_1", "select id from sa_savepoint_2"),
        ("select '_pg3_1'", "select '_pg3_2'"),
        ("select close _pg3_1", "select close _pg3_2"),
    ],
)
def test_nothing_else_is(one: str, other: str) -> None:
    assert sql.normal(one) != sql.normal(other)


def test_identifiers_of_a_run_stay_where_they_are_in_a_set() -> None:
    one, two = "0e579c36-c4ac-42d5-905b-a3b30e0047df", "393fdad4-0033-42d5-ae75-12b45da15046"
    assert sorted([f"'{two}'", "'b'", f"'{one}'", "'a'"], key=sql.order) == [f"'{two}'", f"'{one}'", "'a'", "'b'"]


def test_parameters_of_a_set_have_no_order() -> None:
    found = sql.unordered_parameters(
        "select $1 where a in ($2, $3::int, $4) and b in ($5, 1) and c in ($6::varchar(2))"
    )
    assert found == [[1, 2, 3]]


# --- writes -----------------------------------------------------------------------------------------------------------

WRITES = [
    'INSERT INTO "shop_order" ("id", "name") VALUES (%s, %s) RETURNING "shop_order"."id"',
    "/* from a form */ insert into t values ($1)",
    'UPDATE "shop_order" SET "name" = %s WHERE "shop_order"."id" = %s',
    "DELETE FROM t WHERE id = $1",
    "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE",
    "WITH new AS (INSERT INTO t (id) VALUES ($1) RETURNING id) SELECT * FROM new",
    "WITH u AS (UPDATE ONLY t AS x SET a = $1 RETURNING 1) SELECT 1",
    "with d as (delete from t returning *) select * from d",
    "WITH s AS (SELECT 1) INSERT INTO t SELECT * FROM s",
    "COPY t (a, b) FROM STDIN",
    "SELECT nextval('seq')",
    "select pg_notify($1, $2)",
    "SELECT * INTO copy_of_t FROM t",
    "CALL charge($1)",
    "DO $$ begin null; end $$",
    "NOTIFY jobs, '7'",
    "CREATE TABLE t (id uuid)",
    "PREPARE p AS INSERT INTO t VALUES ($1)",
    "SELECT 1; INSERT INTO t VALUES (1)",
    "select lo_create(0)",
]
READS = [
    "SELECT 1",
    "  (select a from t) union (select b from s)",
    "SELECT copy, into_x, insert_date, update_count, \"insert into t\" FROM t WHERE call = 'delete from x' AND do_it",
    "SELECT 'insert into t values (1)'",
    "select $$update t set a = 1$$, $x$delete from t$x$",
    "SELECT id FROM jobs WHERE id = $1 FOR UPDATE SKIP LOCKED",
    "SELECT id FROM t FOR NO KEY UPDATE OF t NOWAIT",
    "WITH u AS (SELECT 1 AS update) SELECT * FROM u",
    "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t) SELECT n FROM t",
    "COPY t TO STDOUT",
    "COPY (SELECT a FROM t) TO STDOUT (FORMAT binary)",
    "EXPLAIN INSERT INTO t VALUES (1)",
    "EXPLAIN ANALYZE SELECT 1",
    "FETCH 10 FROM c",
    "DECLARE c CURSOR FOR SELECT 1",
    "SHOW TimeZone",
    "BEGIN",
    "COMMIT",
    "ROLLBACK TO a",
    "SET search_path TO x",
    "LISTEN jobs",
    "EXECUTE p(1)",
    "TABLE t",
    "VALUES (1)",
    "",
    ";",
    "SELECT my_function($1)",
    "select update_all from t -- insert into t",
]


@pytest.mark.parametrize("statement", WRITES)
def test_writes(statement: str) -> None:
    assert sql.writes(statement)
    assert not sql.is_fact(statement)


@pytest.mark.parametrize("statement", READS)
def test_reads(statement: str) -> None:
    assert not sql.writes(statement)


# --- facts ------------------------------------------------------------------------------------------------------------

FACTS = [
    asyncpg.introspection.INTRO_LOOKUP_TYPES,
    asyncpg.introspection.INTRO_LOOKUP_TYPES_13,
    asyncpg.introspection.TYPE_BY_NAME,
    "select pg_catalog.version()",
    "select current_schema()",
    "show standard_conforming_strings",
    "SHOW transaction isolation level",
    """SELECT typname AS name, oid, typarray AS array_oid, oid::regtype::text AS regtype, typdelim AS delimiter
    FROM pg_type t WHERE t.oid = to_regtype($1) ORDER BY t.oid""",
    "SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON true",
    "SELECT t.oid, typarray FROM pg_type t JOIN pg_namespace ns ON typnamespace = ns.oid WHERE typname = 'hstore'",
    "select a.attname from pg_catalog.pg_attribute a, pg_catalog.pg_class c where a.attrelid = c.oid",
    "SELECT table_name FROM information_schema.tables",
    "SELECT name, oid FROM (SELECT t.typname AS name, t.oid AS oid FROM pg_type t LEFT JOIN pg_enum e ON true) x",
    'SELECT c.relname FROM "pg_catalog"."pg_class" c',
]
NO_FACTS = [
    "select id from users",
    "select * from pg_class c, users u where c.relname = u.name",
    "select * from pg_class, pg_type t, users",
    "select * from pg_class join users on true",
    "with t as (select * from users) select * from t join pg_type on true",
    "select 'from pg_class' from users",
    "select pid from pg_stat_activity",
    "select * from pg_locks",
    "select name from pg_cursors",
    "select now(), version()",
    "select 1",
    "select nextval('s'), current_user",
    "select my_function(1)",
    "select * from my_function(1)",
    "select pg_sleep(1)",
    "select pg_backend_pid(), version()",
    "insert into t select oid from pg_type",
    "",
]


@pytest.mark.parametrize("statement", FACTS)
def test_facts(statement: str) -> None:
    assert sql.is_fact(statement)


@pytest.mark.parametrize("statement", NO_FACTS)
def test_what_is_no_fact(statement: str) -> None:
    assert not sql.is_fact(statement)


# --- pools and transactions -------------------------------------------------------------------------------------------

INCIDENTAL = {
    # statement: its tags
    "BEGIN;": ["BEGIN"],
    "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY": ["BEGIN"],
    "START TRANSACTION": ["START TRANSACTION"],
    "COMMIT": ["COMMIT"],
    "end": ["COMMIT"],
    "ABORT": ["ROLLBACK"],
    'ROLLBACK TO SAVEPOINT "x"': ["ROLLBACK"],
    "SELECT pg_advisory_unlock_all();\nCLOSE ALL;\nUNLISTEN *;\nRESET ALL;": [
        "SELECT",
        "CLOSE CURSOR ALL",
        "UNLISTEN",
        "RESET",
    ],
    "DISCARD ALL": ["DISCARD ALL"],
    "DEALLOCATE ALL": ["DEALLOCATE ALL"],
    "DEALLOCATE p": ["DEALLOCATE"],
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE": ["SET"],
    ";": [],
    "-- ping": [],
}


@pytest.mark.parametrize("statement", INCIDENTAL)
def test_what_pools_send(statement: str) -> None:
    assert sql.is_incidental(statement)
    assert sql.tags(statement) == INCIDENTAL[statement]


@pytest.mark.parametrize(
    "statement",
    [
        "select 1 as one",
        "BEGIN; INSERT INTO t VALUES (1)",
        "SET CONSTRAINTS ALL DEFERRED",
        "settle",
        "commits",
        "close c1",
        "select pg_advisory_unlock_all(1)",
        "LISTEN x",
        "ended",
        "beginning",
    ],
)
def test_what_pools_do_not_send(statement: str) -> None:
    assert not sql.is_incidental(statement)


@pytest.mark.parametrize(
    ("statement", "before", "after", "ends"),
    [
        ("begin", "I", "T", False),
        ("start transaction read only", "I", "T", False),
        ("commit", "T", "I", True),
        ("commit and chain", "T", "T", True),
        ("rollback", "E", "I", True),
        ("rollback to a", "E", "T", True),
        ("abort", "E", "I", True),
        ("savepoint a", "T", "T", False),
        ("begin; savepoint a; commit", "I", "I", False),
    ],
)
def test_transactions(statement: str, before: str, after: str, ends: bool) -> None:
    assert sql.status_after(statement, before) == after
    assert sql.ends_transaction(statement) is ends


@pytest.mark.parametrize(
    ("statement", "comes_in", "binary"),
    [
        ("COPY t FROM STDIN", True, False),
        ('COPY "a"."t"("x", "y") FROM STDIN WITH (FORMAT csv, HEADER true)', True, False),
        ("copy t (x) from stdin (format 'binary')", True, True),
        ("COPY t FROM STDIN WITH BINARY", True, True),
        ("COPY t FROM '/tmp/x'", False, False),
        ("COPY t TO STDOUT", False, False),
        ("select 'copy t from stdin'", False, False),
    ],
)
def test_copy(statement: str, comes_in: bool, binary: bool) -> None:
    assert sql.is_copy_in(statement) is comes_in
    assert sql.is_binary_copy(statement) is binary


# --- any text ---------------------------------------------------------------------------------------------------------


@given(st.text(alphabet="select insert into values from ($1,')\";-/*=_x", max_size=80))
def test_any_text_is_looked_at_without_trouble(text: str) -> None:
    for look in (sql.normal, sql.is_fact, sql.writes, sql.is_incidental, sql.is_copy_in, sql.tags, sql.bare):
        look(text)


@pytest.mark.parametrize(
    "piece", ["(", "'", "select ", "$1,", "from a, ", "/*", "insert into t (a) values (", "begin ", "x ", '"', "a in ("]
)
def test_long_statements_are_read_once(piece: str) -> None:
    text = piece * 4_000  # what takes the square of it does not come back
    for look in (sql.normal, sql.is_fact, sql.writes, sql.is_incidental, sql.is_copy_in):
        look(text)


@pytest.mark.parametrize(
    ("statement", "channel"),
    [
        ("LISTEN news", (True, "news")),
        ("listen News;", (True, "news")),
        ('LISTEN "New""s"', (True, 'New"s')),
        ("UNLISTEN *", (False, "*")),
        ("SELECT 1", None),
    ],
)
def test_channels(statement: str, channel: tuple[bool, str] | None) -> None:
    assert sql.channel(statement) == channel


def test_long_statements_are_not_remembered() -> None:
    seen: list[str] = []

    @sql.remembered
    def look(statement: str) -> int:
        seen.append(statement)
        return len(statement)

    short, long = "select 1", "x" * sql.LONG
    assert [look(each) for each in (short, short, long, long)] == [8, 8, sql.LONG, sql.LONG]
    assert seen == [short, long, long]
