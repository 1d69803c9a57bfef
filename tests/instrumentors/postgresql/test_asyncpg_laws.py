"""What holds for asyncpg beyond single operations: pools, facts, writes, identifiers, connections of another time."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.instrumentation.utils import suppress_instrumentation

import timetracer
from services.postgresql import Database
from timetracer import FailedVerdict, UnmatchedCall
from timetracer.cassette import files
from timetracer.errors import ReplayError
from timetracer.recording import faults

asyncpg = pytest.importorskip("asyncpg")
TABLE = "CREATE TABLE people (id uuid PRIMARY KEY, name text, token text)"


@pytest.fixture(autouse=True)
def faults_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "raising", True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassette.json"


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for a whole test: a pool belongs to the loop that it was opened on."""
    one = asyncio.new_event_loop()
    yield one
    for _ in range(2):  # what was terminated is closed soon after
        one.run_until_complete(asyncio.sleep(0))
    one.close()


async def connected(url: str, act: Callable[[Any], Awaitable[Any]]) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await act(connection)
    finally:
        await connection.close()


def run(url: str, act: Callable[[Any], Awaitable[Any]]) -> Any:
    return asyncio.run(connected(url, act))


async def pooled(url: str, size: int) -> Any:
    async with asyncpg.create_pool(url, min_size=size, max_size=size) as pool:

        async def one(number: int) -> Any:
            async with pool.acquire() as connection, connection.transaction():
                return await connection.fetchval("SELECT $1::int * 10", number)

        return await asyncio.gather(*map(one, range(12)))


@pytest.mark.parametrize(("recorded", "replayed"), [(1, 5), (5, 1)])
def test_the_size_of_a_pool_does_not_matter(recorded: int, replayed: int, path: Path, postgresql: Database) -> None:
    with timetracer.record(path):
        seen = asyncio.run(pooled(postgresql.url, recorded))
    postgresql.stop()
    with timetracer.replay(path, strict=True) as block:
        assert asyncio.run(pooled(postgresql.url, replayed)) == seen
    assert block.verdict.missed == []


