"""A service for `test_service`: FastAPI on a pool of asyncpg (``DATABASE``)."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE"], min_size=2, max_size=4) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/things/{number}")
async def thing(number: int) -> dict[str, Any]:
    async with app.state.pool.acquire() as connection, connection.transaction():
        written = await connection.fetchval("INSERT INTO things (n) VALUES ($1) RETURNING id", number)
        rows = await connection.fetch("SELECT n * $1 AS product FROM generate_series(1, 5) AS n", number)
    return {"id": written, "products": [row["product"] for row in rows]}
