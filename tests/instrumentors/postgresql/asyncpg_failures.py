"""What goes wrong: time-outs, cancelling, lost and refused connections."""

from __future__ import annotations

import asyncio
from typing import Any

from asyncpg_world import World, failing, operation


@operation
async def timed_out(world: World) -> Any:
    async with world.another() as c:
        seen = [await failing(c.fetch("SELECT pg_sleep(60)", timeout=0.3)), await c.fetchval("SELECT 'afterwards'")]
        seen.append(await failing(c.execute("SELECT pg_sleep(61)", timeout=0.3)))
        return [*seen, await c.fetchval("SELECT 'after that'")]


@operation
async def command_timed_out(world: World) -> Any:
    async with world.another(command_timeout=0.3) as c:
        return [await failing(c.execute("SELECT pg_sleep(62)")), c.is_closed()]


@operation
async def cancelled(world: World) -> Any:
    async with world.another() as c:
        task = asyncio.create_task(c.fetch("SELECT pg_sleep(63)"))
        await asyncio.sleep(0.3)
        task.cancel()
        try:
            await task
            seen = "not cancelled"
        except asyncio.CancelledError as error:
            seen = repr(error)
        return [seen, await c.fetchval("SELECT 'still here'")]


@operation
async def statement_timeout(world: World) -> Any:
    async with world.another() as c:
        await c.execute("SET statement_timeout TO 200")
        return [await failing(c.fetch("SELECT pg_sleep(64)")), await c.fetchval("SELECT 'fine again'")]


@operation
async def terminated(world: World) -> Any:
    ended: list[str] = []
    c = await world.connect()
    c.add_termination_listener(lambda _: ended.append("ended"))
    seen = [await failing(c.fetch("SELECT pg_terminate_backend(pg_backend_pid())")), c.is_closed()]
    return [*seen, await failing(c.fetch("SELECT 1")), ended]


@operation
async def terminated_by_another(world: World) -> Any:
    c = await world.connect(server_settings={"application_name": "victim"})
    await c.fetchval("SELECT 'alive'")
    sleeping = asyncio.create_task(failing(c.fetch("SELECT pg_sleep(65)")))
    await asyncio.sleep(0.3)
    await world.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'"
    )
    return [await sleeping, c.is_closed()]


@operation
async def terminated_while_idle(world: World) -> Any:
    ended = asyncio.Event()
    c = await world.connect(server_settings={"application_name": "idle victim"})
    c.add_termination_listener(lambda _: ended.set())
    seen = [await c.fetchval("SELECT 'alive'"), c.is_closed()]
    await world.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'idle victim'"
    )
    await asyncio.wait_for(ended.wait(), 10)
    return [*seen, c.is_closed(), await failing(c.fetch("SELECT 'too late'"))]


@operation
async def terminate(world: World) -> Any:
    c = await world.connect()
    seen = [await c.fetchval("SELECT 1"), c.terminate(), c.is_closed()]
    return [*seen, await failing(c.fetch("SELECT 1"))]


@operation
async def busy(world: World) -> Any:
    async with world.another() as c:
        return await asyncio.gather(failing(c.fetchval("SELECT 'first'")), failing(c.fetchval("SELECT 'second'")))


@operation
async def no_such_database(world: World) -> Any:
    return await failing(world.connect(database="no_such_database"))


@operation
async def no_such_user(world: World) -> Any:
    return await failing(world.connect(user="no_such_user"))


@operation
async def refused(world: World) -> Any:
    return await failing(world.connect(host="127.0.0.1", port=1, ssl=None))


@operation
async def unknown_host(world: World) -> Any:
    return await failing(world.connect(host="nowhere.invalid", ssl=None))


@operation
async def password(world: World) -> Any:
    if str(world.place["host"]).startswith("/"):
        return None
    seen = await failing(world.connect(user="locked", password="wrong"))
    async with world.another(user="locked", password="open sesame") as c:
        return [seen, await c.fetchval("SELECT current_user")]
