"""What a connection of a replay is told without asking: notifications on its channels, and that the server ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timetracer_instrumentors.postgresql import messages, sql
from timetracer_instrumentors.postgresql.answers import reported
from timetracer_instrumentors.postgresql.catalogue import process_of

if TYPE_CHECKING:
    from timetracer.cassette.model import Exchange
    from timetracer_instrumentors.postgresql.asks import Asks
    from timetracer_instrumentors.postgresql.backend import Backend


class Hearing:
    """Its ears.

    Args:
        backend: the connection's.

    Attributes:
        asked: the client's bytes are being answered just now: what ends the connection is said after the answer.
        last: with what the server ends it when it `ends`.
        said: the statement that is carried out now, or was last.
    """

    def __init__(self, backend: Backend) -> None:
        self.asked = False
        self.last: bytes | None = None
        self.said = ""
        self._after: str | None = None
        self._backend = backend
        self._channels: set[str] = set()
        self._ends = False

    def opened(self) -> None:
        """The connection stands. Only where one like it was lost is there anything to listen for."""
        lost: set[int | None] = self._backend.line.catalogue.lost
        if self._backend.identity[0] in lost or None in lost:
            self._backend.line.listen(self._hears)

    def noted(self, asks: Asks) -> None:
        """A LISTEN or UNLISTEN, or anything else."""
        listens, channel = sql.channel(asks.text) or (False, "")
        if listens:
            self._channels.add(channel)
            self._backend.line.listen(self._hears)
        elif channel:
            self._channels = set() if channel == "*" else self._channels - {channel}

    def _hears(self, delivery: Exchange) -> bytes | None:
        process, own = process_of(delivery.request), self._backend.identity[0]
        if "loss" in delivery.request:
            return self._lost(delivery) if process in (None, own) else None
        channel = str(delivery.request.get("notification"))
        if channel not in self._channels:
            return None
        told = messages.string(channel) + messages.string(str(delivery.request.get("payload", "")))
        return messages.message(b"A", (own if process is None else process).to_bytes(4, "big") + told)

    def _lost(self, loss: Exchange) -> bytes | None:
        if self._backend.closing and not self._ends:
            return None
        self._ends = True
        after = loss.request.get("after")
        self._after = None if after is None else str(after)
        response = loss.response or {}
        said = reported(loss, b"E", "error", response["error"]) if "error" in response else b""
        if self.asked or not self.ends:
            self.last, said = said, b""
        else:
            self._backend.closing = True
        return said

    @property
    def ends(self) -> bool:
        """Whether the last words are due: what is incidental (COMMIT, a pool's reset) has no turn, and comes first."""
        return self._after in (None, sql.normal(self.said))
