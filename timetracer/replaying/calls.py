"""Calls as matching sees them: one that was recorded, one that is asked now, and the answer to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from timetracer.cassette.model import Exchange
from timetracer.replaying.fields import Parts
from timetracer.replaying.identities import Identities


@dataclass(slots=True, eq=False)
class Candidate:
    """One recorded exchange.

    Args:
        exchange: what was recorded.
        parts: what identifies its request, by name: ``{"method": "POST", …, "body": b"{}"}``. Redacted.
        path: its place in the call tree, the names of its ancestors; empty if unknown.
        order: its turn among all exchanges of the cassette, by issue.
        write: whether it may bring an identifier that nobody knew (POST, INSERT, publish).
        played: whether it was played.
        taken: whether it was played for good. The last of equal facts is played any number of times and never taken.
        incidental: only pools and timing brought it about: nobody minds when it is left over.
        lasting: it is the last of equal facts.
        delivery: the server said it without being asked: no call takes it.
        span_id: of the span that carries it.
        reasons: why it was played although it is not quite what was asked; as of `Taken`.
    """

    exchange: Exchange
    parts: Mapping[str, str | bytes]
    path: str = ""
    order: int = 0
    write: bool = False
    played: bool = False
    taken: bool = False
    incidental: bool = False
    lasting: bool = False
    delivery: bool = False
    span_id: str = ""
    reasons: tuple[str, ...] = ()


class Asked(NamedTuple):
    """One live call.

    Args:
        library: the library's import name; only its own exchanges can answer.
        key: the call for people: ``GET http://shop/items?id=3``.
        parts: as in `Candidate`, redacted with the session's own pseudonyms.
        write: as in `Candidate`.
        path: as in `Candidate`.
        now: by the clock that the app sees, moved or not, ns since the epoch; 0: no timestamp may differ.
        optional: whether the caller can do without: then only what is exact answers, and nothing is a miss.
        in_turn: whether, beyond that, only an exchange answers before which nothing is left to be played.
        reasons: why it counts as relaxed, whatever answers it.
        in_one_order: its parts ``->`` the same with what has no order in one; None: nothing in them is without one.
    """

    library: str
    key: str
    parts: Mapping[str, str | bytes]
    write: bool
    path: str = ""
    now: int = 0
    optional: bool = False
    in_turn: bool = False
    reasons: tuple[str, ...] = ()
    in_one_order: Callable[[Parts], Parts | None] | None = None


class Taken(NamedTuple):
    """The answer to a live call.

    Args:
        exchange: the recorded exchange that answers it.
        reasons: why it counts as relaxed, such as ``generated identifier (request.body.id)``; empty if it is exact.
        identities: translates what was recorded before it reaches the app (`Identities.to_live`).
    """

    exchange: Exchange
    reasons: tuple[str, ...]
    identities: Identities
