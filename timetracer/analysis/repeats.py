"""Siblings that do the same over and over: grouped, and flagged where one statement could have asked for all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from timetracer.analysis.semconv import has_failed
from timetracer.analysis.shape import gist, shape
from timetracer.analysis.tree import Node
from timetracer.cassette.model import Kind

FEWEST: Final = 5
"""Equal siblings that make a group."""


@dataclass(slots=True, eq=False)
class Repeat:
    """Siblings of one shape, by their start."""

    members: list[Node]

    @property
    def number(self) -> int:
        """That of the first member."""
        return self.members[0].number

    @property
    def title(self) -> str:
        """``SELECT orders``."""
        return gist(self.members[0].span)

    @property
    def total(self) -> int:
        """ns of all members together."""
        return sum(max(0, node.span.end - node.span.start) for node in self.members)

    @property
    def failed(self) -> int:
        """How many members failed."""
        return sum(has_failed(node.span) for node in self.members)

    @property
    def n_plus_one(self) -> bool:
        """Calls that leave the process one after another: each waited for the one before it."""
        if any(node.span.kind is not Kind.CLIENT for node in self.members):
            return False
        return all(
            after.span.start >= before.span.end for before, after in zip(self.members, self.members[1:], strict=False)
        )


Item: TypeAlias = "Node | Repeat"


def grouped(siblings: Sequence[Node]) -> list[Item]:
    """Siblings with those of one shape, where there are `FEWEST` or more, as one, in the place of the first."""
    if len(siblings) < FEWEST:
        return list(siblings)
    by_shape: dict[str, list[Node]] = {}
    for node in siblings:
        by_shape.setdefault(shape(node.span), []).append(node)
    if all(len(alike) < FEWEST for alike in by_shape.values()):
        return list(siblings)
    items: list[Item] = []
    for alike in by_shape.values():
        items += [Repeat(alike)] if len(alike) >= FEWEST else alike
    return sorted(items, key=_start)


def _start(item: Item) -> tuple[int, int]:
    first = item.members[0] if isinstance(item, Repeat) else item
    return first.span.start, first.number
