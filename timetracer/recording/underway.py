"""What is under way: the open spans of each unit of work, beside what it has gathered. Not for the app's threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timetracer.cassette.model import Cassette
from timetracer.recording import notes
from timetracer.recording.assembler import assemble
from timetracer.recording.unit import Piece

if TYPE_CHECKING:
    from timetracer.recording.unit import Unit


def cassettes(owner: Any) -> list[Cassette]:
    """One for each unit of a recording that has open spans, as far as it has come; not yet redacted.

    The end of a span or an exchange that is open is 0. Background work is not told, nor what is not sampled.

    Args:
        owner: the recording; it must follow its spans.
    """
    found: dict[int, tuple[Unit, list[Piece]]] = {}
    for note in notes.alive():
        span = note.span() if note.span is not None else None
        unit = note.unit
        if span is None or unit is None or note.ended or unit.owner is not owner or unit.discarded or unit.background:
            continue
        found.setdefault(id(unit), (unit, []))[1].append(Piece(span, None, note.tape))
    return [_open(assemble([*unit.snapshot(), *pieces])) for unit, pieces in found.values()]


def _open(cassette: Cassette) -> Cassette:
    for span in cassette.spans:
        if span.exchange is not None and not span.exchange.ended:
            span.end = 0
    return cassette
