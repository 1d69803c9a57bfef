"""A program that runs every operation with one driver, recorded or replayed.

``python -m wires.mongodb.whole_process MODE DRIVER URL FILE``
"""

import asyncio
import os
import sys
from datetime import datetime
from typing import Any

import pytest_socket
from bson import ObjectId

import timetracer
from timetracer.recording import faults
from wires.mongodb.operations import OPERATIONS, done

WITHOUT = os.environ.get("WITHOUT", "").split()
"""Operations that an old driver does not know."""


def client(driver: str, url: str) -> Any:
    if driver == "motor":
        from motor.motor_asyncio import AsyncIOMotorClient

        return AsyncIOMotorClient(url)
    import pymongo

    return pymongo.AsyncMongoClient(url) if driver == "async" else pymongo.MongoClient(url)


def told(value: Any, names: dict[ObjectId, str]) -> Any:
    """A value with the types of everything in it; generated identifiers by the order in which they come."""
    if isinstance(value, dict):
        return {key: told(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [told(item, names) for item in value]
    if isinstance(value, ObjectId):
        return names.setdefault(value, f"identifier {len(names)}")
    if isinstance(value, datetime):  # zones of old versions say where they are in memory
        return f"{type(value).__name__} {value.isoformat()}"
    return f"{type(value).__name__} {value!r}"


async def everything(driver: str, url: str) -> list[str]:
    connected = client(driver, url)
    seen: list[str] = []
    for operation in OPERATIONS:
        if operation.__name__ in WITHOUT:
            continue
        names: dict[ObjectId, str] = {}
        seen.append(f"{operation.__name__}: {told(await operation(connected['shop']), names)}")
    await done(connected.close())
    return seen


def run(driver: str, url: str) -> list[str]:
    if driver == "uvloop":
        import uvloop

        return uvloop.run(everything("async", url))
    return asyncio.run(everything(driver, url))


def main(mode: str, driver: str, url: str, path: str) -> None:
    faults.raising = True
    if mode == "plain":
        seen = run(driver, url)
    elif mode == "record":
        with timetracer.record(path):
            seen = run(driver, url)
    else:
        pytest_socket.disable_socket(allow_unix_socket=True)
        with timetracer.replay(path, strict=not WITHOUT):
            seen = run(driver, url)
    sys.stdout.write("\n".join(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
