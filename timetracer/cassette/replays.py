"""What a replay did, as a cassette: how it says so, in its resource and at its spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from timetracer.cassette.model import Cassette
from timetracer.errors import CassetteError

WORD: Final = "timetracer.replay"
"""The attribute of a span that says what became of its call: ``played``, ``relaxed``, ``missed``, ``unplayed``."""
WHY: Final = "timetracer.replay.why"
"""The attribute with what there is to say about it, a line each."""
OF: Final = "timetracer.replay.of"
"""The attribute of the resource with the name of the cassette that was replayed; empty: none was recorded."""
ROOT: Final = "timetracer.replay.root"
"""The same with the id of its root span; empty: it is not one cassette."""


def is_replay(cassette: Cassette) -> bool:
    """Whether it is what a replay did, and no recording."""
    return OF in cassette.resource


def is_replay_of(kept: Cassette, recorded: Cassette) -> bool:
    """Whether `kept` is what a replay of `recorded` did."""
    root = kept.resource.get(ROOT)
    if root:
        return recorded.root is not None and recorded.root.span_id == root
    return is_replay(kept) and kept.resource[OF] == recorded.name


def recorded_only(cassettes: Sequence[Cassette], path: str) -> Sequence[Cassette]:
    """The very same cassettes.

    Raises:
        CassetteError: one of them is what a replay did, whose answers nobody's server gave.
    """
    for cassette in cassettes:
        if is_replay(cassette):
            problem = "it is what a replay did, not a recording; replay the cassette that it is of"
            raise CassetteError(path, f"{problem}{f': {of}' if (of := cassette.resource[OF]) else ''}")
    return cassettes
