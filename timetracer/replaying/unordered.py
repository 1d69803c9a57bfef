"""Requests that say the same in another order, where the order means nothing: the values of an SQL ``IN``.

Recorded and live requests are brought into one order as they are described. Where the members are identifiers that the
app made up, that order is another one in each run: so it is done once more here, when the live ones are known by the
recorded names.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from timetracer.replaying.calls import Asked, Candidate
from timetracer.replaying.fields import Parts
from timetracer.replaying.waiting import Queue


class Unordered:
    """The recorded exchanges by their requests in one order. Read when somebody first asks for it. Not thread-safe.

    Args:
        candidates: what was recorded, by issue.
        compared: those parts of a request that are compared.
    """

    def __init__(self, candidates: Sequence[Candidate], compared: Callable[[Parts], Parts]) -> None:
        self._candidates = candidates
        self._compared = compared
        self._queues: dict[str, dict[Hashable, Queue]] = {}

    def first(self, asked: Asked, parts: Parts) -> Candidate | None:
        """The one that answers a call, if its parts are the same but for the order of what has none.

        Args:
            asked: the call.
            parts: its own, in recorded names.
        """
        if asked.in_one_order is None:
            return None
        arranged = asked.in_one_order(parts)
        if arranged is None:
            return None
        queues = self._queues.get(asked.library)
        if queues is None:
            queues = self._queues[asked.library] = self._read(asked.library, asked.in_one_order)
        queue = queues.get((*arranged, *arranged.values()))
        return queue.first(asked.path) if queue is not None else None

    def _read(self, library: str, in_one_order: Callable[[Parts], Parts | None]) -> dict[Hashable, Queue]:
        found: dict[Hashable, Queue] = {}
        for candidate in self._candidates:
            if candidate.exchange.library != library or candidate.delivery or candidate.exchange.fact:
                continue
            arranged = in_one_order(self._compared(candidate.parts))
            if arranged is None:
                continue
            key = (*arranged, *arranged.values())
            queue = found.get(key)
            if queue is None:
                found[key] = Queue(candidate)
            else:
                queue.add(candidate)
        return found
