"""What the laws are about: a subject is one library, called in one way, told in a few functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from timetracer.seams.declaration import Instrumentor

Seen = Any
"""What the app saw of one call or of several: plain values that can be compared."""
Act = Callable[[str], Seen]
"""Calls the server at a URL and tells what the app saw; an exception that the app expects is something seen."""


class Server(Protocol):
    """What the subjects of one kind call."""

    @property
    def url(self) -> str: ...

    @property
    def calls(self) -> list[str]:
        """What clients sent since it was opened or last restarted."""
        ...

    def stop(self) -> None:
        """From now on it refuses connections; those that are open are torn down."""
        ...

    def restart(self) -> None:
        """It is there again under the same URL, with everything forgotten."""
        ...


class Home(Protocol):
    """Where such servers come from: a fixture of the session."""

    def open(self) -> Server: ...


class Tracing(Protocol):
    """OpenTelemetry's instrumentor of a library."""

    def instrument(self, **options: Any) -> None: ...

    def uninstrument(self, **options: Any) -> None: ...


@dataclass(frozen=True)
class Subject:
    """One library, called in one way.

    Args:
        name: for the test's id.
        instrumentor: ours.
        tracing: makes OpenTelemetry's; None if there is none.
        acts: calls that must look the same without us, recording and replaying.
        failures: the same, for calls that end in an exception: each tells a list, with an ``error`` in one.
        traced: of these an answer, a stream, an exception, an exception within a stream; for each of them
            OpenTelemetry's instrumentor has one span.
        once: one plain call; what the server said to it.
        others: calls that differ from `once`, by the name that the text of a miss must have for what differs. The first
            of them differs in a value of the user's.
        same: so many identical calls at once: the answers in the order of the callers. No two answers are alike.
        ordered: whether `same` issues its calls in the order of the callers (threads do not).
        distinct: so many different calls at once, from threads: for each what was asked and what was answered.
        home: the fixture that opens servers for it.
    """

    name: str
    instrumentor: Instrumentor
    tracing: Callable[[], Tracing] | None
    acts: Mapping[str, Act]
    failures: Mapping[str, Act]
    traced: Sequence[Act]
    once: Act
    others: Mapping[str, Act]
    same: Callable[[str, int], list[Seen]]
    ordered: bool
    distinct: Callable[[str, int], list[tuple[Seen, Seen]]]
    home: str = "upstreams"
