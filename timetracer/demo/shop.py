"""The service of the demo: an ordinary FastAPI application that knows nothing of Timetracer.

``GET /basket?items=coffee,cake`` asks the server at ``PRICES`` for each price, all at once.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/basket")
async def basket(items: str) -> dict[str, Any]:
    """The prices of these items, and what they come to."""
    async with httpx.AsyncClient(base_url=os.environ["PRICES"]) as client:
        answers = await asyncio.gather(*(client.get(f"/prices/{item}") for item in items.split(",")))
    quoted = [answer.raise_for_status().json() for answer in answers]
    return {"items": quoted, "total": round(sum(each["price"] for each in quoted), 2)}
