"""Runs `make drivers`: a cassette of the newest pymongo is replayed by versions of long ago, their server gone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(1, str(TESTS))

from services.found import secantus  # noqa: E402 - it is there from here on
from services.ports import free_port  # noqa: E402
from services.processes import Servers, environment  # noqa: E402

NOWHERE = "mongodb://127.0.0.1:1"
OLD = {"4.10.*": "", "4.6.*": "bulk_of_the_client files"}
"""Versions, and the operations that they do not know (of the client, not of a collection), or for which they give other
commands (the chunks of a file, one by one)."""


def program(mode: str, url: str, cassette: Path, **environ: str) -> list[str]:
    """What an app saw that does everything with one blocking client: a line for each operation."""
    command = [sys.executable, "-m", "wires.mongodb.whole_process", mode, "sync", url, str(cassette)]
    ran = subprocess.run(command, env=environment(environ), cwd=TESTS, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"{mode} ended with {ran.returncode}:\n{ran.stderr}")
    return ran.stdout.splitlines()


def installed(version: str, folder: Path) -> str:
    """A folder that has this version of pymongo, and nothing that it could do without."""
    there = folder / version.rstrip(".*")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", there]
    subprocess.run([*pip, f"pymongo=={version}"], check=True)
    return str(there)


def main() -> None:
    """Every version is tried, whatever became of the one before."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        cassette, wrong = folder / "newest.json", 0
        with closing(Servers(folder)) as servers:
            servers.start(secantus(port), port)
            seen = {line.partition(":")[0]: line for line in program("record", f"mongodb://127.0.0.1:{port}", cassette)}
        for version, without in OLD.items():
            path = os.pathsep.join((installed(version, folder), str(TESTS)))
            again = program("replay", NOWHERE, cassette, PYTHONPATH=path, WITHOUT=without)
            other = [line for line in again if line != seen[line.partition(":")[0]]]
            print(f"pymongo {version}: {len(again)} of {len(seen)} operations replayed, {len(other)} of them otherwise")
            print(*other, sep="\n", end="")
            wrong += len(other)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
