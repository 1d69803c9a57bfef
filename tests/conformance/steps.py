"""What an app does, told once for blocking and asyncio clients: each step is yielded, and its result sent back."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from typing import Any

Steps = Generator[Any, Any, Any]


def run(steps: Callable[[Any], Steps], client: Any) -> Any:
    """The steps with a blocking client."""
    going = steps(client)
    result = None
    try:
        while True:
            result = going.send(result)
    except StopIteration as done:
        return done.value
    finally:
        client.close()


async def arun(steps: Callable[[Any], Steps], client: Any) -> Any:
    """The steps with an asyncio client."""
    going = steps(client)
    try:
        step = next(going)
        while True:
            try:
                result = await step if inspect.isawaitable(step) else step
            except Exception as error:  # noqa: BLE001 - thrown on
                step = going.throw(error)
            else:
                step = going.send(result)
    except StopIteration as done:
        return done.value
    finally:
        await getattr(client, "aclose", client.close)()
