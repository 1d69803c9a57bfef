"""Which rows of a trace are shown, in which order: what a timeline draws and a viewer scrolls through."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from timetracer.analysis.repeats import Item, Repeat
from timetracer.analysis.semconv import about
from timetracer.analysis.trace import Trace
from timetracer.analysis.tree import Node
from timetracer.cassette.model import Span

NESTING_SHOWN: Final = 24
"""Levels of nesting a row remembers: drawing more would leave no room, and a chain of n spans would cost n²."""

ORDERS: Final[dict[str, Callable[[Trace, Node], float | str]]] = {
    "start": lambda _, node: node.span.start,
    "duration": lambda _, node: node.span.start - node.span.end,
    "self": lambda trace, node: -trace.self_time(node),
    "name": lambda _, node: about(node.span).title,
}
"""What siblings can be sorted by: the longest first, names from A to Z."""


class Row(NamedTuple):
    """One line: a span, or repeated siblings as one."""

    node: Node
    """Of repeated siblings the first."""
    depth: int
    """0 for a root."""
    more: tuple[bool, ...]
    """For the innermost `NESTING_SHOWN` levels, outermost first: does a later sibling follow at that level?"""
    leaf: bool
    """No line below belongs to it."""
    repeat: Repeat | None = None
    folded: bool = False
    """It has children, and they are not shown."""

    @property
    def span(self) -> Span:
        return self.node.span

    @property
    def number(self) -> int:
        return self.node.number


@dataclass(slots=True, frozen=True)
class View:
    """What is chosen of a trace."""

    order: str = "start"
    """One of `ORDERS`."""
    depth: int | None = None
    """Levels that are shown; None: all."""
    kept: AbstractSet[int] | None = None
    """Numbers of the spans to show, with their ancestors; None: all."""
    folded: Collection[int] = frozenset()
    """Numbers of the spans whose children are not shown."""
    together: bool = True
    """Whether repeated siblings are one row."""
    opened: Collection[int] = field(default_factory=frozenset[int])
    """Numbers of the first members of groups whose members are shown below them."""


def rows(trace: Trace, view: View | None = None) -> list[Row]:
    """The rows of a trace in the order in which they are drawn."""
    view = view or View()
    shown = _with_ancestors(trace, view.kept) if view.kept is not None else None
    drawn: list[Row] = []
    waiting = _places(_items(trace, None, view, shown), 0, ())
    while waiting:
        item, depth, more = waiting.pop()
        if isinstance(item, Repeat):
            opened = item.number in view.opened
            drawn.append(Row(item.members[0], depth, more, not opened, item, folded=not opened))
            if opened:
                waiting += _places(item.members, depth + 1, more)
            continue
        if not item.children:  # most are leaves
            drawn.append(Row(item, depth, more, leaf=True))
            continue
        folded = item.number in view.folded or (view.depth is not None and depth + 1 >= view.depth)
        below: Sequence[Item] = () if folded else _items(trace, item, view, shown)
        drawn.append(Row(item, depth, more, not below, folded=folded))
        waiting += _places(below, depth + 1, more)
    return drawn


def _places(items: Sequence[Item], depth: int, more: tuple[bool, ...]) -> list[tuple[Item, int, tuple[bool, ...]]]:
    """Siblings with their nesting, the last one first."""
    last, other = ((*more, is_last)[-NESTING_SHOWN:] if depth else () for is_last in (False, True))
    return [(item, depth, last if place == 0 else other) for place, item in enumerate(reversed(items))]


def _items(trace: Trace, node: Node | None, view: View, shown: AbstractSet[int] | None) -> Sequence[Item]:
    children = node.children if node else trace.roots
    if not children:
        return ()
    if shown is not None:
        children = [child for child in children if child.number in shown]
    if view.order != "start":
        key = ORDERS[view.order]
        by_key: list[Node] = sorted(children, key=lambda child: (key(trace, child), child.number))
        return by_key
    return trace.below(node) if view.together and shown is None else children


def _with_ancestors(trace: Trace, kept: AbstractSet[int]) -> set[int]:
    shown: set[int] = set()
    for number in kept:
        node: Node | None = trace.by_number[number]
        while node is not None and node.number not in shown:
            shown.add(node.number)
            node = node.parent
    return shown
