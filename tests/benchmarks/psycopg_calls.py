"""psycopg against a real PostgreSQL on loopback: live, recorded and replayed, in one run. Wall time: drivers wait."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import psycopg

import timetracer
from measuring import Row, times_as_much

GROUP = "psycopg"
URL = os.environ.get("TIMETRACER_TEST_POSTGRESQL", "postgresql://postgres:postgres@127.0.0.1:5432/postgres")
_ROWS = "select g as a, 'name ' || g as b, g * 2 as c from (select %s::int + n as g from generate_series(0, 99) n) s"
CASES = {
    "one row": ("select %s::int as a, 'x' as b", 0, 1.5),
    "100 rows × 3": (_ROWS, 0, 1.0),
    "100 rows × 3, distinct": (_ROWS, 100, 1.0),
}
"""The query, by how much its parameter grows from call to call, how many times the live call a replay may take."""


def rows(rounds: int, times: int) -> Iterator[Row]:
    """What recording and replaying take, against the live server."""
    try:
        psycopg.connect(URL).close()
    except psycopg.OperationalError as error:
        yield Row(GROUP, "replay", None, "x", note=str(error))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cassette.json")
        for what, (query, step, goal) in CASES.items():
            ways: dict[str, Callable[[], Any]] = {
                "live": nullcontext,
                "recorded": lambda: timetracer.use(path, mode="rewrite"),
                "replayed": lambda: timetracer.replay(path),
            }
            taken: dict[str, list[float]] = {way: [] for way in ways}
            for _ in range(rounds):
                for way, block in ways.items():
                    with block():
                        taken[way].append(_asked(query, step, times))
            for way, laps in taken.items():
                yield Row(GROUP, f"{what}, {way}", median(laps), "us")
            yield Row(GROUP, f"{what}, recorded × live", times_as_much(taken["recorded"], taken["live"]), "x")
            yield Row(GROUP, f"{what}, replayed × live", times_as_much(taken["replayed"], taken["live"]), "x", goal)


def _asked(query: str, step: int, times: int) -> float:
    with psycopg.connect(URL, autocommit=True, prepare_threshold=None) as db:
        db.execute(query, (1,)).fetchall()
        before = perf_counter()
        for number in range(times):
            db.execute(query, (1 + number * step,)).fetchall()
        return (perf_counter() - before) / times * 1e6
