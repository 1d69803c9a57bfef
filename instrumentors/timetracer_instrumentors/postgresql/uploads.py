"""COPY … FROM STDIN as a tap sees it: which COPY data belongs to, and which Syncs the server never looked at."""

from __future__ import annotations

from collections import deque

from timetracer_instrumentors.postgresql.operations import Pending

DATA = ord("d")
_SYNC = ord("S")


class Uploads:
    """The uploads of one connection.

    Clients do not wait for CopyInResponse. In the extended protocol they send a Sync with the Execute, which the server
    ignores because it is in the midst of the COPY by then, and another one at the end of their data.

    Args:
        queue: what waits for an answer. The place where data begins is marked in it.
    """

    __slots__ = ("_current", "_queue")

    def __init__(self, queue: deque[Pending]) -> None:
        self._queue = queue
        self._current: Pending | None = None

    def asked(self, pending: Pending) -> None:
        """The client asks for something; data that comes now belongs to that, if it is a COPY … FROM STDIN."""
        self._queue.append(pending)
        if pending.upload is not None:
            self._current = pending

    def data(self, payload: bytes) -> None:
        """A piece of data."""
        pending = self._marked()
        if pending is not None and pending.tape is not None:
            pending.tape.request_reel.heard(payload)

    def ends(self, end: str) -> None:
        """The client has sent all, or gives up."""
        pending, self._current = self._marked(), None
        if pending is not None and pending.upload is not None:
            pending.upload.end = end

    def failed(self, pending: Pending) -> None:
        """The server has refused it: what still comes belongs to nothing."""
        if self._current is pending:
            self._current = None

    def answered(self, pending: Pending) -> None:
        """The server has come to an end with it. It ignored the Syncs before the data, and answers those after it."""
        if pending.upload is None or not any(result.copy[:1] == b"G" for result in pending.outcome.results):
            return
        marked = any(one.kind == DATA for one in self._queue)
        while self._queue and self._queue[0].kind in (_SYNC, DATA):
            if self._queue.popleft().kind == DATA or not marked:
                return

    def pass_by(self) -> None:
        """Data for a COPY that never began needs no answer."""
        while self._queue and self._queue[0].kind == DATA:
            self._queue.popleft()

    def _marked(self) -> Pending | None:
        if self._current is not None and not any(one.kind == DATA for one in self._queue):
            self._queue.append(Pending(DATA))
        return self._current
