"""psycopg 3 against a real PostgreSQL: recorded, the server stopped, replayed by a process that knows nothing of it."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor

import timetracer
from conformance.three_ways import exchanges, same_three_ways, spans
from conformance.tracing import Watched, reset_global_provider
from services.played import play, recorded, ways
from services.postgresql import Database, OwnServer
from timetracer.cassette.model import Kind

psycopg = pytest.importorskip("psycopg")
HERE = Path(__file__).parent


@pytest.mark.parametrize("script", ["psycopg_scenario.py", "psycopg_async_scenario.py"])
def test_a_scenario_over_tcp_tls_and_a_unix_socket(script: str, own: OwnServer, tmp_path: Path) -> None:
    there = ways(own)
    steps = {way: recorded(own, HERE / script, tmp_path / f"{way}.json", url) for way, url in there.items()}
    own.stop()
    for way, url in there.items():
        assert len(steps[way]) > 45
        assert play(HERE / script, "replay", tmp_path / f"{way}.json", url) == steps[way]
    for way in there:
        assert "open sesame" not in (tmp_path / f"{way}.json").read_text()


def test_a_connection_that_tls_needs_more_than_we_do_for_is_left_to_libpq(
    own: OwnServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = ways(own)["TLS"].replace("/scenario", "/postgres") + "&ssl_min_protocol_version=TLSv1.3"
    with timetracer.record(tmp_path / "cassette.json"), psycopg.connect(url) as db:
        assert db.execute("select 1").fetchone() == (1,)
        assert db.pgconn.ssl_in_use
    assert "psycopg's connection over TLS is not recorded: with ssl_min_protocol_version" in caplog.text
    assert exchanges(tmp_path / "cassette.json") == []


def asking(url: str, *questions: Any) -> Any:
    with psycopg.connect(url, autocommit=True) as db:
        return [db.execute(*question).fetchall() for question in questions]


def test_a_miss_is_raised_where_the_app_called(path: Path, postgresql: Database) -> None:
    with timetracer.record(path):
        asking(postgresql.url, ("select %s::int", (1,)))
    postgresql.stop()
    with pytest.raises(timetracer.FailedVerdict), timetracer.replay(path):
        with pytest.raises(timetracer.UnmatchedCall, match=r'parameters\[0\]: recorded "1", asked "2"'):
            asking(postgresql.url, ("select %s::int", (2,)))


def test_a_connection_of_a_replay_is_of_no_use_afterwards_and_one_from_before_leads_nowhere_in_it(
    path: Path, postgresql: Database
) -> None:
    with timetracer.record(path):
        before = psycopg.connect(postgresql.url, autocommit=True)
        before.execute("select 1")
    with pytest.raises(timetracer.FailedVerdict, match="opened before this replay began"), timetracer.replay(path):
        with pytest.raises(timetracer.TimetracerError, match="opened before this replay began"):
            before.execute("select 1")
        db = psycopg.connect(postgresql.url, autocommit=True)
        assert db.execute("select 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError):
        db.execute("select 1")
    before.close()
    db.close()


def test_exchanges_sit_on_the_spans_of_opentelemetry(
    path: Path, postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched()
    reset_global_provider(monkeypatch)
    trace.set_tracer_provider(watched.provider)
    PsycopgInstrumentor().instrument()
    tracer = watched.provider.get_tracer("app")

    def act() -> Any:
        with tracer.start_as_current_span("work"), psycopg.connect(postgresql.url) as db:
            found = db.cursor().execute("select 'one'").fetchall()
            with db.cursor() as cursor:
                cursor.executemany("select %s::text", [("a",), ("b",)], returning=True)
                found += cursor.fetchall()
        return found

    try:
        assert same_three_ways(act, path, postgresql) == [("one",), ("a",)]
    finally:
        PsycopgInstrumentor().uninstrument()
    seen = {span.exchange.key: span for span in spans(path) if span.exchange is not None}
    own = {span.span_id: span for span in spans(path)}
    assert seen["select 'one'"].scope.name == "opentelemetry.instrumentation.psycopg"
    assert seen["select 'one'"].kind is Kind.CLIENT
    assert own[seen["BEGIN"].parent_id].scope.name == "opentelemetry.instrumentation.psycopg"
    assert own[seen["COMMIT"].parent_id].name == "work"
    acted = [span["name"] for span in watched.spans if span["name"] not in ("CREATE", "DROP")]
    assert acted == ["select", "select", "work"] * 3, "the same spans as without us, and in the replay"


def test_tasks_with_a_session_each_share_a_pool(tmp_path: Path, postgresql: Database) -> None:
    pools = pytest.importorskip("psycopg_pool")

    async def unit(pool: Any, number: int, mode: str) -> Any:
        async with timetracer.use(tmp_path / f"{number}.json", mode=mode):
            async with pool.connection() as db:
                await asyncio.sleep(0)
                cursor = await db.execute("select %s::int * 2", (number,))
                return await cursor.fetchone()

    async def act(mode: str) -> Any:
        async with pools.AsyncConnectionPool(postgresql.url, min_size=2, max_size=3, open=False) as pool:
            await pool.wait()
            return await asyncio.gather(*(unit(pool, number, mode) for number in range(10)))

    with timetracer.record(tmp_path / "pool.json"):  # the connections are tapped, whoever uses them
        assert asyncio.run(act("record")) == [(number * 2,) for number in range(10)]
    for number in range(10):
        asked = [one.request for one in exchanges(tmp_path / f"{number}.json") if "parameters" in one.request]
        assert [one["parameters"] for one in asked] == [[number]]


def test_a_pipeline_and_threads_keep_each_others_spans_apart(path: Path, postgresql: Database) -> None:
    def act() -> Any:
        found: dict[int, Any] = {}

        def work(number: int) -> None:
            with psycopg.connect(postgresql.url) as db, db.pipeline():
                found[number] = [db.execute("select %s::int", (number * 10 + step,)) for step in range(5)]
            found[number] = [cursor.fetchone()[0] for cursor in found[number]]

        threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    assert same_three_ways(act, path, postgresql) == {n: [n * 10 + step for step in range(5)] for n in range(5)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_connection_in_a_forked_child_is_served_by_the_parent(path: Path, postgresql: Database) -> None:
    with timetracer.record(path):
        db = psycopg.connect(postgresql.url, autocommit=True)
        reading, writing = os.pipe()
        if (child := os.fork()) == 0:
            said = b"not asked"
            try:
                said = repr(db.execute("select 'from the child'").fetchone()).encode()
            finally:
                os.write(writing, said)
                os._exit(0)
        os.waitpid(child, 0)
        assert os.read(reading, 100) == b"('from the child',)"
        assert db.execute("select 'from the parent'").fetchone() == ("from the parent",)
        db.close()
        os.close(reading)
        os.close(writing)


def test_a_cassette_of_asyncpg_and_the_other_way_round(path: Path, tmp_path: Path, postgresql: Database) -> None:
    asyncpg = pytest.importorskip("asyncpg")
    query = "select $1::int + id as sum, name, price from item where name = $2 order by id"

    async def by_asyncpg() -> Any:
        db = await asyncpg.connect(postgresql.url)
        rows = await db.fetch(query, 1, "one")
        await db.close()
        return [tuple(row) for row in rows]

    def by_psycopg() -> Any:
        with psycopg.connect(postgresql.url, autocommit=True, cursor_factory=psycopg.RawCursor) as db:
            return db.execute(query, (1, "one")).fetchall()

    with psycopg.connect(postgresql.url) as db:
        db.execute("create table item (id serial primary key, name text, price numeric)")
        db.execute("insert into item (name, price) values ('one', 1.20), ('one', null)")
    with timetracer.record(path):
        plain = asyncio.run(by_asyncpg())
    with timetracer.record(tmp_path / "other.json"):
        assert by_psycopg() == plain
    postgresql.stop()
    with timetracer.replay(path):
        assert by_psycopg() == plain
    with timetracer.replay(tmp_path / "other.json"):
        assert asyncio.run(by_asyncpg()) == plain
