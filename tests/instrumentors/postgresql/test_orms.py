"""ORMs on PostgreSQL's drivers: recorded, the server stopped, replayed by a process that knows nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.played import play
from services.postgresql import Database

HERE = Path(__file__).parent
ORMS = {
    "django": ("psycopg", "psycopg2"),
    "peewee": ("psycopg2",),
    "sqlalchemy": ("asyncpg", "psycopg", "psycopg_async", "psycopg2"),
    "sqlmodel": ("psycopg",),
    "tortoise": ("asyncpg",),
}


@pytest.mark.parametrize(("orm", "driver"), [(orm, driver) for orm, drivers in ORMS.items() for driver in drivers])
def test_models_relations_ddl_transactions_and_errors(
    orm: str, driver: str, postgresql: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = {"off": "0", "record": "1", "replay": "2"}  # Tortoise takes the columns of a SELECT out of a set

    def played(mode: str) -> list[str]:
        if orm == "tortoise":
            monkeypatch.setenv("PYTHONHASHSEED", seeds[mode])
        return play(HERE / f"orm_{orm}.py", mode, tmp_path / "cassette.json", postgresql.url, driver)

    plain = played("off")
    postgresql.restart()
    assert played("record") == plain
    postgresql.stop()
    assert played("replay") == plain
