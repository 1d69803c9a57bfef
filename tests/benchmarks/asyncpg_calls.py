"""asyncpg against a real PostgreSQL on loopback: recorded, against the bare driver; replayed, against the server."""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import Any, NamedTuple

import asyncpg
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.sdk.trace import TracerProvider

import timetracer
from measuring import Row, times_as_much

GROUP = "asyncpg"
URL = os.environ.get("TIMETRACER_TEST_POSTGRESQL", "postgresql://postgres:postgres@127.0.0.1:5432/postgres")


class Case(NamedTuple):
    """A query, and how many times the bare driver recording and replaying it may take."""

    query: str
    recorded: float
    replayed: float = 1.0
    step: int = 0
    """By which its parameter grows from call to call; 0: the same call over and over."""


_ROWS = (
    "select g as a, 'name ' || g as b, g * 2 as c, g / 4.0 as d, now() + g * interval '1 h' as e"
    " from (select $1::int + n as g from generate_series(0, 99) n) s"
)
CASES = {
    "one row": Case("select $1::int as a, 'x' as b", 1.4),
    "100 rows × 5": Case(_ROWS, 1.2),
    "100 rows × 5, distinct": Case(_ROWS, 1.2, step=100),
}


class Lap(NamedTuple):
    """us for one call: of this thread's CPU, and on the clock, on which the server's work is, too."""

    cpu: float
    clock: float


def rows(rounds: int, times: int) -> Iterator[Row]:
    """What recording and replaying take, against the bare driver; and with OpenTelemetry's spans on either side."""
    try:
        asyncio.run(_open_and_close())
    except OSError as error:
        yield Row(GROUP, "one row, recorded", None, "x", note=str(error))
        return
    with tempfile.TemporaryDirectory() as folder:
        for what, case in CASES.items():
            laps = _laps(case, Path(folder, "cassette.json"), rounds, times)
            yield from _rows(what, case, laps)


def _rows(what: str, case: Case, laps: dict[str, list[Lap]]) -> Iterator[Row]:
    cpu = {way: [lap.cpu for lap in each] for way, each in laps.items()}
    clock = {way: [lap.clock for lap in each] for way, each in laps.items()}
    for way in laps:
        yield Row(GROUP, f"{what}, {way}", median(cpu[way]), "us", note=f"{median(clock[way]):.0f} us on the clock")
    for recorded, bare in (("recorded", "bare"), ("recorded, with OTel", "bare, with OTel")):
        ratio = times_as_much(cpu[recorded], cpu[bare])
        goal = case.recorded if bare == "bare" else None
        yield Row(GROUP, f"{what}, {recorded} × {bare}, caller's thread", ratio, "x", goal)
    replayed = times_as_much(clock["replayed"], clock["bare"])
    note = f"CPU alone: {times_as_much(cpu['replayed'], cpu['bare']):.2f}"
    yield Row(GROUP, f"{what}, replayed × live, on the clock", replayed, "x", case.replayed, note)


def _laps(case: Case, path: Path, rounds: int, times: int) -> dict[str, list[Lap]]:
    ways: dict[str, Callable[[], AbstractContextManager[Any]]] = {
        "bare": nullcontext,
        "recorded": lambda: timetracer.use(path, mode="rewrite"),
        "replayed": lambda: timetracer.replay(path),
        "bare, with OTel": _traced,
        "recorded, with OTel": lambda: _traced(timetracer.use(path.with_suffix(".otel.json"), mode="rewrite")),
    }
    laps: dict[str, list[Lap]] = {way: [] for way in ways}
    for turn in range(rounds + 1):
        for way, block in ways.items():
            with block():
                lap = asyncio.run(_asked(case, times))
            if turn:  # the first one only warms up
                laps[way].append(lap)
    return laps


@contextmanager
def _traced(block: AbstractContextManager[Any] | None = None) -> Iterator[None]:
    """OpenTelemetry's own instrumentation in place, with a provider that we hear of if there is a block."""
    with block or nullcontext():
        provider = TracerProvider(shutdown_on_exit=False)
        AsyncPGInstrumentor().instrument(tracer_provider=provider)
        try:
            yield
        finally:
            AsyncPGInstrumentor().uninstrument()


async def _open_and_close() -> None:
    await (await asyncpg.connect(URL)).close()


async def _asked(case: Case, times: int) -> Lap:
    connection = await asyncpg.connect(URL)
    gc.collect()
    gc.disable()
    try:
        await connection.fetch(case.query, 1)  # prepares it
        clock, cpu = perf_counter(), thread_time()
        for number in range(times):
            await connection.fetch(case.query, 1 + number * case.step)
        cpu, clock = thread_time() - cpu, perf_counter() - clock
    finally:
        gc.enable()
        await connection.close()
    return Lap(cpu / times * 1e6, clock / times * 1e6)