def test_a_test_that_ran_second_in_a_shared_pool_replays_alone(
    tmp_path: Path, postgresql: Database, loop: asyncio.AbstractEventLoop
) -> None:
    """What the first learned of types and statements, on a pool that was open before either, is in both cassettes."""

    async def act(pool: Any) -> Any:
        return [tuple(row) for row in await pool.fetch("SELECT 'ok'::mood AS m, $1::int AS n", 5)]

    async def opened() -> Any:
        return await asyncpg.create_pool(postgresql.url, min_size=1, max_size=1)

    with timetracer.record(tmp_path / "start-up.json"):  # we are in place, as we are in every service and test run
        pool = loop.run_until_complete(opened())
    loop.run_until_complete(pool.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')"))
    for name in ("first", "second"):
        with timetracer.record(tmp_path / f"{name}.json"):
            seen = loop.run_until_complete(act(pool))
    loop.run_until_complete(pool.close())
    postgresql.stop()
    with timetracer.replay(tmp_path / "second.json", strict=True):
        pool = loop.run_until_complete(opened())
        assert loop.run_until_complete(act(pool)) == seen
        loop.run_until_complete(pool.close())


def test_an_insert_in_a_replay_reaches_no_server(path: Path, postgresql: Database) -> None:
    async def act(connection: Any) -> Any:
        return await connection.execute("INSERT INTO people VALUES ($1, $2)", uuid.UUID(int=1), "Ada")

    run(postgresql.url, lambda connection: connection.execute(TABLE))
    with timetracer.record(path):
        assert run(postgresql.url, act) == "INSERT 0 1"
    before = postgresql.calls
    with timetracer.replay(path, strict=True):
        assert run(postgresql.url, act) == "INSERT 0 1"
    assert postgresql.calls == before
    assert run(postgresql.url, lambda connection: connection.fetchval("SELECT count(*) FROM people")) == 1


def test_an_identifier_that_the_app_makes_up_is_followed(path: Path, postgresql: Database) -> None:
    made: list[uuid.UUID] = []

    async def act(connection: Any) -> Any:
        made.append(uuid.uuid4())
        await connection.execute("INSERT INTO people VALUES ($1, $2)", made[-1], "Ada")
        row = await connection.fetchrow("SELECT id, name FROM people WHERE id = $1", made[-1])
        return row["id"] == made[-1], row["name"]

    run(postgresql.url, lambda connection: connection.execute(TABLE))
    with timetracer.record(path):
        assert run(postgresql.url, act) == (True, "Ada")
    postgresql.stop()
    with timetracer.replay(path, strict=True) as block:
        assert run(postgresql.url, act) == (True, "Ada")
    assert made[0] != made[1]
    reasons = [reason for _, each in block.verdict.relaxed for reason in each]
    assert reasons
    assert all(reason.startswith("generated identifier (request.parameters") for reason in reasons), reasons


def test_a_read_cannot_bring_an_unknown_identifier(path: Path, postgresql: Database) -> None:
    async def act(connection: Any) -> Any:
        return await connection.fetch("SELECT $1::uuid", uuid.uuid4())

    with timetracer.record(path):
        run(postgresql.url, act)
    with pytest.raises(FailedVerdict), timetracer.replay(path), pytest.raises(UnmatchedCall, match="unknown"):
        run(postgresql.url, act)


def test_a_statement_that_was_never_recorded_is_a_miss_that_shows_it(path: Path, postgresql: Database) -> None:
    with timetracer.record(path):
        run(postgresql.url, lambda connection: connection.fetch("SELECT 1 AS one"))
    with pytest.raises(FailedVerdict), timetracer.replay(path), pytest.raises(UnmatchedCall, match="SELECT 2 AS two"):
        run(postgresql.url, lambda connection: connection.fetch("SELECT 2 AS two"))


def test_no_password_and_no_exchange_of_one_is_stored(path: Path, postgresql: Database) -> None:
    url = postgresql.url.replace("postgresql://postgres", "postgresql://postgres:not-to-be-found")
    with timetracer.record(path), suppress(asyncpg.PostgresError):
        run(url, lambda connection: connection.fetch("SELECT 1"))
    assert b"not-to-be-found" not in path.read_bytes()
    assert b"SCRAM" not in path.read_bytes()


def test_a_connection_opened_before_a_replay_is_refused_within_it(
    path: Path, postgresql: Database, loop: asyncio.AbstractEventLoop
) -> None:
    with timetracer.record(path):
        connection = loop.run_until_complete(asyncpg.connect(postgresql.url))
        loop.run_until_complete(connection.fetch("SELECT 1 AS one"))
    with pytest.raises(FailedVerdict), timetracer.replay(path):
        with pytest.raises(ReplayError, match="opened before this replay began"):
            loop.run_until_complete(connection.execute("SELECT 1 AS one"))
    connection.terminate()


def test_a_connection_opened_in_a_replay_is_of_no_use_afterwards(
    path: Path, postgresql: Database, loop: asyncio.AbstractEventLoop
) -> None:
    with timetracer.record(path):
        run(postgresql.url, lambda connection: connection.fetch("SELECT 1 AS one"))
    with timetracer.replay(path):
        connection = loop.run_until_complete(asyncpg.connect(postgresql.url))
    with pytest.raises(ReplayError, match="opened in a replay leads to no server"):
        loop.run_until_complete(connection.execute("SELECT 1 AS one"))
    connection.terminate()


def test_rows_and_parameters_can_be_read_in_the_cassette(path: Path, postgresql: Database) -> None:
    with timetracer.record(path):
        run(postgresql.url, lambda connection: connection.fetch("SELECT $1::text AS name, 1.50 AS price", "Zo\xeb"))
    (exchange,) = [
        exchange
        for cassette in files.read(path)
        for exchange in cassette.exchanges
        if exchange.request.get("sql") and not exchange.fact
    ]
    assert exchange.request["parameters"] == ["Zo\xeb"]
    assert str((exchange.response or {})["rows"]) == "[{'name': 'Zo\xeb', 'price': Decimal('1.50')}]"


def test_a_fault_of_the_tap_never_reaches_the_driver(
    path: Path, postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from timetracer_instrumentors.postgresql.tap import Tap

    def broken(self: Tap, data: bytes) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(faults, "raising", False)
    monkeypatch.setattr(Tap, "received", broken)
    with timetracer.record(path):
        assert run(postgresql.url, lambda connection: connection.fetchval("SELECT 1")) == 1


def test_the_class_of_the_protocol_stays_a_class(path: Path) -> None:
    plain = asyncpg.protocol.Protocol
    with timetracer.record(path):
        assert issubclass(type("Mine", (asyncpg.protocol.Protocol,), {}), plain)
    assert asyncpg.protocol.Protocol is plain


def outage(postgresql: Database) -> tuple[Callable[[], None], Callable[[], None]]:
    """Its beginning and its end, which the test brings about itself, unrecorded."""

    def unrecorded(act: Callable[[], None]) -> None:
        with suppress_instrumentation():
            act()

    return partial(unrecorded, postgresql.stop), partial(unrecorded, postgresql.restart)


async def through_an_outage(url: str, down: Callable[[], None], up: Callable[[], None]) -> list[Any]:
    """What an app sees that goes on trying to connect."""
    seen: list[Any] = [await connected(url, lambda c: c.fetchval("SELECT $1::int", 1))]
    down()
    for _ in range(2):
        try:
            await asyncpg.connect(url)
        except OSError as error:
            seen.append(type(error))
    up()
    return [*seen, await connected(url, lambda c: c.fetchval("SELECT $1::int", 2))]


def test_refused_connections_come_in_their_turn(path: Path, postgresql: Database) -> None:
    with timetracer.record(path):
        seen = asyncio.run(through_an_outage(postgresql.url, *outage(postgresql)))
    assert seen == [1, ConnectionRefusedError, ConnectionRefusedError, 2]
    postgresql.stop()
    with timetracer.replay(path, strict=True):
        assert asyncio.run(through_an_outage(postgresql.url, lambda: None, lambda: None)) == seen


def test_connections_that_are_refused_at_first(path: Path, postgresql: Database) -> None:
    async def late(down: Callable[[], None], up: Callable[[], None]) -> list[Any]:
        seen: list[Any] = []
        down()
        while len(seen) < 3:
            try:
                seen.append(await connected(postgresql.url, lambda c: c.fetchval("SELECT $1::int", len(seen))))
            except OSError as error:
                seen.append(type(error))
            if len(seen) == 2:
                up()
        return seen

    with timetracer.record(path):
        seen = asyncio.run(late(*outage(postgresql)))
    assert seen == [ConnectionRefusedError, ConnectionRefusedError, 2]
    postgresql.stop()
    with timetracer.replay(path, strict=True):
        assert asyncio.run(late(lambda: None, lambda: None)) == seen


SECRETS = ("ann@example.org", "correct horse battery")


async def signing_up(connection: Any) -> Any:
    await connection.execute("CREATE TABLE users (name text, email text, password text)")
    await connection.execute("INSERT INTO users (name, email, password) VALUES ($1, $2, $3)", "Ann", *SECRETS)
    login = "SELECT name, email FROM users WHERE email = $1 AND password = $2"
    return [tuple(row) for row in await connection.fetch(login, *SECRETS)]


def test_secrets_among_the_parameters_do_not_reach_the_file_and_match_all_the_same(
    path: Path, postgresql: Database
) -> None:
    with timetracer.record(path):
        assert run(postgresql.url, signing_up) == [("Ann", SECRETS[0])]
    written = path.read_text(encoding="utf-8")
    assert not [secret for secret in SECRETS if secret in written]
    assert "Ann" in written
    postgresql.stop()
    with timetracer.replay(path, strict=True):
        ((name, email),) = run(postgresql.url, signing_up)
    assert name == "Ann"
    assert email != SECRETS[0]  # a row that is redacted stays so
