"""What starting costs: importing Timetracer, the help of its command, what its other commands load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from canned import cassette
from measuring import Row, child_cpu, more, times_as_much
from timetracer.cassette import files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

GROUP = "starting"
IMPORT_MS = 20.0
HELP = 1.2
ROOT = Path(__file__).resolve().parent.parent.parent

OTEL = "import opentelemetry.trace"
OURS = f"{OTEL}\nimport timetracer"
USED = f"{OURS}\ntimetracer.record"
COMMAND = "import sys\nsys.argv[0] = 'timetracer'\nfrom timetracer.cli import main\nmain()"
TWO_COMMANDS = """
import typer

app = typer.Typer()

@app.command()
def greet(name: str, loudly: bool = False) -> None:
    "Greet somebody."

@app.command()
def part(name: str) -> None:
    "Say good-bye."

app()
"""
LOADED = """
import json, sys
from timetracer.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
sys.stderr.write(json.dumps(sorted(sys.modules)))
"""


def rows(rounds: int, _times: int) -> Iterator[Row]:
    """In fresh interpreters."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry), "COLUMNS": "80"}
    commands = {
        "nothing": ["-c", "pass"],
        "otel": ["-c", OTEL],
        "ours": ["-c", OURS],
        "used": ["-c", USED],
        "typer": ["-c", TWO_COMMANDS, "--help"],
        "help": ["-c", COMMAND, "--help"],
    }
    laps = child_cpu(commands, rounds=rounds, env=env)
    note = f"{median(laps['ours']):.0f} ms in all, Python itself {median(laps['nothing']):.0f} ms"
    yield Row(
        GROUP, "import timetracer, over opentelemetry.trace", more(laps["ours"], laps["otel"]), "ms", IMPORT_MS, note
    )
    first = more(laps["used"], laps["ours"])
    yield Row(GROUP, "timetracer.record, the first time, over import timetracer", first, "ms")
    note = f"{median(laps['help']):.0f} ms against {median(laps['typer']):.0f} ms"
    ratio = times_as_much(laps["help"], laps["typer"])
    yield Row(GROUP, "timetracer --help, against two typer commands", ratio, "x", HELP, note)
    yield from _loaded(env)


def _loaded(env: dict[str, str]) -> Iterator[Row]:
    """Modules that a command has loaded and that it has no use for."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    instrumented = next(set(one["forbidden_modules"]) for one in contracts if one["type"] == "forbidden")
    told = _modules(["-c", f"{OURS}\nimport json, sys\nsys.stderr.write(json.dumps(sorted(sys.modules)))"], env)
    found = sorted(instrumented & told)
    yield Row(GROUP, "instrumented libraries that import timetracer loads", len(found), "", 0, ", ".join(found))
    foreign = instrumented | {"opentelemetry", "pytest", "sqlite3", "time_machine", "filelock"}
    rooms = {f"timetracer.{room}" for room in ("recording", "replaying", "seams", "block", "service")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.json"
        files.write(path, cassette(3, distinct=True))
        for command, argument in (("list", folder), ("show", str(path)), ("timeline", str(path))):
            told = _modules(["-c", LOADED, command, argument], env)
            found = sorted((foreign | rooms) & told)
            own = sum(name.startswith("timetracer.") for name in told)
            note = ", ".join(found) or f"of {own} of ours, {len(told)} in all"
            yield Row(GROUP, f"modules that timetracer {command} loads in vain", len(found), "", 0, note)


def _modules(arguments: list[str], env: dict[str, str]) -> set[str]:
    ran = subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, check=True)
    return set(json.loads(ran.stderr))
