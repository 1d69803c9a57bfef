"""What asyncpg can do, operation by operation: ``asyncpg_scenario.py MODE CASSETTE PLACE SEEN [LOOP [ONLY]]``.

MODE is ``off``, ``record`` or ``replay``; PLACE is JSON: what `asyncpg.connect` is given; LOOP is ``asyncio`` or
``uvloop``; ONLY is a JSON list: operations that are done, and no others. Into the file SEEN goes a JSON object: the
name of each operation, and what it saw as text.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import asyncpg_failures
import asyncpg_sessions
import asyncpg_statements
import asyncpg_values
from asyncpg_world import OPERATIONS, World

import timetracer
from timetracer.recording import faults

PLAYED = (asyncpg_values, asyncpg_statements, asyncpg_sessions, asyncpg_failures)
"""Importing them is what makes `OPERATIONS`, in this order."""
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


async def play(place: dict[str, Any], seen: dict[str, str], only: list[str]) -> None:
    world = World(place)
    world.connection = await world.connect()
    for name in only:
        run = OPERATIONS[name]
        try:
            seen[name] = ADDRESS.sub("", repr(await asyncio.wait_for(run(world), 60)))
        except Exception as error:  # noqa: BLE001 - compared with the others
            seen[name] = f"BROKEN {type(error).__name__}: {error}"
    await world.connection.close()


def main(mode: str, cassette: str, place: str, told: str, loop: str = "asyncio", only: str = "") -> None:
    faults.raising = True
    runner: Any = asyncio.run
    if loop == "uvloop":
        import uvloop

        runner = uvloop.run
    block = {"off": nullcontext, "record": timetracer.record, "replay": timetracer.replay}[mode]
    seen: dict[str, str] = {}
    try:
        with block(*([] if mode == "off" else [cassette])):
            runner(play(json.loads(place), seen, json.loads(only) if only else list(OPERATIONS)))
    finally:
        Path(told).write_text(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
