"""A service in replay: each inbound request is served with a replay of the cassette recorded for the same request.

What happens outside any request (start-up, background jobs) is answered from the recordings of the process.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from timetracer import sessions
from timetracer.redaction.pseudonyms import Pseudonyms
from timetracer.replaying.calls import Asked
from timetracer.replaying.outcomes import Outcomes
from timetracer.replaying.session import Manner, Replay, parts_of
from timetracer.replaying.shelf import Shelf
from timetracer.replaying.verdict import Verdict

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

    from timetracer.recording.notes import Note
    from timetracer.recording.session import Recording
    from timetracer.seams.declaration import Instrumentor

KEPT = 1000
"""Replays of ended requests whose tasks may still call; of older ones only the verdict is kept."""


class ServiceReplay:
    """The replay of a service.

    Args:
        shelf: finds the cassette of a request.
        outside: answers what happens outside any request; in mode ``auto`` a recording, when there is none of it yet.
        load: finds the instrumentor of a library.
        manner: how its replays answer.
        recording: in mode ``auto``: records the requests that have no cassette.
        keep: records what the replays do; None: nobody.
    """

    def __init__(
        self,
        shelf: Shelf,
        outside: Replay | Recording,
        load: Callable[[str], Instrumentor | None],
        manner: Manner,
        recording: Recording | None = None,
        keep: Recording | None = None,
    ) -> None:
        self.live = manner.live
        self.outside = outside
        self._shelf = shelf
        self._load = load
        self._manner = manner
        self._recording = recording
        self._keep = keep
        self._lock = threading.Lock()
        self._replays: deque[Replay] = deque()
        self._older = Verdict()
        self._older_problems: list[str] = []
        self._older_outcomes = Outcomes()

    @contextmanager
    def open(
        self, instrumentor: Instrumentor, fields: tuple[Any, ...], body: bytes
    ) -> Generator[Replay | Recording, None, None]:
        """The session that serves one inbound request, in the context of the request.

        A request that was never recorded is served as well: each call that it makes is a miss.
        """
        asked = self._asked(instrumentor, fields, body)
        unit = self._shelf.take(asked, instrumentor)
        if unit is None and self._recording is not None:
            with sessions.in_context(self._recording):
                yield self._recording
            return
        if unit is not None:
            replay = Replay([unit.cassette], self._load, self._manner, self._keep)
        else:
            replay = Replay([], self._load, replace(self._manner, serving=_line(asked)), self._keep)
        with self._lock:
            self._replays.append(replay)
            if len(self._replays) > KEPT:
                oldest = self._replays.popleft()
                self._older = self._older.merge(oldest.verdict())
                self._older_problems += oldest.problems
                self._older_outcomes.add(oldest.outcomes())
        with sessions.in_context(replay):
            yield replay

    def _asked(self, instrumentor: Instrumentor, fields: tuple[Any, ...], body: bytes) -> Asked:
        request, content = instrumentor.describe_request(fields, body)
        key = instrumentor.key(request)
        request, content, _ = self._manner.redactor.redact_request(request, content, Pseudonyms())
        return Asked(
            library=instrumentor.name,
            key=key,
            parts=parts_of(instrumentor, request, content),
            write=instrumentor.writes(request),
        )

    def verdict(self) -> Verdict:
        """What came of all requests so far, and of what happened outside them."""
        return self.requests().merge(self.elsewhere())

    def requests(self) -> Verdict:
        """What came of all requests so far."""
        with self._lock:
            found = self._older
            for replay in self._replays:
                found = found.merge(replay.verdict())
            return found

    def elsewhere(self) -> Verdict:
        """What came of what happened outside any request so far."""
        return self.outside.verdict() if isinstance(self.outside, Replay) else Verdict()

    def problems(self) -> list[str]:
        """Each miss so far in full, for people."""
        with self._lock:
            found = [*self._older_problems, *(problem for replay in self._replays for problem in replay.problems)]
        return found + (self.outside.problems if isinstance(self.outside, Replay) else [])

    def outcomes(self) -> Outcomes:
        """What became of each recorded call so far, and of each that was missed."""
        found = Outcomes()
        with self._lock:
            found.add(self._older_outcomes)
            replays = [*self._replays, *([self.outside] if isinstance(self.outside, Replay) else [])]
            for replay in replays:
                found.add(replay.outcomes())
        return found

    # --- OpenTelemetry's spans outside any request ------------------------------------------------------------------

    def span_started(self, span: Span, parent_context: Context | None) -> None:
        """Called by the processor for every span that starts."""
        self.outside.span_started(span, parent_context)

    def span_ended(self, span: ReadableSpan, note: Note) -> None:
        """Called by the processor for every span that ends."""


def _line(asked: Asked) -> str:
    """A request in one line, redacted: ``GET /price/7?currency=usd``; and whether it had a body."""
    method, path, query = (str(asked.parts.get(name, "")) for name in ("method", "path", "query"))
    body = " with a body" if asked.parts.get("body") else ""
    return f"{method} {path}{'?' if query else ''}{query}{body}"
