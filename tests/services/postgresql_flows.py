"""Transcripts of PostgreSQL's message flows, as real clients and a real server have them.

Each is a list of turns on one connection: what the client says, what the server answers. A replay of what was recorded
from it says the same bytes.
"""

from __future__ import annotations

from struct import pack

from services.postgresql_transcripts import (
    BOUND,
    CLOSED,
    COPY_DONE,
    EMPTY,
    FAILED,
    FLUSH,
    ID,
    IDLE,
    NAME,
    NO_DATA,
    OPEN,
    PARSED,
    SUSPENDED,
    SYNC,
    Turn,
    bind,
    call,
    close,
    columns,
    complete,
    copy_data,
    copy_fail,
    describe,
    error,
    execute,
    notice,
    parse,
    query,
    row,
    run,
    told,
)
from timetracer_instrumentors.postgresql import messages as m

ONE, TWO = row(b"1", b"ann"), row(b"2", None)
SELECT = "select id, name from users where id < $1"
INT = pack("!i", 5)
PREPARED = PARSED + m.parameter_description([23]) + columns(ID, NAME)
COPY_IN, COPY_OUT = m.copy_response(b"G", 0, [0, 0]), m.copy_response(b"H", 0, [0, 0])
BINARY_ROWS = columns(ID, NAME, form=1) + row(pack("!i", 1), b"ann")

