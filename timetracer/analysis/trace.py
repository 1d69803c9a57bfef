"""A cassette made ready for looking at: its trees, and what is derived from them once it is asked for."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from functools import cached_property

from timetracer.analysis.critical_path import critical_path
from timetracer.analysis.repeats import Item, grouped
from timetracer.analysis.self_time import own_stretches
from timetracer.analysis.semconv import has_failed
from timetracer.analysis.tree import Node, finished, forest, walk
from timetracer.cassette.model import Cassette


class Trace:
    """The spans of one cassette in their places.

    Args:
        cassette: not to be changed from here on.
        is_open: the numbers of its spans that have not ended yet; their ends are now.
    """

    def __init__(self, cassette: Cassette, is_open: AbstractSet[int] = frozenset()) -> None:
        self.cassette = cassette
        self.is_open = is_open
        self.roots = forest(cassette.spans)
        self.nodes = list(walk(self.roots))
        """Parents before children."""
        self.start, self.end = extent(cassette)
        """First start and last end, ns since the epoch, bodies read after their span included; (0, 0) if empty."""
        self._grouped: dict[int, list[Item]] = {}
        self._own: dict[int, list[tuple[int, int]]] = {}

    @property
    def duration(self) -> int:
        """ns from the first start to the last end."""
        return self.end - self.start

    @cached_property
    def by_number(self) -> dict[int, Node]:
        """The node of each span's number (from 1)."""
        return {node.number: node for node in self.nodes}

    @cached_property
    def places(self) -> dict[int, int]:
        """The place in `nodes` of each span's number."""
        return {node.number: place for place, node in enumerate(self.nodes)}

    @cached_property
    def critical(self) -> dict[int, list[tuple[int, int]]]:
        """See `critical_path`."""
        return critical_path(self.roots)

    def on_path(self, *numbers: int) -> bool:
        """Whether at least a hundredth of the critical path belongs to these spans themselves."""
        own = sum(end - start for number in numbers for start, end in self.critical.get(number, ()))
        return own > 0 and 100 * own >= self.duration

    @cached_property
    def failures(self) -> dict[int, int]:
        """Span number -> how many spans failed in its tree, itself included; those with none are left out."""
        failed: dict[int, int] = {}
        for node in reversed(self.nodes):
            count = failed.get(node.number, 0) + has_failed(node.span)
            if count:
                failed[node.number] = count
                if node.parent:
                    failed[node.parent.number] = failed.get(node.parent.number, 0) + count
        return failed

    @cached_property
    def sizes(self) -> dict[int, int]:
        """Span number -> how many spans are in its tree, itself included."""
        sizes: dict[int, int] = {}
        for node in reversed(self.nodes):
            sizes[node.number] = sizes.get(node.number, 0) + 1
            if node.parent:
                sizes[node.parent.number] = sizes.get(node.parent.number, 0) + sizes[node.number]
        return sizes

    def own(self, node: Node) -> list[tuple[int, int]]:
        """See `own_stretches`."""
        if node.number not in self._own:
            self._own[node.number] = own_stretches(node)
        return self._own[node.number]

    def self_time(self, node: Node) -> int:
        """ns of a span's time that no child covers."""
        return sum(end - start for start, end in self.own(node))

    def below(self, node: Node | None) -> list[Item]:
        """The children of a node (None: the roots), those that repeat as one."""
        number = node.number if node else 0
        if number not in self._grouped:
            self._grouped[number] = grouped(node.children if node else self.roots)
        return self._grouped[number]


def extent(cassette: Cassette) -> tuple[int, int]:
    """See `Trace.start`."""
    if not cassette.spans:
        return 0, 0
    start = min(span.start for span in cassette.spans)
    return start, max(start, *(finished(span) for span in cassette.spans))
