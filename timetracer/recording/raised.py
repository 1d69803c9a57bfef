"""An exception as plain data, told when it is raised: it holds its frames, and they hold what the app works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from timetracer.cassette.model import Plain


def error_of(
    error: BaseException, keywords: Callable[[BaseException], Mapping[str, Any]] = lambda error: {}
) -> dict[str, Plain]:
    """An exception as plain data: its class by name, its arguments where they are plain, its message for people.

    Args:
        error: the exception.
        keywords: what the instrumentor says that its kind is built from, instead of its `args`.
    """
    if not isinstance(error, Exception):
        # Cancellation, an interrupt, an exit: no outcome of the call, but of its caller, who waited no longer.
        return {"type": "cancelled"}
    kind, named = type(error), dict(keywords(error))

    def plain(value: Any) -> Plain:
        if isinstance(value, Exception):
            return error_of(value, keywords)
        return value if isinstance(value, (str, int, float, bytes, type(None))) else repr(value)

    described: dict[str, Plain] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
    described["args"] = [] if named else [plain(arg) for arg in error.args]
    if named:
        described["kwargs"] = {name: plain(value) for name, value in named.items()}
    if str(error) != ("" if named else "".join(str(arg) for arg in error.args)):
        described["message"] = str(error)
    return described
