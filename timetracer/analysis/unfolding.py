"""A tree whose branches are made when they are unfolded, as a flat list of what is shown of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")
DEEPEST: Final = 50
"""Levels that are open from the start, at most."""


@dataclass(slots=True, frozen=True)
class Shown(Generic[T]):
    """One item that is shown."""

    item: T
    depth: int
    open: bool


class Unfolding(Generic[T]):
    """Items, those that are open followed by what is under them.

    Args:
        items: the top ones.
        below: makes what is under one; None where nothing can be.
        is_open: whether one is open from the start.
    """

    def __init__(
        self, items: Iterable[T], below: Callable[[T], Callable[[], Iterable[T]] | None], is_open: Callable[[T], bool]
    ) -> None:
        self._below = below
        self._is_open = is_open
        self.shown: list[Shown[T]] = self._made(items, 0)

    def folds(self, place: int) -> bool:
        """Whether there is something to fold or unfold at a place."""
        return self._below(self.shown[place].item) is not None

    def toggle(self, place: int) -> None:
        """Fold what is open, unfold what is folded."""
        at = self.shown[place]
        if at.open:
            end = next(
                (after for after in range(place + 1, len(self.shown)) if self.shown[after].depth <= at.depth),
                len(self.shown),
            )
            self.shown[place:end] = [Shown(at.item, at.depth, open=False)]
        else:
            below = self._below(at.item)
            if below is not None:
                self.shown[place : place + 1] = [
                    Shown(at.item, at.depth, open=True),
                    *self._made(below(), at.depth + 1),
                ]

    def parent(self, place: int) -> int:
        """The place of what an item is under; its own at the top."""
        depth = self.shown[place].depth
        return next((above for above in range(place - 1, -1, -1) if self.shown[above].depth < depth), place)

    def _made(self, items: Iterable[T], depth: int) -> list[Shown[T]]:
        made: list[Shown[T]] = []
        for item in items:
            below = self._below(item) if self._is_open(item) and depth < DEEPEST else None
            made.append(Shown(item, depth, below is not None))
            if below is not None:
                made += self._made(below(), depth + 1)
        return made
