"""A scenario of a driver, in processes of its own: plain, recorded, and replayed when the server has gone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from services.postgresql import OwnServer, database
from services.postgresql_process import PASSWORD
from services.processes import environment

NAME = "scenario"
SCHEMA = "shop"


def ways(own: OwnServer) -> dict[str, str]:
    """How to get to a server: a URL each."""
    port = own.port
    locked = f"locked:{quote(PASSWORD)}"
    return {
        "TCP": f"postgresql://postgres@127.0.0.1:{port}/{NAME}?sslmode=disable",
        "TLS": f"postgresql://{locked}@127.0.0.1:{port}/{NAME}?sslmode=require",
        "verified TLS": f"postgresql://{locked}@localhost:{port}/{NAME}?sslmode=verify-full&sslrootcert={own.certificate}",
        "a unix socket": f"postgresql://postgres@/{NAME}?host={quote(str(own.folder))}&port={port}",
    }


def play(script: Path, mode: str, cassette: Path, url: str, *said: str) -> list[str]:
    """What each step came to."""
    command = [sys.executable, "-W", "error", str(script), mode, str(cassette), url, *(said or [SCHEMA])]
    ran = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    steps: list[str] = json.loads(ran.stdout)
    return steps


def recorded(own: OwnServer, script: Path, cassette: Path, url: str) -> list[str]:
    """The scenario without us, and recorded, each in an empty database: they are the same."""
    with database(own.url, NAME):
        plain = play(script, "off", cassette, url)
    with database(own.url, NAME):
        steps = play(script, "record", cassette, url)
    assert steps == plain
    return steps
