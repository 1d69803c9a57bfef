"""Services under concurrent load, two workers: every request's cassette replayed with the database gone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.whole_process import kept
from services.postgresql import Database, run
from services.processes import Server, Servers, script
from timetracer.cassette.model import Kind

REQUESTS = 60
THINGS = "CREATE TABLE things (id serial PRIMARY KEY, n int)"
AUTHORS = "CREATE TABLE shop_author (id bigserial PRIMARY KEY, name text UNIQUE, born date)"
SYNC, THREADS = ("--worker-class", "sync"), ("--worker-class", "gthread", "--threads", "4")
SERVICES = {
    "FastAPI on asyncpg": ("service:app", (), THINGS),
    "Django on psycopg, ASGI": ("shop.service:app", (), AUTHORS),
    "Django on psycopg, WSGI": ("shop.service:wsgi", SYNC, AUTHORS),
    "Django on psycopg, WSGI, threads": ("shop.service:wsgi", THREADS, AUTHORS),
    "Flask on psycopg2": ("flask_service:app", SYNC, THINGS),
    "Flask on psycopg2, threads": ("flask_service:app", THREADS, THINGS),
}
"""The app, gunicorn's options, and what the app finds in the database."""


def asked(server: Server) -> list[Any]:
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client, ThreadPoolExecutor(12) as threads:
        answers = threads.map(client.get, [f"/things/{number}" for number in range(REQUESTS)])
        return [answer.raise_for_status().json() for answer in answers]


@pytest.mark.parametrize("service", SERVICES)
def test_requests_at_once_are_recorded_and_replayed(
    service: str, tmp_path: Path, servers: Servers, postgresql: Database
) -> None:
    app, options, tables = SERVICES[service]
    run(postgresql.url, tables)
    here, where = Path(__file__).parent, tmp_path / "cassettes"
    # OpenTelemetry's instrumentor of Django looks at the settings before gunicorn has come to the app.
    env = {"DATABASE": postgresql.url, "DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONPATH": str(here)}

    def served(mode: str, **more: str) -> Server:
        under = [script("timetracer"), "run", "--mode", mode, "--dir", str(where), "--"]
        return servers.gunicorn(app, *options, under=under, cwd=here, env={**env, **more})

    server = served("record")
    seen = asked(server)
    server.stop()
    assert sorted(answer["id"] for answer in seen) == list(range(1, REQUESTS + 1))
    units = kept(where)
    assert len(units) == REQUESTS
    for unit in units:
        (root,) = [span for span in unit.spans if span.kind is Kind.SERVER]
        assert root.exchange is not None
        assert root.exchange.library in ("starlette", "django", "flask")
        assert root.scope.name.startswith("opentelemetry.instrumentation")
        assert sum(exchange.key.lower().startswith("insert into") for exchange in unit.exchanges) == 1
    postgresql.stop()
    server = served("replay", TIMETRACER_STRICT="yes")
    assert asked(server) == seen
    server.stop()
    assert "missed    " not in server.output
    assert ", 0 missed" in server.output
