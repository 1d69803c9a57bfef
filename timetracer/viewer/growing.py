"""A unit of work that is looked at while it is under way, and the cassette that it becomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette, Span
from timetracer.errors import TimetracerError
from timetracer.viewer.following import Following

_PATIENCE: Final = 40
"""Looks for the cassette of a unit that has ended."""
_EACH: Final = 4
"""Of the looks for a cassette, one in so many reads the list."""


class Growing:
    """One unit.

    Args:
        following: tells of it.
        name: the unit's.
        replayed: lays a replay over its cassette.
        every: s between two looks.
    """

    def __init__(
        self, following: Following, name: str, replayed: Callable[[Cassette], Cassette], every: float = 0.25
    ) -> None:
        self.name = name
        """The unit's, and its cassette's once that is there."""
        self.every = every
        self.written = False
        """Its cassette is there."""
        self._following = following
        self._replayed = replayed
        self._missed = 0

    @property
    def over(self) -> bool:
        """Whether there will be nothing new of it."""
        return self.written or self._missed >= _PATIENCE

    def look(self) -> Trace | None:
        """It as it stands; its cassette, once that is there; None while it is neither told of nor written."""
        following = self._following
        following.look()
        trace = following.trace(self.name)
        if trace is not None:
            self._missed = 0
            return trace
        if self._missed % _EACH == 0 and (written := following.written_as(self.name)):
            try:
                found = Trace(self._replayed(following.load(written)))
            except TimetracerError:  # deleted, or just being replaced
                found = None
            if found is not None:
                self.name, self.written = written, True
                return found
        self._missed += 1
        return None


def said(span: Span) -> Span:
    """A span without what grows with time while it is open."""
    exchange = replace(span.exchange, ended=0) if span.exchange is not None else None
    return replace(span, end=0, exchange=exchange)
