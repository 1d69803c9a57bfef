"""What a server says without being asked (a published message, a notification), said again in its turn.

**The turn of a delivery has come when every exchange of its library that was issued before it has been taken.** What
the app did before the message came cannot have waited for it: so the wait ends, and the order is that of the recording.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Lock

from timetracer.cassette.model import Exchange
from timetracer.replaying.calls import Candidate


class Turns:
    """How far the recorded order has been played, library by library. Not thread-safe: an `Index` guards its own.

    Args:
        candidates: of all libraries, by issue.
    """

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._asked: dict[str, list[Candidate]] = {}
        self._told: dict[str, list[Candidate]] = {}
        for candidate in candidates:
            if candidate.delivery:
                self._told.setdefault(candidate.exchange.library, []).append(candidate)
            elif not (candidate.incidental or candidate.exchange.fact):
                self._asked.setdefault(candidate.exchange.library, []).append(candidate)
        for waiting in (*self._asked.values(), *self._told.values()):
            waiting.reverse()

    def has_come(self, candidate: Candidate) -> bool:
        """Whether all that was issued before it has been taken; what is incidental or a fact does not count."""
        asked = self._asked.get(candidate.exchange.library, [])
        while asked and asked[-1].taken:
            asked.pop()
        return not asked or candidate.order <= asked[-1].order

    def due(self, library: str) -> Iterator[Candidate]:
        """The deliveries whose turn has come and that nobody has got yet, by issue."""
        told = self._told.get(library, [])
        while told and told[-1].taken:
            told.pop()
        for candidate in reversed(told):
            if not self.has_come(candidate):
                return
            if not candidate.taken:
                yield candidate


@dataclass(eq=False)
class Listener:
    """A connection that is told what it did not ask for.

    Args:
        hears: a delivery ``->`` the bytes in which the connection is told; None: it is not for this one.
        say: tells it, from any thread.
        heard: how many it was told already.
    """

    hears: Callable[[Exchange], bytes | None]
    say: Callable[[bytes], None]
    heard: int = 0


class Audience:
    """Who listens, library by library. Any number of threads.

    Args:
        due: ``library ->`` the deliveries whose turn has come.
        deliver: takes one of them, as this replay says it.
    """

    def __init__(self, due: Callable[[str], list[Candidate]], deliver: Callable[[Candidate], Exchange]) -> None:
        self._due = due
        self._deliver = deliver
        self._lock = Lock()
        self._listeners: dict[str, list[weakref.ref[Listener]]] = {}

    def join(self, library: str, listener: Listener) -> None:
        """Listen from now on, as long as somebody holds the listener; it is told at once what waits for it."""
        with self._lock:
            listeners = self._listeners.setdefault(library, [])
            if not any(known() is listener for known in listeners):
                listeners.append(weakref.ref(listener))
        self.release(library)

    def leave(self, library: str, listener: Listener) -> None:
        """Listen no more."""
        with self._lock:
            listeners = self._listeners.get(library, [])
            listeners[:] = [known for known in listeners if known() is not listener]

    def release(self, library: str) -> None:
        """Tell whatever has its turn by now to somebody whom it is for: to the one who was told least so far, as each
        of those who were told the same when it was recorded made an exchange of it."""
        if library not in self._listeners:
            return
        with self._lock:
            listeners = [listener for known in self._listeners[library] if (listener := known()) is not None]
            for candidate in self._due(library):
                for listener in sorted(listeners, key=lambda listener: listener.heard):
                    if listener.hears(candidate.exchange) is not None:
                        listener.heard += 1
                        listener.say(listener.hears(self._deliver(candidate)) or b"")
                        break
