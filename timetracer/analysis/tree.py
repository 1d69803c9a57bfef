"""The spans of a cassette as trees, and what is odd about each span's place in them.

Nothing here trusts the cassette: parents may be missing or form a ring, span ids may repeat, clocks may differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from timetracer.analysis.amounts import duration
from timetracer.cassette.model import Kind, Span


@dataclass(slots=True, eq=False)
class Node:
    """One span in its place."""

    number: int
    """1 for the first span of the cassette: what ``show --span`` takes."""
    span: Span
    parent: Node | None = None
    children: list[Node] = field(default_factory=list["Node"], repr=False)
    """By their start."""
    depth: int = 0
    """0 for a root."""
    in_ring: bool = False
    """Its parents form a ring, which is cut here: this span is made a root."""


def forest(spans: Sequence[Span]) -> list[Node]:
    """The roots, by their start; rings last. Every span is in one tree, exactly once."""
    nodes = [Node(index + 1, span) for index, span in enumerate(spans)]
    first_by_id: dict[str, Node] = {}
    for node in nodes:
        first_by_id.setdefault(node.span.span_id, node)
    by_start = sorted(nodes, key=lambda node: node.span.start)
    roots: list[Node] = []
    for node in by_start:
        parent = first_by_id.get(node.span.parent_id)
        if parent is None or parent is node:
            node.in_ring = parent is node
            roots.append(node)
        else:
            node.parent = parent
            parent.children.append(node)
    placed = {node.number for node in walk(roots)}
    for node in nodes:  # only rings are left
        if node.number not in placed:
            if node.parent is not None:
                node.parent.children.remove(node)
            node.parent, node.in_ring = None, True
            roots.append(node)
            placed.update(below.number for below in walk([node]))
    return roots


def walk(roots: Sequence[Node]) -> Iterator[Node]:
    """Parents before children, siblings in their order; sets the depths as it goes."""
    waiting = list(reversed(roots))
    while waiting:
        node = waiting.pop()
        node.depth = node.parent.depth + 1 if node.parent else 0
        yield node
        waiting.extend(reversed(node.children))


def finished(span: Span) -> int:
    """When the span and its exchange were over (ns): a body is often read after the span has ended."""
    return max(span.start, span.end, span.exchange.ended if span.exchange else 0)


def oddities(node: Node, *, ascii_only: bool = False) -> list[str]:
    """What a reader of the times must know about a span, in words; empty for nearly all."""
    span, parent = node.span, node.parent.span if node.parent else None
    found: list[str] = []
    if node.in_ring:
        found.append("its parents form a ring: drawn as a root")
    elif parent is None and span.parent_id and not (node.number == 1 and span.kind in (Kind.SERVER, Kind.CONSUMER)):
        found.append(f"its parent {span.parent_id} is not in the cassette")
    if span.end < span.start:
        found.append(
            "never ended"
            if not span.end
            else f"ends {duration(span.start - span.end, ascii_only=ascii_only)} before it starts"
        )
    if parent is not None and span.start < parent.start:
        found.append(
            f"starts {duration(parent.start - span.start, ascii_only=ascii_only)} before its parent: the clocks differ"
        )
    if parent is not None and parent.end >= parent.start and span.end > parent.end:
        found.append(f"outlives its parent by {duration(span.end - parent.end, ascii_only=ascii_only)}")
    if span.exchange and span.exchange.response and span.exchange.response.get("abandoned"):
        found.append("its body was not read to the end")
    return found
