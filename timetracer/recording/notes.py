"""The side-channel: what Timetracer knows of a live span, kept beside it and never on it as an attribute.

A note hangs on the span object, so it lives exactly as long as the span; whoever only has the span's id (a processor is
given a copy of the span when it ends) finds it through a weak dictionary. Spans that never end leak nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

if TYPE_CHECKING:
    from timetracer.recording.tape import Tape
    from timetracer.recording.unit import Unit

STEP = " > "
"""Between the names of a place in the call tree."""

_ATTRIBUTE = "_timetracer_note"


class Note:
    """What is known of one live span.

    Args:
        unit: the unit of work it belongs to; None while replaying, unless what the replay does is kept.
        place: while replaying: the names of its ancestors and its own, joined by `STEP`: its place in the call tree.
    """

    __slots__ = ("__weakref__", "claimed", "ended", "place", "root", "span", "tape", "unit")

    def __init__(self, unit: Unit | None, place: str = "") -> None:
        self.unit = unit
        self.place = place
        self.tape: Tape | None = None
        self.claimed = False
        """While replaying: a call was answered that has this span."""
        self.ended = False
        self.root = False
        self.span: ref[Any] | None = None
        """The span itself, where what is open is told."""


class _Known(ref[Note]):
    """A weak reference that knows under which id it is kept: a `WeakValueDictionary` without its many small steps."""

    __slots__ = ("span_id",)
    span_id: int


_notes: dict[int, _Known] = {}


def _forget(known: _Known) -> None:
    if _notes.get(known.span_id) is known:
        del _notes[known.span_id]


def attach(span: Any, note: Note) -> None:
    """Hang a note on a live span."""
    setattr(span, _ATTRIBUTE, note)
    known = _Known(note, _forget)
    known.span_id = span.get_span_context().span_id
    _notes[known.span_id] = known


def of(span: Any) -> Note | None:
    """The note of a live span (None for a span that is not recorded, or remote)."""
    found = getattr(span, _ATTRIBUTE, None)
    return found if isinstance(found, Note) else None


def by_id(span_id: int) -> Note | None:
    """The note of the span with this id, while it is alive."""
    known = _notes.get(span_id)
    return known() if known is not None else None


def alive() -> list[Note]:
    """The notes of all spans that are alive, ended or not; may be asked for in any thread."""
    found = (known() for known in list(_notes.values()))  # the list is made in one step, whoever adds to it meanwhile
    return [note for note in found if note is not None]
