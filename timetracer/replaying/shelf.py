"""The recorded units of work, found by the request that each is the work of."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from timetracer.cassette.model import INBOUND, Cassette, Exchange
from timetracer.errors import UnmatchedCall
from timetracer.replaying.calls import Asked, Candidate
from timetracer.replaying.fields import Parts
from timetracer.replaying.matching import Index
from timetracer.replaying.session import parts_of
from timetracer.replaying.unnamed import REASON, Unnamed, named

if TYPE_CHECKING:
    from timetracer.seams.declaration import Instrumentor


class Recorded(NamedTuple):
    """A recorded unit of work, and what its store calls it."""

    name: str
    cassette: Cassette


class Shelf:
    """Cassettes by the method and path of their request; each is read when its request comes for the first time.

    Args:
        units: (method, path, name), in the order of recording.
        read: gives the cassette of a name.
        only: the one cassette that answers every request, whatever it is.
    """

    def __init__(
        self, units: Iterable[tuple[str, str, str]], read: Callable[[str], Cassette], only: Cassette | None = None
    ) -> None:
        self._names: dict[tuple[str, str], list[str]] = {}
        for method, path, name in units:
            self._names.setdefault((method, path), []).append(name)
        self._read = read
        self._only = only
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, str], Requests] = {}

    def take(self, asked: Asked, instrumentor: Instrumentor) -> Recorded | None:
        """The unit that was recorded for the same request; None if there is none.

        Raises:
            CassetteError, StoreError: it cannot be read.
        """
        if self._only is not None:
            return Recorded("", self._only)
        where = (str(asked.parts.get("method", "")), str(asked.parts.get("path", "")))
        with self._lock:
            if where not in self._requests:
                self._requests[where] = Requests(
                    [Recorded(name, self._read(name)) for name in self._names.get(where, ())], instrumentor
                )
            return self._requests[where].take(asked)


class Requests:
    """The recordings of one method and path. Those of the very same request are taken in turn, over and over. Of one
    that is the same only by relaxing, each is taken once; when all have been, they start over.

    Args:
        units: in any order; the one whose request came first is taken first.
        instrumentor: of the server that received them.
    """

    def __init__(self, units: Iterable[Recorded], instrumentor: Instrumentor) -> None:
        self._of: dict[int, Recorded] = {}
        self._turns: dict[frozenset[tuple[str, str | bytes]], deque[Recorded]] = {}
        self._recorded: list[tuple[Exchange, Parts, bool]] = []
        found = [(exchange, unit) for unit in units if (exchange := inbound(unit.cassette)) is not None]
        for exchange, unit in sorted(found, key=lambda pair: pair[0].started):
            parts = parts_of(instrumentor, exchange.request, exchange.request_body)
            self._of[id(exchange)] = unit
            self._turns.setdefault(frozenset(parts.items()), deque()).append(unit)
            self._recorded.append((exchange, parts, instrumentor.writes(exchange.request)))
        self._start_over()

    def _start_over(self) -> None:
        self._index = Index(
            (Candidate(exchange, parts, "", exchange.started, write) for exchange, parts, write in self._recorded),
            learns=True,
        )

    def take(self, asked: Asked) -> Recorded | None:
        """The next unit of this very request; None if there is none."""
        whole = frozenset(asked.parts.items())
        bodiless = frozenset(item for item in whole if item[0] != "body")  # as if nobody had read the body
        for same in (whole, bodiless):
            if turns := self._turns.get(same):
                turns.rotate(-1)
                return turns[-1]
        for _ in range(2):
            try:
                return self._of[id(self._index.take(asked).exchange)]
            except Unnamed as found:
                return self.take(asked._replace(parts=named(asked.parts, found.secrets), reasons=(REASON,)))
            except UnmatchedCall:
                self._start_over()
        return None


def inbound(cassette: Cassette) -> Exchange | None:
    """The request that a cassette is the recording of."""
    found = next((span.exchange for span in cassette.spans if span.kind in INBOUND and span.exchange), None)
    return found if found is None or found.request else None


def asked_again(exchange: Exchange, instrumentor: Instrumentor) -> Asked:
    """A recorded request as if it came anew."""
    return Asked(
        library=exchange.library,
        key=exchange.key,
        parts=parts_of(instrumentor, exchange.request, exchange.request_body),
        write=instrumentor.writes(exchange.request),
    )
