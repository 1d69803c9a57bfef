"""What a scenario did: each step's outcome, as text that two runs can be compared by."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import timetracer
from timetracer.recording import faults

_OWN = re.compile(r"/\S*/\.s\.PGSQL\.\d+|port \d+")

_LOST = re.compile(
    r"(?s)SSL connection has been closed unexpectedly|server closed the connection unexpectedly.*request\."
)
"""libpq tells a connection that TLS protects from another one. Ours do TLS elsewhere, and are the other kind."""


class Steps:
    """The outcomes, in order. Two runs in two worlds say the same, but for where the server was."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def add(self, name: str, value: Any) -> Any:
        """A step came to this value."""
        self.done.append(f"{name}: {value!r}")
        return value

    def fails(self, name: str, call: Callable[[], Any]) -> None:
        """A step that ends in an error."""
        try:
            value = call()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the step's outcome
            self.error(name, error)
        else:
            self.done.append(f"{name}: no error, but {value!r}")

    def error(self, name: str, error: Exception) -> None:
        """A step ended in this error."""
        diag = getattr(error, "diag", None)
        more = [getattr(diag, field, None) for field in ("severity", "sqlstate", "message_primary", "constraint_name")]
        said = _LOST.sub("connection lost", _OWN.sub("(its address)", str(error)))
        self.done.append(f"{name}: {type(error).__module__}.{type(error).__qualname__} {said!r} {more}")

    def tell(self) -> None:
        """Give them to the parent process, in one piece."""
        os.write(sys.stdout.fileno(), json.dumps(self.done).encode())


def main(scenario: Callable[..., Steps]) -> None:
    """``SCRIPT MODE CASSETTE …``: play it, plain (``off``), recorded or replayed; what else is said, it is given."""
    mode, cassette, *said = sys.argv[1:]
    faults.raising = True
    with nullcontext() if mode == "off" else timetracer.use(cassette, mode=mode, strict=True):
        done = scenario(*said)
    done.tell()
