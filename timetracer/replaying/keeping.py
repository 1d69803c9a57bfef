"""What a replay does, kept by a recording: each call as the app asked it, and as the replay answered it.

The cassette that comes of it is like any other. Its resource says that it is a replay's, and of what.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING

from timetracer.cassette.model import Cassette, Exchange, Plain
from timetracer.cassette.replays import OF, ROOT, WHY, WORD
from timetracer.recording.faults import harmless
from timetracer.recording.raised import error_of
from timetracer.recording.tape import Told

if TYPE_CHECKING:
    from timetracer.recording.session import Recording
    from timetracer.replaying.calls import Taken
    from timetracer.seams.declaration import Instrumentor

_KEEPING = harmless("keeping what a replay does")


class Keeping:
    """What one replay does, for its recording. Held while a call is answered, so that calls are kept in that order.

    Args:
        recording: takes the calls.
        recorded: what is replayed.
        root: the id of its root span; empty: it is not one cassette.
    """

    def __init__(self, recording: Recording, recorded: Sequence[Cassette] = (), root: str = "") -> None:
        self.recording = recording
        self.resource = {OF: recorded[0].name if recorded else "", ROOT: root}
        self.arrived = Told(None, {}, self.resource)
        """Of the inbound request that the replay is of."""
        self._lock = threading.RLock()
        self._kept: set[int] = set()
        """Facts that are kept already."""
        self._facts: dict[str, list[Exchange]] = {}
        """By library, the last one first. A backend that knows one from the catalogue does not ask for it."""
        facts = (exchange for cassette in recorded for exchange in cassette.exchanges if exchange.fact)
        for fact in sorted(facts, key=lambda each: each.started, reverse=True):
            self._facts.setdefault(fact.library, []).append(fact)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        self._lock.release()

    def played(
        self, instrumentor: Instrumentor, request: dict[str, Plain], body: bytes | None, taken: Taken, answer: Exchange
    ) -> None:
        """A call was answered. A fact, which may answer any number of times, is kept once.

        Args:
            instrumentor: whose call it is.
            request, body: what the app asked.
            taken: what was recorded.
            answer: the same as the app is given it.
        """
        with _KEEPING:
            if not answer.fact:
                self._rely(instrumentor, taken.exchange.started)
            elif id(taken.exchange) in self._kept:
                return
            self._kept.add(id(taken.exchange))
            if "unread" in answer.request:  # how much of it was read then, nobody knows
                request, body = {**request, "unread": True}, answer.request_body
            asked = replace(answer, key=instrumentor.key(request), request=request, request_body=body)
            asked.secrets = instrumentor.secrets(request)
            self._keep(instrumentor, asked, taken.reasons)

    def _rely(self, instrumentor: Instrumentor, at: int) -> None:
        """A call relies on the facts that were known when it was recorded, as it does in a recording."""
        facts = self._facts.get(instrumentor.name, [])
        while facts and facts[-1].started <= at:
            fact = facts.pop()
            if id(fact) not in self._kept:
                self._kept.add(id(fact))
                self._keep(instrumentor, replace(fact), ())

    def told(self, instrumentor: Instrumentor, taken: Taken, answer: Exchange) -> None:
        """The app was told what it did not ask for."""
        with _KEEPING:
            self._keep(instrumentor, replace(answer), taken.reasons, own=True)

    def missed(
        self, instrumentor: Instrumentor, request: dict[str, Plain], body: bytes | None, miss: BaseException
    ) -> None:
        """A call was not answered."""
        with _KEEPING:
            key, secrets = instrumentor.key(request), instrumentor.secrets(request)
            asked = Exchange(instrumentor.name, key, request, body, error=error_of(miss), secrets=secrets)
            self._keep(instrumentor, asked, tuple(str(miss).split("\n")), "missed")

    def _keep(
        self, instrumentor: Instrumentor, exchange: Exchange, why: tuple[str, ...], word: str = "", *, own: bool = False
    ) -> None:
        tape = self.recording.begin(instrumentor, (), fact=exchange.fact, own=own)
        if tape is None:
            return
        exchange.started, exchange.redactions = tape.started, []
        exchange.ended = tape.started
        tape.told = Told(exchange, {WORD: word or ("relaxed" if why else "played"), WHY: why}, self.resource)
        tape.error = exchange.error
        tape.finish()
