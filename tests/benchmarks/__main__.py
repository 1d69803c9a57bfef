"""``make bench``: JSON to standard output and to ``bench.json``, a table to standard error.

``python tests/benchmarks [bench …] [--rounds N] [--times N] [--output FILE]``
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from datetime import datetime, timezone
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from measuring import Row

sys.path.insert(1, str(Path(__file__).parents[1]))  # `from services.ports import free_port`, as the tests have it

BENCHES = {
    "recording": "recording",
    "asyncpg": "asyncpg_calls",
    "aws": "aws",
    "mongodb": "mongodb",
    "psycopg": "psycopg_calls",
    "redis": "redis_calls",
    "replaying": "replaying",
    "storing": "storing",
    "starting": "starting",
    "viewing": "viewing",
    "listing": "listing",
}
"""Names, and the modules that have their ``rows(rounds, times)``."""
PACKAGES = (
    "timetracer-otel",
    "asyncpg",
    "httpx",
    "psycopg",
    "pymongo",
    "redis",
    "opentelemetry-sdk",
    "vcrpy",
    "respx",
    "typer",
    "orjson",
    "zstandard",
    "textual",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python tests/benchmarks", description=__doc__)
    parser.add_argument("benches", nargs="*", choices=[*BENCHES, []], help="all, if none is named")
    parser.add_argument("--rounds", type=int, default=25, help="of which the medians are taken")
    parser.add_argument("--times", type=int, default=200, help="that a case is done in a round")
    parser.add_argument("--output", type=Path, default=Path("bench.json"))
    chosen = parser.parse_args()
    console = Console(stderr=True)
    rows: list[Row] = []
    for name in chosen.benches or BENCHES:
        with console.status(name):
            rows += import_module(BENCHES[name]).rows(chosen.rounds, chosen.times)
    text = json.dumps({**world(), "rows": [row.as_json() for row in rows]}, indent=1)
    chosen.output.write_text(text + "\n")
    console.print(table(rows))
    sys.stdout.write(text + "\n")


def world() -> dict[str, object]:
    """What was measured, and on what."""
    versions: dict[str, str] = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "absent"
    return {
        "python": platform.python_version(),
        "machine": platform.platform(),
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": versions,
    }


def table(rows: list[Row]) -> Table:
    """The rows for people."""
    drawn = Table(title="Timetracer's benchmarks: CPU time, medians of interleaved rounds", title_justify="left")
    drawn.add_column("what")
    drawn.add_column("figure", justify="right")
    drawn.add_column("goal", justify="right")
    drawn.add_column("note", style="dim")
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            drawn.add_section()
        figure = "—" if row.value is None else f"{row.value:,.2f} {row.unit}".replace(" us", " µs")
        goal = "" if row.goal is None else f"≤ {row.goal:g}"
        style = {True: "green", False: "red", None: ""}[row.reached]
        drawn.add_row(f"{row.group}: {row.name}", f"[{style}]{figure}[/]" if style else figure, goal, row.note)
    return drawn


if __name__ == "__main__":
    main()
