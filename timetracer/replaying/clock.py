"""The clock of a replay: the recorded start plus what has elapsed, for all code that asks for the time of day.

Time is one for the whole process, so only one replay at a time moves it. A test that travels by itself wins.
"""

from __future__ import annotations

import datetime
import threading
from typing import Any

_lock = threading.Lock()


class Clock:
    """The moved clock of one replay.

    Args:
        start: ns since the epoch when the recording began; 0: unknown, and the clock stays as it is.
    """

    def __init__(self, start: int) -> None:
        self._start = start
        self._travel: Any = None

    def move(self) -> None:
        """Move the clock, unless somebody has moved it already."""
        import time_machine

        with _lock:
            frozen = datetime.datetime.__module__ != "datetime"  # freezegun puts a class of its own in its place
            if not self._start or frozen or time_machine.escape_hatch.is_travelling():
                return
            self._travel = time_machine.travel(self._start / 1e9, tick=True)
            self._travel.start()

    def restore(self) -> None:
        """Put the clock back, if this replay moved it."""
        with _lock:
            travel, self._travel = self._travel, None
            if travel is not None:
                travel.stop()
