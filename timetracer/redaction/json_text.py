"""JSON as it stands in a text: where its keys and values are, without building or changing anything.

Forgiving: a document that breaks off, several documents in a row and plain nonsense give what is found in them.
Iterative, linear in the length, at any depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from timetracer.redaction.finds import json_view
from timetracer.redaction.names import BENIGN

_TOKEN = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)(?:"|\Z)|[{}\[\]]|[^\s{}\[\],:"]+', re.DOTALL)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


@dataclass(slots=True)
class _Frame:
    """An object or a list that is open: where in it we are."""

    is_object: bool
    inherited: str | None
    """The kind that its own name makes of what is in it."""
    kind: str | None
    """The kind of the value that comes next."""
    own: bool
    key: str = ""
    index: int = 0
    awaits_key: bool = False


class Leaf(NamedTuple):
    """A key, string (without its quotes) or number at ``text[start:end]``. Good until the next is asked for."""

    start: int
    end: int
    quoted: bool
    is_key: bool
    kind: str | None
    """What the names above it make of it: its own name, else that of an object or a list around it."""
    own: bool
    """`kind` comes from its own name, or from that of the list that it is in."""
    frames: list[_Frame]

    def path(self, root: str) -> str:
        """Where it is: ``root.user.0.name``."""
        return ".".join((root, *(frame.key if frame.is_object else str(frame.index) for frame in self.frames)))


def leaves(text: str, kinds: Mapping[str, str | None]) -> Iterator[Leaf]:
    """Every key, string and number of the JSON in `text`. `kinds` says what the value under a name is."""
    top = frame = _Frame(False, None, None, False)
    frames: list[_Frame] = []
    for token in _TOKEN.finditer(text):
        if token.lastindex is not None:
            start, end = token.span(1)
            if frame.awaits_key:
                _enter(frame, text[start:end], kinds)
                yield Leaf(start, end, True, True, None, False, frames)
                continue
            yield Leaf(start, end, True, False, frame.kind, frame.own, frames)
        else:
            mark = token[0]
            if mark in "{[":
                frame = _Frame(mark == "{", frame.kind, frame.kind, frame.own, awaits_key=mark == "{")
                frames.append(frame)
                continue
            if mark in "}]":
                del frames[-1:]
                frame = frames[-1] if frames else top
            elif _NUMBER.fullmatch(mark):
                yield Leaf(*token.span(), False, False, frame.kind, frame.own, frames)
        if frame.is_object:
            frame.awaits_key = True
        else:
            frame.index += 1


def _enter(frame: _Frame, raw: str, kinds: Mapping[str, str | None]) -> None:
    frame.key = key = raw if "\\" not in raw else json_view(raw).text
    frame.awaits_key = False
    own = kinds[key]
    frame.own = own is not None
    frame.kind = own or (None if frame.inherited is None or key.lower() in BENIGN else frame.inherited)
