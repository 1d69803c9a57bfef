"""Sets in one order; and against a real server: identifiers that the app made up, asked for in another order."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

import timetracer
from services.postgresql import Database
from timetracer.errors import FailedVerdict, UnmatchedCall
from timetracer_instrumentors.postgresql.arranging import in_one_order

asyncpg = pytest.importorskip("asyncpg")

A, B = "a0000000-0000-4000-8000-000000000000", "b0000000-0000-4000-8000-000000000000"


def test_parameters_of_a_set_are_sorted_and_the_others_are_not() -> None:
    query = "select $1, $2 from t where id in ($3, $4)"
    given = {"sql": query, "parameters": f'["{B}","{A}","{B}","{A}"]', "limit": "0 at 1"}
    assert in_one_order(given) == {**given, "parameters": f'["{B}","{A}","{A}","{B}"]'}


def test_named_parameters_keep_their_names() -> None:
    given = {"sql": "select 1 from t where id in ($1, $2)", "parameters": f'{{"id":"{B}","id 2":"{A}"}}'}
    assert in_one_order(given) == {**given, "parameters": f'{{"id":"{A}","id 2":"{B}"}}'}


def test_literals_are_sorted_too() -> None:
    found = in_one_order({"sql": f"select 1 from t where id in ('{B}', '{A}')", "parameters": "[]"})
    assert found is not None
    assert found["sql"] == f"select 1 from t where id in ('{A}', '{B}')"


@pytest.mark.parametrize("query", ["select 1", "select 1 from t where id in ($1)", "select 1 from t where id = $1"])
def test_where_there_is_no_set_there_is_nothing_to_arrange(query: str) -> None:
    assert in_one_order({"sql": query, "parameters": f'["{B}"]'}) is None


def test_what_is_no_statement_is_let_alone() -> None:
    assert in_one_order({"what": "connect", "database": "shop"}) is None


async def work(url: str, *, backwards: bool, strange: bool = False) -> int:
    db = await asyncpg.connect(url)
    await db.execute("CREATE TABLE thing (id uuid PRIMARY KEY, n int)")
    made: list[UUID] = sorted((uuid4() for _ in range(4)), reverse=backwards)
    for n, key in enumerate(made):
        await db.execute("INSERT INTO thing VALUES ($1, $2)", key, n)
    asked = sorted([made[0], made[1], uuid4() if strange else made[3]])
    rows: list[Any] = await db.fetch("SELECT n FROM thing WHERE id IN ($1, $2, $3)", *asked)
    await db.close()
    return len(rows)


def test_made_up_identifiers_are_found_in_any_order(path: Path, postgresql: Database) -> None:
    with timetracer.record(path):
        assert asyncio.run(work(postgresql.url, backwards=False)) == 3
    postgresql.stop()
    with timetracer.replay(path):
        assert asyncio.run(work(postgresql.url, backwards=True)) == 3
    with pytest.raises((FailedVerdict, UnmatchedCall)), timetracer.replay(path):
        asyncio.run(work(postgresql.url, backwards=False, strange=True))
