"""psycopg2 against a real PostgreSQL: recorded, the server stopped, replayed by a process that knows nothing of it."""

from __future__ import annotations

import gc
import io
import select
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.psycopg2 import Psycopg2Instrumentor

import timetracer
from conformance.three_ways import exchanges, same_three_ways, spans
from conformance.tracing import Watched, reset_global_provider
from services.played import play, recorded, ways
from services.postgresql import Database, OwnServer
from services.processes import environment

psycopg2 = pytest.importorskip("psycopg2")
from psycopg2 import extensions, extras  # noqa: E402

SCENARIO = Path(__file__).with_name("psycopg2_scenario.py")


def test_a_scenario_over_tcp_tls_and_a_unix_socket(own: OwnServer, tmp_path: Path) -> None:
    there = ways(own)
    steps = {way: recorded(own, SCENARIO, tmp_path / f"{way}.json", url) for way, url in there.items()}
    own.stop()
    for way, url in there.items():
        assert len(steps[way]) > 75
        assert play(SCENARIO, "replay", tmp_path / f"{way}.json", url) == steps[way]
        assert "open sesame" not in (tmp_path / f"{way}.json").read_text()


def test_over_tls_the_connection_speaks_of_its_server_and_is_cancelled_over_tls(own: OwnServer, path: Path) -> None:
    url = ways(own)["TLS"].replace("/scenario", "/postgres")
    with timetracer.record(path):
        db = psycopg2.connect(url)
        assert (db.info.host, db.info.port, db.info.ssl_in_use) == ("127.0.0.1", own.port, True)
        timer = threading.Timer(0.3, db.cancel)
        timer.start()
        with pytest.raises(extensions.QueryCanceledError):
            db.cursor().execute("select pg_sleep(60)")
        timer.join()
        db.close()


def test_a_connection_that_tls_needs_more_than_we_do_for_is_left_to_libpq(
    own: OwnServer, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = ways(own)["TLS"].replace("/scenario", "/postgres") + "&channel_binding=require"
    with timetracer.record(path):
        db = psycopg2.connect(url)
        db.cursor().execute("select 1")
        assert db.info.ssl_in_use
        db.close()
    assert "psycopg2's connection over TLS is not recorded: with channel_binding=require" in caplog.text
    assert exchanges(path) == []


def asking(url: str, *questions: Any) -> Any:
    db = psycopg2.connect(url)
    try:
        cursor = db.cursor()
        return [(cursor.execute(*question), cursor.fetchall())[1] for question in questions]
    finally:
        db.close()


def test_a_miss_is_raised_where_the_app_called(path: Path, postgresql: Database) -> None:
    with timetracer.record(path):
        asking(postgresql.url, ("select %s::int", (1,)))
    postgresql.stop()
    with pytest.raises(timetracer.FailedVerdict), timetracer.replay(path):
        with pytest.raises(
            timetracer.UnmatchedCall, match=r'request.sql: recorded "select 1::int", asked "select 2::int"'
        ):
            asking(postgresql.url, ("select %s::int", (2,)))


def test_a_connection_from_before_a_replay_leads_nowhere_in_it(path: Path, postgresql: Database) -> None:
    with timetracer.record(path):
        before = psycopg2.connect(postgresql.url)
        before.cursor().execute("select 1")
    with pytest.raises(timetracer.FailedVerdict, match="opened before this replay began"), timetracer.replay(path):
        with pytest.raises(timetracer.TimetracerError, match="opened before this replay began"):
            before.cursor().execute("select 1")
    before.close()


def test_exchanges_sit_on_the_spans_of_opentelemetry(
    path: Path, postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched()
    reset_global_provider(monkeypatch)
    trace.set_tracer_provider(watched.provider)
    Psycopg2Instrumentor().instrument()
    tracer = watched.provider.get_tracer("app")

    def act() -> Any:
        with tracer.start_as_current_span("work"):
            db = psycopg2.connect(postgresql.url, cursor_factory=extras.DictCursor)
            with db, db.cursor() as cursor:
                cursor.execute("select 'one'")
                found = [list(row) for row in cursor.fetchall()]
                cursor.executemany("select %s", [("a",), ("b",)])
                cursor.copy_expert("copy (select 2) to stdout", out := io.StringIO())
            db.close()
        return found, out.getvalue()

    try:
        assert same_three_ways(act, path, postgresql) == ([["one"]], "2\n")
    finally:
        Psycopg2Instrumentor().uninstrument()
    seen = {span.exchange.key: span for span in spans(path) if span.exchange is not None}
    known = {span.span_id: span for span in spans(path)}
    ours, theirs = "timetracer", "opentelemetry.instrumentation.psycopg2"
    assert seen["select 'one'"].scope.name == theirs
    assert seen["select 'a'"].scope.name == theirs
    assert (seen["select 'b'"].scope.name, seen["select 'b'"].parent_id) == (ours, seen["select 'a'"].span_id)
    assert (seen["BEGIN"].scope.name, known[seen["BEGIN"].parent_id].scope.name) == (ours, theirs)
    assert known[seen["COMMIT"].parent_id].name == "work"
    assert known[seen["copy (select 2) to stdout"].parent_id].name == "work"
    acted = [span["name"] for span in watched.spans if span["name"] not in ("CREATE", "DROP")]
    assert acted == ["select", "select", "work"] * 3, "the same spans as without us, and in the replay"


def test_the_apps_classes_are_what_they_were(path: Path, postgresql: Database) -> None:
    class Mine(extensions.connection):
        def cursor(self, *args: Any, **kwargs: Any) -> Any:
            return super().cursor(*args, **kwargs)

    class Rows(extensions.cursor):
        def execute(self, query: Any, *args: Any) -> Any:
            return super().execute(query + " + 1", *args)

    def act() -> Any:
        db = psycopg2.connect(postgresql.url, connection_factory=Mine)
        cursor, other = db.cursor(cursor_factory=Rows), db.cursor("named", Rows)
        assert isinstance(db, Mine)
        assert isinstance(cursor, Rows)
        assert isinstance(other, Rows)
        cursor.execute("select 1")
        other.execute("select 2")
        found = (type(db).__name__, type(cursor).__name__, cursor.fetchone(), other.fetchone(), other.name)
        db.close()
        return found

    assert same_three_ways(act, path, postgresql) == ("Mine", "Rows", (2,), (3,), "named")
    gc.collect()


def test_classes_that_nobody_asked_for_go_by_their_names(path: Path, postgresql: Database) -> None:
    def act() -> Any:
        db = psycopg2.connect(postgresql.url)
        kinds = [type(db), type(db.cursor()), type(db.cursor("named"))]
        db.close()
        return [(kind.__module__, kind.__qualname__, kind.__doc__) for kind in kinds]

    assert same_three_ways(act, path, postgresql)[0][:2] == ("psycopg2.extensions", "connection")


def test_a_factory_that_is_a_function_is_recorded_too(path: Path, postgresql: Database) -> None:
    def made(dsn: str) -> Any:
        return extensions.connection(dsn)

    def act() -> Any:
        db = psycopg2.connect(postgresql.url, connection_factory=made)
        cursor = db.cursor()
        cursor.execute("select 'by a function'")
        found = cursor.fetchone()
        db.close()
        return found

    assert same_three_ways(act, path, postgresql) == ("by a function",)


def test_a_large_copy_ends_while_the_server_reads_slowly(path: Path, postgresql: Database) -> None:
    """libpq says the end of a COPY while it keeps everybody from running: the relay must not be behind then."""

    def act() -> Any:
        db = psycopg2.connect(postgresql.url)
        cursor = db.cursor()
        cursor.execute("create temp table big (said text)")
        for _ in range(10):
            cursor.copy_from(io.StringIO(("x" * 8000 + "\n") * 200), "big")
        cursor.execute("select count(*), sum(length(said)) from big")
        found = cursor.fetchone()
        db.close()
        return found

    assert same_three_ways(act, path, postgresql) == (2000, 16_000_000)


def test_what_an_interpreter_does_at_its_very_end_does_not_wait_for_us(tmp_path: Path, postgresql: Database) -> None:
    code = f"""
import psycopg2, timetracer
timetracer.instrument({str(tmp_path / "cassettes")!r}, mode="record")
class Late:
    def __del__(self):
        self.db.rollback()
        print("rolled back", flush=True)
late = Late()
late.db = psycopg2.connect({postgresql.url!r})
late.db.cursor().execute("select 1")
"""
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=120)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "rolled back\n", "")


