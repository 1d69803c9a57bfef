"""Incremental search through the spans of a trace: names, attributes and payloads, each read once."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from timetracer.analysis.span_query import searchable
from timetracer.analysis.trace import Trace

AT_ONCE: Final = 2**20
"""Characters that are read ahead before a key is looked at again."""


class Finder:
    """The text of every span in lower case, made when it is first looked at."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._texts: dict[int, str] = {}
        self._unread = iter(trace.nodes)
        self._found: tuple[str, list[int]] = ("", [])

    def read_some(self, count: int) -> bool:
        """Read so many more spans ahead of any search, fewer if they are long; whether there are more."""
        length = 0
        for _ in range(count):
            node = next(self._unread, None)
            if node is None:
                return False
            length += len(self._text(node.number))
            if length > AT_ONCE:
                break
        return True

    def next(
        self,
        pattern: str,
        after: int | None,
        *,
        backwards: bool = False,
        itself: bool = False,
        within: Container[int] | None = None,
    ) -> int | None:
        """The nearest span with `pattern` after the one of number `after`, going round at the end; None: nowhere.

        Args:
            itself: whether `after` counts first: while a pattern is being typed, the cursor stays if it can.
            within: the numbers that count; None: all.
        """
        wanted = pattern.casefold()
        nodes = self._trace.nodes
        if not wanted or not nodes:
            return None
        place = self._trace.places.get(after or 0, -1)
        step = -1 if backwards else 1
        begin = place if itself and place >= 0 else place + step
        for turn in range(len(nodes)):
            number = nodes[(begin + step * turn) % len(nodes)].number
            if (within is None or number in within) and wanted in self._text(number):
                return number
        return None

    def all(self, pattern: str) -> list[int]:
        """The numbers of all spans with `pattern`, as they stand in the trace."""
        wanted = pattern.casefold()
        if wanted != self._found[0]:
            self._found = wanted, [node.number for node in self._trace.nodes if wanted in self._text(node.number)]
        return self._found[1]

    def _text(self, number: int) -> str:
        text = self._texts.get(number)
        if text is None:
            text = self._texts[number] = searchable(self._trace.by_number[number].span).casefold()
        return text
