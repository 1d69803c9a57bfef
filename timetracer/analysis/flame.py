"""The flame graph of a trace: spans of one kind under the same ones above are one frame, as wide as their time."""

from __future__ import annotations

from dataclasses import dataclass, field

from timetracer.analysis.semconv import has_failed
from timetracer.analysis.shape import gist
from timetracer.analysis.trace import Trace
from timetracer.analysis.tree import Node


@dataclass(slots=True, eq=False)
class Frame:
    """One box."""

    title: str
    depth: int
    first: int
    """The number of its first span."""
    count: int = 0
    failed: int = 0
    total: int = 0
    """ns of all its spans together."""
    own: int = 0
    start: int = 0
    """ns of frames to the left of it."""
    below: dict[str, Frame] = field(default_factory=dict[str, "Frame"], repr=False)

    @property
    def width(self) -> int:
        """ns: its own total, or those of the frames below where they ran at once and add up to more."""
        return max(self.total, sum(frame.total for frame in self.below.values()))


def flame(trace: Trace) -> list[list[Frame]]:
    """The levels from the roots down, each from left to right, the widest frame of its parent first."""
    top: dict[str, Frame] = {}
    frame_of: dict[int, Frame] = {}
    for node in trace.nodes:
        above = frame_of[node.parent.number].below if node.parent else top
        title = gist(node.span)
        frame = above.get(title)
        if frame is None:
            frame = above[title] = Frame(title, node.depth, node.number)
        frame_of[node.number] = frame
        _count(frame, node, trace)
    levels: list[list[Frame]] = []
    level = _placed(top, 0)
    while level:
        levels.append(level)
        level = [below for frame in level for below in _placed(frame.below, frame.start)]
    return levels


def _count(frame: Frame, node: Node, trace: Trace) -> None:
    frame.count += 1
    frame.failed += has_failed(node.span)
    frame.total += max(0, node.span.end - node.span.start)
    frame.own += trace.self_time(node)


def _placed(frames: dict[str, Frame], start: int) -> list[Frame]:
    ordered = sorted(frames.values(), key=lambda frame: (-frame.total, frame.first))
    for frame in ordered:
        frame.start = start
        start += frame.width
    return ordered
