"""SQLAlchemy instrumented by OpenTelemetry, with its driver (two spans for a query, one exchange) and without it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.psycopg2 import Psycopg2Instrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

from conformance.three_ways import same_three_ways, spans
from conformance.tracing import Watched, reset_global_provider
from services.postgresql import Database
from timetracer.cassette.model import Kind

sqlalchemy = pytest.importorskip("sqlalchemy")
from sqlalchemy.ext import asyncio as asynchronous  # noqa: E402

DRIVERS: dict[str, Any] = {
    "asyncpg": AsyncPGInstrumentor,
    "psycopg": PsycopgInstrumentor,
    "psycopg_async": PsycopgInstrumentor,
    "psycopg2": Psycopg2Instrumentor,
}


def work(connection: Any) -> Any:
    found = connection.execute(sqlalchemy.text("select 'one'")).all()
    with pytest.raises(sqlalchemy.exc.DBAPIError):
        connection.execute(sqlalchemy.text("select 1 / 0"))
    connection.rollback()
    return found


async def awork(url: str) -> Any:
    engine = asynchronous.create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(work)
    await engine.dispose()
    return found


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("of_driver", [True, False], ids=["with the driver's", "alone"])
def test_each_query_is_one_exchange_on_the_drivers_span(
    driver: str, of_driver: bool, path: Path, postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched()
    reset_global_provider(monkeypatch)
    trace.set_tracer_provider(watched.provider)
    url = postgresql.url.replace("postgresql://", f"postgresql+{driver}://")

    def act() -> Any:
        with watched.provider.get_tracer("app").start_as_current_span("work"):
            if "async" in driver:
                return asyncio.run(awork(url))
            engine = sqlalchemy.create_engine(url)
            with engine.connect() as connection:
                found = work(connection)
            engine.dispose()
            return found

    instrumentors = [SQLAlchemyInstrumentor(), *([DRIVERS[driver]()] if of_driver else [])]
    for instrumentor in instrumentors:
        instrumentor.instrument()
    try:
        assert same_three_ways(act, path, postgresql) == [("one",)]
    finally:
        for instrumentor in instrumentors:
            instrumentor.uninstrument()
    seen = [(span.exchange.key, span) for span in spans(path) if span.exchange is not None]
    scope = (
        f"opentelemetry.instrumentation.{driver.removesuffix('_async')}"
        if of_driver
        else "opentelemetry.instrumentation.sqlalchemy"
    )
    for query in ("select 'one'", "select 1 / 0"):
        (span,) = [span for key, span in seen if key == query]
        assert (span.scope.name, span.kind) == (scope, Kind.CLIENT)
    names = [span["name"] for span in watched.spans if span["name"] not in ("CREATE", "DROP")]
    third = len(names) // 3
    assert names == names[:third] * 3, "the same spans as without us, and in the replay"
