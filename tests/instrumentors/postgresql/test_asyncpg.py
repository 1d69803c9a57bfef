"""asyncpg against a real PostgreSQL: recorded, the server stopped, replayed by a process that knows nothing of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from services.postgresql import OwnServer, database
from services.processes import Servers, environment

pytest.importorskip("asyncpg")

SCENARIO = Path(__file__).with_name("asyncpg_scenario.py")
NAME = "scenario"


def play(mode: str, cassette: Path, place: dict[str, Any], *how: str, told: Path | None = None) -> dict[str, str]:
    """What each operation saw, in a process of its own, which leaves nothing on its standard error."""
    told = told or cassette.with_suffix(".seen")
    # Python 3.10's TLS transports say of themselves, when they are freed, that they were not closed: without us, too.
    options = ["-W", "error", *(("-W", "ignore:unclosed transport") if sys.version_info < (3, 11) else ())]
    command = [sys.executable, *options, str(SCENARIO), mode, str(cassette), json.dumps(place), str(told), *how]
    ran = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    seen: dict[str, str] = json.loads(told.read_text())
    assert {name: text for name, text in seen.items() if text.startswith("BROKEN")} == {}
    return seen


KEPT = Path(__file__).with_name("kept")
OWN_WORDS = {"terminated", "terminated_by_another"}
"""Operations whose error is the driver's own, who finds other words for it in each version."""


def recorded(own: OwnServer, cassette: Path, place: dict[str, Any], loop: str = "asyncio") -> dict[str, str]:
    """The scenario without us, and recorded: each in an empty database."""
    with database(own.url, NAME):
        plain = play("off", cassette, place, loop)
    with database(own.url, NAME):
        seen = play("record", cassette, place, loop)
    assert seen == plain
    return seen


@pytest.fixture
def own(session_servers: Servers) -> Iterator[OwnServer]:
    server = OwnServer(session_servers)
    yield server
    server.stop()


def places(own: OwnServer) -> dict[str, dict[str, Any]]:
    shared = {"port": own.port, "user": "postgres", "database": NAME}
    return {
        "TCP": {**shared, "host": "127.0.0.1", "ssl": False},
        "TLS": {**shared, "host": "127.0.0.1", "ssl": "require"},
        "a unix socket": {**shared, "host": str(own.folder)},
    }


def test_a_scenario_over_tcp_tls_and_a_unix_socket(own: OwnServer, tmp_path: Path) -> None:
    there = places(own)
    seen = {way: recorded(own, tmp_path / f"{way}.json", place) for way, place in there.items()}
    own.stop()
    for way, place in there.items():
        assert len(seen[way]) > 100
        assert play("replay", tmp_path / f"{way}.json", place) == seen[way]


def test_a_scenario_under_uvloop(own: OwnServer, tmp_path: Path) -> None:
    pytest.importorskip("uvloop")
    place = places(own)["TCP"]
    seen = recorded(own, tmp_path / "cassette.json", place, "uvloop")
    own.stop()
    assert play("replay", tmp_path / "cassette.json", place, "uvloop") == seen


def test_a_cassette_of_an_older_asyncpg(tmp_path: Path) -> None:
    """Recorded with 0.31.0, over TCP, with what was seen then; replayed with whatever is installed."""
    with zstandard.open(KEPT / "asyncpg-0.31.0.seen.json.zst", "rt", encoding="utf-8") as file:
        seen: dict[str, str] = json.load(file)
    place = {"port": 18500, "user": "postgres", "database": NAME, "host": "127.0.0.1", "ssl": False}
    kept, told = KEPT / "asyncpg-0.31.0.json.zst", tmp_path / "seen"
    found = play("replay", kept, place, "asyncio", json.dumps(list(seen)), told=told)
    assert len(found) > 100
    assert {name for name in seen if found[name] != seen[name]} <= OWN_WORDS
