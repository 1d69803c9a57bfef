"""Two traces side by side: which span of one is which of the other, by its place and by what it asks for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from timetracer.analysis.differences import Choice, Difference, differences
from timetracer.analysis.semconv import about
from timetracer.analysis.shape import shape
from timetracer.analysis.trace import Trace
from timetracer.analysis.tree import Node
from timetracer.cassette import values

SLOWER: Final = 2.0
NOTICED: Final = 5_000_000
"""A call is slower if it takes `SLOWER` times as long, and `NOTICED` ns more."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A span of the first trace, the same one in the second; None where there is none."""

    before: Node | None
    after: Node | None
    depth: int
    more: tuple[bool, ...]
    """For each level, outermost first: does a later sibling follow at that level?"""
    moved: bool
    """It has changed places with a sibling."""
    found: tuple[Difference, ...]

    @property
    def node(self) -> Node:
        """Either; the later one if there are both."""
        node = self.after or self.before
        if node is None:
            raise ValueError("a pair of nothing")
        return node

    @property
    def change(self) -> str:
        """``added``, ``missing``, ``changed``, ``moved``, or nothing."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "missing"
        return "changed" if self.found else "moved" if self.moved else ""

    @property
    def slower(self) -> float:
        """How many times as long it takes, where that is worth telling; else 0. Below 1: it is faster."""
        if self.before is None or self.after is None:
            return 0.0
        first, second = (max(0, node.span.end - node.span.start) for node in (self.before, self.after))
        if abs(second - first) < NOTICED or not min(first, second):
            return 0.0
        ratio = second / first
        return ratio if ratio >= SLOWER or ratio <= 1 / SLOWER else 0.0


def aligned(before: Trace, after: Trace, choice: Choice | None = None) -> list[Pair]:
    """All spans of both, in the order of the second, parents before children; what is missing stands where it stood.

    Among siblings, equal requests are paired first, the n-th with the n-th; then those of equal shape, then of equal
    name. A root is paired with a root whatever they are.
    """
    pairs: list[Pair] = []
    waiting = _waiting(before.roots, after.roots, 0, ())
    while waiting:
        one, other, moved, depth, more = waiting.pop()
        found = tuple(differences(one.span, other.span, choice)) if one and other else ()
        pairs.append(Pair(one, other, depth, more, moved, found))
        waiting += _waiting(one.children if one else [], other.children if other else [], depth + 1, more)
    return pairs


_Waiting = tuple["Node | None", "Node | None", bool, int, tuple[bool, ...]]


def _waiting(before: Sequence[Node], after: Sequence[Node], depth: int, more: tuple[bool, ...]) -> list[_Waiting]:
    pairs = _paired(before, after, roots=depth == 0)
    staying = _longest_rising([one for one, other in pairs if one is not None and other is not None], before)
    last = len(pairs) - 1
    return [
        (
            one,
            other,
            one is not None and other is not None and one.number not in staying,
            depth,
            (*more, place < last)[-24:] if depth else (),
        )
        for place, (one, other) in reversed([*enumerate(pairs)])
    ]


def _paired(before: Sequence[Node], after: Sequence[Node], *, roots: bool) -> list[tuple[Node | None, Node | None]]:
    partner: dict[int, Node] = {}
    left: list[Node] = [*before]
    unpaired: list[Node] = [*after]
    criteria: list[Callable[[Node], str]] = [_identity, _shape, _name]
    if roots and len(before) == len(after) == 1:
        criteria.append(lambda _: "")
    for same in criteria:
        if not left or not unpaired:
            break
        waiting: dict[str, list[Node]] = {}
        for node in reversed(left):
            waiting.setdefault(same(node), []).append(node)
        still: list[Node] = []
        for node in unpaired:
            found = waiting.get(same(node))
            if found:
                partner[node.number] = found.pop()
            else:
                still.append(node)
        unpaired, taken = still, {node.number for node in partner.values()}
        left = [node for node in left if node.number not in taken]
    pairs: list[tuple[Node | None, Node | None]] = [(partner.get(node.number), node) for node in after]
    for node in left:  # each after the one that it stood behind
        behind = {one.number for one in before[: before.index(node)]}
        place = next(
            (spot + 1 for spot in range(len(pairs) - 1, -1, -1) if (one := pairs[spot][0]) and one.number in behind), 0
        )
        pairs.insert(place, (node, None))
    return pairs


def _identity(node: Node) -> str:
    exchange = node.span.exchange
    if exchange is None:
        return f"{node.span.kind.name} {about(node.span).title}"
    asked = values.dumps({name: value for name, value in exchange.request.items() if name != "headers"})
    return f"{node.span.kind.name} {exchange.library} {exchange.key} {asked} {exchange.request_body!r}"


def _shape(node: Node) -> str:
    return shape(node.span)


def _name(node: Node) -> str:
    library = node.span.exchange.library if node.span.exchange else ""
    return f"{node.span.kind.name} {library} {node.span.name}"


def _longest_rising(paired: Sequence[Node], before: Sequence[Node]) -> set[int]:
    """The most siblings that keep their order; the others have moved (patience, in n log n)."""
    places = {node.number: place for place, node in enumerate(before)}
    tails: list[int] = []
    chosen: list[Node] = []
    link: dict[int, Node | None] = {}
    for node in paired:
        spot = bisect_left(tails, places[node.number])
        link[node.number] = chosen[spot - 1] if spot else None
        tails[spot : spot + 1] = [places[node.number]]
        chosen[spot : spot + 1] = [node]
    kept: set[int] = set()
    at = chosen[-1] if chosen else None
    while at is not None:
        kept.add(at.number)
        at = link[at.number]
    return kept