def test_an_asynchronous_connection_that_is_waited_for_with_an_epoll(path: Path, postgresql: Database) -> None:
    def wait(db: Any, epoll: Any) -> None:
        while (state := db.poll()) != extensions.POLL_OK:
            epoll.modify(db.fileno(), select.EPOLLIN if state == extensions.POLL_READ else select.EPOLLOUT)
            assert epoll.poll(30)

    def act() -> Any:
        db = psycopg2.connect(postgresql.url, async_=1)
        with select.epoll() as epoll:
            epoll.register(db.fileno(), select.EPOLLOUT)
            wait(db, epoll)
            cursor = db.cursor()
            cursor.execute("select %s::int", (1,))
            wait(db, epoll)
            found = [cursor.fetchone(), db.info.host]
            cursor.execute("select 1 / 0")
            with pytest.raises(psycopg2.DataError):
                wait(db, epoll)
        db.close()
        return found

    assert same_three_ways(act, path, postgresql) == [(1,), "127.0.0.1"]


def test_an_asynchronous_connection_is_cancelled(path: Path, postgresql: Database) -> None:
    with timetracer.record(path):
        db = psycopg2.connect(postgresql.url, async_=1)
        with pytest.raises(psycopg2.OperationalError, match="underway"):
            db.cancel()
        extras.wait_select(db)
        cursor, pid = db.cursor(), db.info.backend_pid
        cursor.execute("select pg_sleep(60)")
        with closing(psycopg2.connect(postgresql.url)) as other, other.cursor() as looking:
            other.autocommit = True
            while not looking.rowcount > 0:  # a cancel that comes before the query cancels nothing
                looking.execute("select from pg_stat_activity where wait_event = 'PgSleep' and pid = %s", (pid,))
        db.cancel()
        with pytest.raises(extensions.QueryCanceledError):
            extras.wait_select(db)
        db.close()


def test_an_asynchronous_connection_that_fails(path: Path, postgresql: Database) -> None:
    def act() -> Any:
        try:
            extras.wait_select(psycopg2.connect(postgresql.url + "_not_there", async_=1))
        except psycopg2.OperationalError as error:
            return "does not exist" in str(error)

    assert same_three_ways(act, path, postgresql)


def test_a_large_object_that_nobody_closes(path: Path, postgresql: Database) -> None:
    def act() -> Any:
        db = psycopg2.connect(postgresql.url)
        made = db.lobject()
        made.write(b"said")
        del made
        gc.collect()
        cursor = db.cursor()
        cursor.execute("select 'after it'")
        found = cursor.fetchone()
        db.close()
        return found

    assert same_three_ways(act, path, postgresql) == ("after it",)
    assert "function 953" in [exchange.key for exchange in exchanges(path)], "lo_close"
