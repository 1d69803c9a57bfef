"""Recorded exchanges that answer the same call, waiting to be played in the order in which they were issued."""

from __future__ import annotations

from collections import deque

from timetracer.replaying.calls import Candidate


class Queue:
    """Candidates with one identity. A taken one leaves when it comes up: each step costs O(1) in the long run."""

    __slots__ = ("_lasting", "_places", "_waiting", "sample", "size")

    def __init__(self, first: Candidate) -> None:
        self.sample = first
        """One of them, taken or not."""
        self.size = 0
        """How many there were in the beginning."""
        self._waiting: deque[Candidate] = deque()
        self._places: dict[str, deque[Candidate]] | None = None
        self._lasting: Candidate | None = None
        """The last fact among them: it answers whoever comes when the others are used up."""
        self.add(first)

    def add(self, candidate: Candidate) -> None:
        """Put one more at the end; all are added before the first is played."""
        self.size += 1
        self._waiting.append(candidate)
        if candidate.exchange.fact:
            if self._lasting is not None:
                self._lasting.lasting = False
            candidate.lasting = True
            self._lasting = candidate

    def first(self, path: str) -> Candidate | None:
        """The next one at this place in the call tree, or else the next one of all; None if all are taken."""
        if path and self.size > 1:
            if self._places is None:
                self._places = {}
                for candidate in self._waiting:
                    self._places.setdefault(candidate.path, deque()).append(candidate)
            here = self._places.get(path)
            if here and (found := _first(here)) is not None:
                return found
        return _first(self._waiting) or self._lasting


def _first(waiting: deque[Candidate]) -> Candidate | None:
    while waiting:
        if not waiting[0].played:
            return waiting[0]
        waiting.popleft()
    return None
