"""The service that the tests record and replay: FastAPI, calling an upstream (``UPSTREAM``) through httpx."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI, Request

UPSTREAM = os.environ["UPSTREAM"]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Asks for its rates when it starts, and for the weather whenever it is told to."""
    async with httpx.AsyncClient() as client:
        app.state.rates = (await client.get(f"{UPSTREAM}/counter?rates")).json()
        app.state.asked, app.state.answered = asyncio.Event(), asyncio.Event()
        watching = asyncio.create_task(watch(client))
        yield
        watching.cancel()


async def watch(client: httpx.AsyncClient) -> None:
    while True:
        await app.state.asked.wait()
        app.state.asked.clear()
        app.state.weather = (await client.get(f"{UPSTREAM}/counter?weather")).json()
        app.state.answered.set()


app = FastAPI(lifespan=lifespan)


async def upstream(path: str, **options: Any) -> Any:
    async with httpx.AsyncClient() as client:
        response = await client.request(options.pop("method", "GET"), f"{UPSTREAM}{path}", **options)
        return response.raise_for_status().json()


@app.get("/price/{sku}")
async def price(sku: str, currency: str = "EUR") -> dict[str, Any]:
    return {"sku": sku, "pid": os.getpid(), **await upstream(f"/counter?sku={sku}&currency={currency}")}


@app.post("/orders")
async def order(request: Request) -> dict[str, Any]:
    """Two calls: the order itself with the body that came, and a receipt."""
    echoed = await upstream("/echo", method="POST", content=await request.body())
    return {"ordered": json.loads(echoed["body"]), "receipt": await upstream("/counter?receipt")}


@app.get("/careless/{name}")
async def careless(name: str) -> dict[str, Any]:
    """Swallows whatever goes wrong."""
    try:
        return {"found": await upstream(f"/counter?careless={name}")}
    except Exception:  # noqa: BLE001 - as careless apps do
        return {"found": None}


@app.get("/outside")
async def outside() -> dict[str, Any]:
    """What is asked outside any request: at the start, and by a background job."""
    app.state.asked.set()
    await app.state.answered.wait()
    return {"rates": app.state.rates, "weather": app.state.weather}


@app.get("/child/{way}")
def child(way: str) -> dict[str, Any]:
    """A child process that calls, and ends at once."""
    if way == "fork":
        pid = os.fork()
        if not pid:
            try:
                httpx.get(f"{UPSTREAM}/counter?fork")
            except BaseException:  # noqa: BLE001 - whatever it is: there must not be two servers on one connection
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        return {"status": os.waitpid(pid, 0)[1]}
    process = multiprocessing.get_context(way).Process(target=httpx.get, args=(f"{UPSTREAM}/counter?{way}",))
    process.start()
    process.join()
    return {"status": process.exitcode}
