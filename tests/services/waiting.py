"""Waiting for what another process does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

_T = TypeVar("_T")
PATIENCE = 60.0
"""Seconds."""


def until(found: Callable[[], _T | None]) -> _T:
    """What it finds, once it does."""
    deadline = monotonic() + PATIENCE
    while monotonic() < deadline:
        if it := found():
            return it
        threading.Event().wait(0.05)
    raise AssertionError("in vain")
