"""This process recorded and replayed as a service is: `timetracer.instrument`, and the cassettes that came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import timetracer
from timetracer.cassette.model import Cassette, Exchange, Kind
from timetracer.replaying.verdict import Verdict
from timetracer.store.opening import open_store


@contextmanager
def watched(mode: str, where: Path, **settings: Any) -> Iterator[list[Verdict]]:
    """The process is recorded or replayed; ``off``: plain. The verdict is there afterwards."""
    verdicts: list[Verdict] = []
    timetracer.instrument(where, mode=mode, **settings)
    try:
        yield verdicts
    finally:
        verdicts.append(timetracer.uninstrument())


def kept(where: Path) -> list[Cassette]:
    """The units of work, in the order of their start."""
    store = open_store(where)
    units = [store.load(entry.name) for entry in store.entries(print) if entry.kind == "unit"]
    return sorted(units, key=lambda cassette: cassette.spans[0].start)


def inbound(cassette: Cassette) -> Exchange:
    """The request that a unit is the work of."""
    (exchange,) = [span.exchange for span in cassette.spans if span.kind is Kind.SERVER and span.exchange]
    return exchange
