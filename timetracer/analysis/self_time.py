"""How much of a span's time is its own: the part in which none of its children ran."""

from __future__ import annotations

from timetracer.analysis.tree import Node, finished


def own_stretches(node: Node) -> list[tuple[int, int]]:
    """The (start, end) stretches, ns since the epoch, of a span's time that no child covers; in order, none empty.

    A child covers its time until its body was read, as far as that lies within the span.
    """
    stretches: list[tuple[int, int]] = []
    free, end = node.span.start, node.span.end
    for child in node.children:  # by their start
        begun = child.span.start
        if begun >= end:
            break
        if begun > free:
            stretches.append((free, begun))
        free = max(free, finished(child.span))
    if free < end:
        stretches.append((free, end))
    return stretches
