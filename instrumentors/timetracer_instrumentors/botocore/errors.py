"""The exceptions of botocore, and of urllib3 within a body: which they are, and what they are built from."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Any

import botocore.exceptions as _exceptions  # pyright: ignore[reportMissingTypeStubs]
import urllib3.exceptions

EXCEPTIONS: Any = _exceptions


def classes() -> tuple[type[BaseException], ...]:
    """All that a request, or the reading of its response, may raise."""
    return (
        *all_of(EXCEPTIONS, EXCEPTIONS.BotoCoreError),
        *all_of(urllib3.exceptions, urllib3.exceptions.HTTPError),
        http.client.IncompleteRead,
        http.client.RemoteDisconnected,
        http.client.BadStatusLine,
    )


def all_of(module: Any, base: type[BaseException]) -> list[type[BaseException]]:
    """The exception classes of a module that are of a kind."""
    named = (getattr(module, name) for name in dir(module))
    return [kind for kind in named if isinstance(kind, type) and issubclass(kind, base)]


def keywords(error: BaseException) -> Mapping[str, Any]:
    """The named arguments of those that are built from more than their `args`."""
    if isinstance(error, EXCEPTIONS.BotoCoreError):
        given: dict[str, Any] = vars(error)["kwargs"]
        return {name: _plain(value) for name, value in given.items() if name != "request"}
    if isinstance(error, urllib3.exceptions.ReadTimeoutError):
        pool, _, message = str(error).partition(": ")
        return {"pool": pool, "url": _plain(error.url), "message": message}
    if isinstance(error, http.client.IncompleteRead):
        return {"partial": error.partial, "expected": error.expected}
    return {}


def _plain(value: Any) -> Any:
    """Their texts say no more of an exception within them than its own."""
    return value if isinstance(value, (str, int, float, bytes, type(None))) else str(value)
