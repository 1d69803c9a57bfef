"""The critical path of a trace: the stretches that, were they shorter, would have ended it sooner.

From the end of the root backwards: whoever ended last was waited for; before it began, whoever ended last until then.
What outlives its parent counts until the parent's end. (The same reading as in Uber's CRISP, USENIX ATC 2022.)
"""

from __future__ import annotations

from collections.abc import Sequence

from timetracer.analysis.tree import Node, finished


def critical_path(roots: Sequence[Node]) -> dict[int, list[tuple[int, int]]]:
    """Span number -> its stretches on the path: (start, end) in ns since the epoch, in order.

    Of several roots the longest counts. The stretches of all spans together are the root's whole time, once.
    """
    if not roots:
        return {}
    longest = max(roots, key=lambda node: node.span.end - node.span.start)
    path: dict[int, list[tuple[int, int]]] = {}
    waiting = [(longest, longest.span.start, longest.span.end)]
    while waiting:
        node, begin, end = waiting.pop()
        begin, until = max(begin, node.span.start), end
        stretches: list[tuple[int, int]] = []
        for ended, child in sorted(((_ended(each, end), each) for each in node.children), key=_latest, reverse=True):
            begun = max(begin, child.span.start)
            if begun < ended <= until:
                if ended < until:
                    stretches.append((ended, until))
                waiting.append((child, begun, ended))
                until = begun
        if begin < until:
            stretches.append((begin, until))
        if stretches:
            path[node.number] = stretches[::-1]
    return path


def _ended(child: Node, limit: int) -> int:
    return min(finished(child.span), limit)


def _latest(pair: tuple[int, Node]) -> tuple[int, int]:
    return pair[0], pair[1].span.start
