"""Ten thousand cassettes, listed and searched by the command, in a directory and in an archive.

CPU time of the whole command, Python's own start and that of typer and rich included (a row says what they take).
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from canned import cassette
from measuring import Row, child_cpu
from starting import COMMAND, TWO_COMMANDS
from timetracer.cassette.model import Cassette
from timetracer.store.opening import open_store
from timetracer.store.protocol import Store

GROUP = "listing"
COUNT = 10_000
ARCHIVE, FIRST, AFTER = 150.0, 1_000.0, 200.0


def rows(rounds: int, _times: int) -> Iterator[Row]:
    """One call a cassette."""
    with tempfile.TemporaryDirectory() as folder:
        places = {name: Path(folder) / name for name in ("archive.sqlite", "directory")}
        for place in places.values():
            store = open_store(place)
            _fill(store)
            store.close()
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
        archive, directory = map(str, places.values())
        yield from _measured(rounds, folder, archive, directory, env)


def _measured(rounds: int, folder: str, archive: str, directory: str, env: dict[str, str]) -> Iterator[Row]:
    command = ["-c", COMMAND]
    kept = {**env, "XDG_CACHE_HOME": f"{folder}/cache"}
    laps = child_cpu(
        {
            "typer": ["-c", TWO_COMMANDS, "--help"],
            "list archive": [*command, "list", archive],
            "search archive": [*command, "search", archive, "status:error"],
            "list directory": [*command, "list", directory],
            "search directory": [*command, "search", directory, "status:error"],
        },
        rounds=max(3, rounds // 5),
        env=kept,
    )
    cold = child_cpu(
        {"first": [*command, "list", directory]}, rounds=3, env={**env, "XDG_CACHE_HOME": os.devnull}
    )  # no index can be kept
    note = f"of them {median(laps['typer']):.0f} ms for a typer program's help"
    yield Row(GROUP, f"list {COUNT:,}, archive", median(laps["list archive"]), "ms", ARCHIVE, note)
    yield Row(GROUP, f"search {COUNT:,} by status, archive", median(laps["search archive"]), "ms", ARCHIVE, note)
    yield Row(GROUP, f"list {COUNT:,}, directory, the first time", median(cold["first"]), "ms", FIRST, note)
    yield Row(GROUP, f"list {COUNT:,}, directory", median(laps["list directory"]), "ms", AFTER, note)
    yield Row(GROUP, f"search {COUNT:,} by status, directory", median(laps["search directory"]), "ms", AFTER, note)


def _fill(store: Store) -> None:
    whole = cassette(100, distinct=True, bodies=100)
    for number in range(COUNT):
        span = whole.spans[1 + number % 100]
        span.parent_id, span.trace_id, span.span_id = "", f"{number + 1:032x}", f"{number + 1:016x}"
        span.start += 10**6
        store.save(Cassette([span], whole.resource, "GET /items"))
