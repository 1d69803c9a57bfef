"""Where operations of asyncpg are done, and what they say of themselves; `asyncpg_scenario` plays them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

Connection = Any
Operation = Callable[["World"], Awaitable[Any]]
OPERATIONS: dict[str, Operation] = {}


class World:
    """Where the operations are done.

    Args:
        place: what `asyncpg.connect` is given.
    """

    def __init__(self, place: dict[str, Any]) -> None:
        self.place = place
        self.connection: Connection = None

    async def connect(self, **more: Any) -> Connection:
        return await asyncpg.connect(**{**self.place, **more})

    @asynccontextmanager
    async def another(self, **more: Any) -> AsyncIterator[Connection]:
        connection = await self.connect(**more)
        try:
            yield connection
        finally:
            await connection.close()

    def pool(self, **more: Any) -> Any:
        return asyncpg.create_pool(**{"min_size": 1, "max_size": 3, **self.place, **more})


def operation(function: Operation) -> Operation:
    OPERATIONS[function.__name__] = function
    return function


def simple(name: str, *statements: str, args: tuple[Any, ...] = ()) -> None:
    """Statements whose rows are all that matters; arguments are the last one's."""

    async def run(world: World) -> Any:
        seen = [await failing(world.connection.fetch(statement)) for statement in statements[:-1]]
        return [*seen, await failing(world.connection.fetch(statements[-1], *args))]

    OPERATIONS[name] = run


async def failing(awaitable: Awaitable[Any]) -> Any:
    """What came of it: the result, or all that an exception says."""
    try:
        return await awaitable
    except asyncpg.PostgresError as error:
        return (
            type(error),
            str(error),
            sorted((k, v) for k, v in error.as_dict().items() if k != "server_source_line"),
        )
    except (asyncpg.InterfaceError, OSError, asyncio.TimeoutError) as error:
        return (type(error), str(error))
