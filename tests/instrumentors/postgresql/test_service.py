"""A service on asyncpg under concurrent load, two workers: every request's cassette replayed with the database gone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.postgresql import Database, run
from services.processes import Server, Servers, script

pytest.importorskip("asyncpg")
REQUESTS = 60


def asked(server: Server) -> list[Any]:
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client, ThreadPoolExecutor(12) as threads:
        answers = threads.map(client.get, [f"/things/{number}" for number in range(REQUESTS)])
        return [answer.raise_for_status().json() for answer in answers]


def test_requests_at_once_are_recorded_and_replayed(tmp_path: Path, servers: Servers, postgresql: Database) -> None:
    run(postgresql.url, "CREATE TABLE things (id serial PRIMARY KEY, n int)")
    where, env = tmp_path / "cassettes", {"DATABASE": postgresql.url}
    here = Path(__file__).parent

    def served(mode: str, **more: str) -> Server:
        under = [script("timetracer"), "run", "--mode", mode, "--dir", str(where), "--"]
        return servers.gunicorn("service:app", under=under, cwd=here, env={**env, **more})

    server = served("record")
    seen = asked(server)
    server.stop()
    assert sorted(answer["id"] for answer in seen) == list(range(1, REQUESTS + 1))
    postgresql.stop()
    server = served("replay", TIMETRACER_STRICT="yes")
    assert asked(server) == seen
    server.stop()
    assert "missed    " not in server.output
    assert ", 0 missed" in server.output