FLOWS: dict[str, list[Turn]] = {
    "extended": [(run(SELECT, b"5", oids=[23]) + SYNC, told(ONE, TWO) + IDLE)],
    "no rows": [(run(SELECT, b"5") + SYNC, told(tag="SELECT 0") + IDLE)],
    "no columns": [
        (run("insert into t values ($1)", b"5") + SYNC, PARSED + BOUND + NO_DATA + complete("INSERT 0 1") + IDLE)
    ],
    "binary rows": [
        (run(SELECT, b"5", results=[1]) + SYNC, PARSED + BOUND + BINARY_ROWS + complete("SELECT 1") + IDLE),
        (
            run(SELECT, b"6", results=[1, 0]) + SYNC,
            PARSED
            + BOUND
            + m.row_description([ID._replace(format=1), NAME])
            + row(pack("!i", 1), b"ann")
            + complete("SELECT 1")
            + IDLE,
        ),
    ],
    "prepared, then used twice": [
        (parse(SELECT, "s1") + describe(b"S", "s1") + FLUSH, PREPARED),
        (
            bind(INT, name="s1", formats=[1], results=[1]) + execute() + SYNC,
            BOUND + row(INT, b"x") + complete("SELECT 1") + IDLE,
        ),
        (
            bind(pack("!i", 6), name="s1", formats=[1], results=[1]) + execute() + SYNC,
            BOUND + complete("SELECT 0") + IDLE,
        ),
        (close(b"S", "s1") + SYNC, CLOSED + IDLE),
    ],
    "prepared with a Sync": [
        (parse(SELECT, "s1", [23]) + SYNC, PARSED + IDLE),
        (
            bind(b"5", name="s1") + describe() + execute() + SYNC,
            BOUND + columns(ID, NAME) + ONE + complete("SELECT 1") + IDLE,
        ),
    ],
    "a portal in parts": [
        (query("begin"), complete("BEGIN") + OPEN),
        (parse(SELECT, "s1") + describe(b"S", "s1") + FLUSH, PREPARED),
        (bind(b"5", portal="c", name="s1") + SYNC, BOUND + OPEN),
        (execute("c", 1) + SYNC, ONE + SUSPENDED + OPEN),
        (execute("c", 1) + SYNC, TWO + SUSPENDED + OPEN),
        (execute("c", 1) + SYNC, complete("SELECT 0") + OPEN),
        (close(b"P", "c") + SYNC, CLOSED + OPEN),
    ],
    "executemany": [
        (
            parse("insert into t values ($1)", "s1", [23])
            + b"".join(bind(b"%d" % n, name="s1") + execute() for n in range(3))
            + SYNC,
            PARSED + (BOUND + complete("INSERT 0 1")) * 3 + IDLE,
        )
    ],
    "a pipeline of several": [
        (
            run("insert into t values (1)") + run(SELECT, b"5") + SYNC,
            PARSED + BOUND + NO_DATA + complete("INSERT 0 1") + told(ONE) + IDLE,
        )
    ],
    "an error at Execute": [(run("select 1/0 as id") + SYNC, PARSED + BOUND + columns(ID) + error() + IDLE)],
    "an error in a transaction": [
        (query("begin"), complete("BEGIN") + OPEN),
        (query("select 1/0"), error() + FAILED),
        (query("select id from t"), error("25P02", "current transaction is aborted") + FAILED),
        (query("rollback"), complete("ROLLBACK") + IDLE),
    ],
    "an error that Sync brings": [
        (
            run("insert into deferred values (1)") + SYNC,
            PARSED + BOUND + NO_DATA + complete("INSERT 0 1") + error("23503", "fk") + IDLE,
        )
    ],
    "an error while preparing": [
        (parse("selec", "s1") + describe(b"S", "s1") + FLUSH, error("42601", 'syntax error at or near "selec"')),
        (SYNC, IDLE),
    ],
    "an error while preparing with a Sync": [
        (parse("selec", "s1") + SYNC, error("42601", 'syntax error at or near "selec"') + IDLE),
        (query("select id from t"), columns(ID) + complete("SELECT 0") + IDLE),
    ],
    "an error at Bind alone": [
        (query("begin"), complete("BEGIN") + OPEN),
        (parse(SELECT, "s1") + describe(b"S", "s1") + FLUSH, PREPARED),
        (bind(b"5", portal="c", name="s1") + SYNC, BOUND + OPEN),
        (execute("c", 10) + SYNC, ONE + complete("SELECT 1") + OPEN),
        (
            bind(b"x", portal="d", name="s1") + SYNC,
            error("22P02", 'invalid input syntax for type integer: "x"') + FAILED,
        ),
        (query("rollback"), complete("ROLLBACK") + IDLE),
    ],
    "a script": [
        (
            query("select 1 as id; insert into t values (1); select name from t"),
            columns(ID)
            + row(b"1")
            + complete("SELECT 1")
            + complete("INSERT 0 1")
            + columns(NAME)
            + row(b"a")
            + row(None)
            + complete("SELECT 2")
            + IDLE,
        )
    ],
    "a script that fails": [
        (query("select 1 as id; select 1/0"), columns(ID) + row(b"1") + complete("SELECT 1") + error() + IDLE)
    ],
    "equal names of columns": [
        (query("select 1 as id, 2 as id"), columns(ID, ID) + row(b"1", b"2") + complete("SELECT 1") + IDLE)
    ],
    "no statement": [(query(""), EMPTY + IDLE), (run(" ; ") + SYNC, PARSED + BOUND + NO_DATA + EMPTY + IDLE)],
    "notices": [(query("do $$ begin raise notice 'x'; end $$"), notice("x") + notice("y") + complete("DO") + IDLE)],
    "settings that change": [
        (query("set timezone to 'Asia/Tokyo'"), complete("SET") + m.parameter_status("TimeZone", "Asia/Tokyo") + IDLE),
        (
            run("set datestyle to german") + SYNC,
            PARSED + BOUND + NO_DATA + complete("SET") + m.parameter_status("DateStyle", "German, DMY") + IDLE,
        ),
    ],
    "transactions": [
        (query("BEGIN"), complete("BEGIN") + OPEN),
        (query("SAVEPOINT a"), complete("SAVEPOINT") + OPEN),
        (run("insert into t values (1)") + SYNC, PARSED + BOUND + NO_DATA + error("23505", "duplicate") + FAILED),
        (query("ROLLBACK TO a"), complete("ROLLBACK") + OPEN),
        (query("COMMIT"), complete("COMMIT") + IDLE),
    ],
    "copy out": [
        (
            query("copy t to stdout"),
            COPY_OUT + copy_data(b"1\ta\n") + copy_data(b"2\t\\N\n") + COPY_DONE + complete("COPY 2") + IDLE,
        ),
        (run("copy e to stdout") + SYNC, PARSED + BOUND + NO_DATA + COPY_OUT + COPY_DONE + complete("COPY 0") + IDLE),
    ],
    "copy out, binary": [
        (
            query("copy t to stdout (format binary)"),
            m.copy_response(b"H", 1, [1])
            + copy_data(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            + copy_data(b"\xff\xff")
            + COPY_DONE
            + complete("COPY 0")
            + IDLE,
        )
    ],
    "copy in": [
        (query("copy t from stdin"), COPY_IN),
        (copy_data(b"1\ta\n") + copy_data(b"2\tb\n") + COPY_DONE, complete("COPY 2") + IDLE),
        (query("copy t from stdin"), COPY_IN),
        (copy_data(b"3\tc\n") + COPY_DONE, complete("COPY 1") + IDLE),
    ],
    "copy in, extended": [
        (run("copy t from stdin") + SYNC, PARSED + BOUND + NO_DATA + COPY_IN),
        (copy_data(b"1\ta\n") + COPY_DONE + SYNC, complete("COPY 1") + IDLE),
        (run(SELECT, b"5") + SYNC, told(ONE) + IDLE),
    ],
    "copy in without waiting": [
        (
            query("copy t from stdin") + copy_data(b"1\ta\n") + copy_data(b"") + COPY_DONE,
            COPY_IN + complete("COPY 1") + IDLE,
        ),
        (query("select id, name from t"), columns(ID, NAME) + ONE + complete("SELECT 1") + IDLE),
    ],
    "copy in that the server refuses at the end": [
        (run("copy t from stdin") + SYNC, PARSED + BOUND + NO_DATA + COPY_IN),
        (copy_data(b"x\n") + COPY_DONE + SYNC, error("22P04", "missing data for column") + IDLE),
        (run(SELECT, b"5") + SYNC, told(ONE) + IDLE),
    ],
    "copy in that the client gives up": [
        (query("copy t from stdin"), COPY_IN),
        (copy_data(b"1\ta\n") + copy_fail("no more"), error("57014", "COPY from stdin failed: no more") + IDLE),
        (query("copy t from stdin"), COPY_IN),
        (copy_data(b"1\ta\n") + COPY_DONE, complete("COPY 1") + IDLE),
    ],
    "copy in that never begins": [
        (query("copy nosuch from stdin"), error("42P01", 'relation "nosuch" does not exist') + IDLE),
        (
            run("copy nosuch from stdin") + SYNC,
            PARSED + BOUND + NO_DATA + error("42P01", 'relation "nosuch" does not exist') + IDLE,
        ),
        (query("select id, name from t"), columns(ID, NAME) + ONE + complete("SELECT 1") + IDLE),
    ],
    "a function": [
        (call(952, INT, pack("!i", 3)), m.message(b"V", m.value(b"abc")) + IDLE),
        (call(953, INT), m.message(b"V", m.value(None)) + IDLE),
        (call(954, INT), error("42704", "large object 5 does not exist") + IDLE),
    ],
    "cursors in SQL": [
        (query("begin"), complete("BEGIN") + OPEN),
        (query("declare c1 cursor for select id from t"), complete("DECLARE CURSOR") + OPEN),
        (query("declare c2 cursor for select name from t"), complete("DECLARE CURSOR") + OPEN),
        (run("fetch 1 from c1") + SYNC, PARSED + BOUND + columns(ID) + row(b"1") + complete("FETCH 1") + OPEN),
        (run("fetch 1 from c2") + SYNC, PARSED + BOUND + columns(NAME) + row(b"a") + complete("FETCH 1") + OPEN),
        (query("close c1"), complete("CLOSE CURSOR") + OPEN),
        (query("commit"), complete("COMMIT") + IDLE),
    ],
    "names that a driver made up": [
        (query('declare "c_7f3a2b1c9d_1" cursor for select id from t'), complete("DECLARE CURSOR") + OPEN),
        (
            run('fetch forward 5 from "c_7f3a2b1c9d_1"') + SYNC,
            PARSED + BOUND + columns(ID) + row(b"1") + complete("FETCH 1") + OPEN,
        ),
        (query('declare "c_7f3a2b1caa_2" cursor for select name from t'), complete("DECLARE CURSOR") + OPEN),
        (
            run('fetch forward 5 from "c_7f3a2b1caa_2"') + SYNC,
            PARSED + BOUND + columns(NAME) + row(b"a") + complete("FETCH 1") + OPEN,
        ),
    ],
    "a statement that is not there": [
        (bind(name="gone") + execute() + SYNC, error("26000", 'prepared statement "gone" does not exist') + IDLE),
        (describe(b"S", "gone") + SYNC, error("26000", 'prepared statement "gone" does not exist') + IDLE),
        (execute("gone") + SYNC, error("34000", 'portal "gone" does not exist') + IDLE),
        (describe(b"P", "gone") + SYNC, error("34000", 'portal "gone" does not exist') + IDLE),
    ],
    "the server goes away": [
        (query("select pg_terminate_backend(7)"), error("57P01", "terminating connection", "FATAL")),
    ],
}
"""By what happens in it."""
