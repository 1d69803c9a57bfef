"""Secrets as places in a text: lifted out of escaped pieces, cleared of overlaps, replaced with all else untouched."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import quote


@dataclass(slots=True)
class Find:
    """A secret at ``text[start:end]`` of some text."""

    start: int
    end: int
    secret: str
    """Unescaped: the same secret is equal wherever it stands."""
    kind: str
    """Why: ``authorization``, ``jwt``, ``card``, ``email``, ``rule`` …"""
    path: str
    """Where: ``response.body.user.ssn``."""
    echoes: bool = False
    """Recognised by its place alone, so it must be looked for elsewhere too."""
    in_key: bool = False
    """Part of a key, and so of the path of what is under it."""
    replacement: str | None = None
    """What the user's function wants in its place; None: a pseudonym."""


def moved(finds: list[Find], by: int) -> list[Find]:
    """The same `finds`, `by` characters further on."""
    for find in finds:
        find.start += by
        find.end += by
    return finds


class View(NamedTuple):
    """A piece of a text, unescaped. ``offsets[i]`` is where ``text[i]`` begins in the piece; None: the same place."""

    text: str
    offsets: Sequence[int] | None
    escape: Callable[[str], str]

    def lift(self, finds: Iterable[Find], base: int) -> list[Find]:
        """`finds` in this text as finds in the surrounding text, where the piece begins at `base`."""
        place = self.offsets.__getitem__ if self.offsets is not None else int
        return [
            replace(
                find,
                start=base + place(find.start),
                end=base + place(find.end),
                replacement=None if find.replacement is None else self.escape(find.replacement),
            )
            for find in finds
        ]


_JSON_UNIT = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)
_PERCENT_UNIT = re.compile(r"(?:%[0-9a-fA-F]{2})+|.", re.DOTALL)


def json_view(raw: str) -> View:
    """The inside of a JSON string (RFC 8259, 7). What is no valid escape stands for itself."""

    def decode(unit: str) -> str:
        try:
            return str(json.loads(f'"{unit}"')) if unit[0] == "\\" else unit
        except ValueError:
            return unit

    return _view(raw, "\\", _JSON_UNIT, decode, lambda text: json.dumps(text, ensure_ascii=False)[1:-1])


def percent_view(raw: str) -> View:
    """One name or value of a query or a form (WHATWG URL, application/x-www-form-urlencoded)."""

    def decode(unit: str) -> str:
        if unit[0] != "%" or len(unit) < 3:
            return " " if unit == "+" else unit
        return bytes.fromhex(unit.replace("%", "")).decode("utf-8", "replace")

    if "+" in raw and "%" not in raw:
        return View(raw.replace("+", " "), None, _percent)
    return _view(raw, "%", _PERCENT_UNIT, decode, _percent)


def _percent(text: str) -> str:
    return quote(text, safe="")


def _view(
    raw: str, mark: str, unit: re.Pattern[str], decode: Callable[[str], str], escape: Callable[[str], str]
) -> View:
    if mark not in raw:
        return View(raw, None, escape)
    text: list[str] = []
    offsets: list[int] = []
    for match in unit.finditer(raw):
        decoded = decode(match[0])
        text.append(decoded)
        offsets += _spread(match.start(), match.end(), decoded)
    return View("".join(text), [*offsets, len(raw)], escape)


def _spread(start: int, end: int, decoded: str) -> list[int]:
    """Where each character of one unit begins: in a run of percent escapes by their UTF-8 length, else at its start."""
    if len(decoded) == 1:
        return [start]
    if (end - start) % 3 or sum(len(char.encode("utf-8", "replace")) for char in decoded) * 3 != end - start:
        return [start] * len(decoded)
    places = [start]
    for char in decoded[:-1]:
        places.append(places[-1] + 3 * len(char.encode("utf-8")))
    return places


def disjoint(finds: Iterable[Find]) -> list[Find]:
    """`finds` in order of place; of two that overlap the longer one (else the first) takes the places of both."""
    chosen: list[Find] = []
    for find in sorted(finds, key=lambda find: (find.start, find.start - find.end)):
        last = chosen[-1] if chosen else None
        if last is None or find.start >= last.end:
            chosen.append(find)
            continue
        longer = last if last.end - last.start >= find.end - find.start else find
        chosen[-1] = replace(longer, start=last.start, end=max(last.end, find.end))
    return chosen


class Edit(NamedTuple):
    """``text[start:end]`` becomes `new`."""

    start: int
    end: int
    new: str


def splice(text: str, edits: Sequence[Edit]) -> str:
    """`text` with disjoint, ordered `edits` made; the rest stays as it is."""
    pieces: list[str] = []
    position = 0
    for edit in edits:
        pieces += text[position : edit.start], edit.new
        position = edit.end
    return "".join([*pieces, text[position:]])


def moved_chunks(
    chunks: Sequence[tuple[int, int]], text: str, edits: Sequence[Edit], encoding: str
) -> list[tuple[int, int]]:
    """The (length in bytes, ns) pairs of a body after `edits` of its text; a border in a secret moves to its end."""
    spans: list[tuple[int, int, int]] = []
    position = offset = 0
    for edit in edits:
        offset += len(text[position : edit.start].encode(encoding))
        length = len(text[edit.start : edit.end].encode(encoding))
        spans.append((offset, offset + length, len(edit.new.encode(encoding))))
        offset, position = offset + length, edit.end
    borders = [0]
    before = shift = index = 0
    for length, _ in chunks:
        before += length
        while index < len(spans) and spans[index][0] < before:
            start, end, new = spans[index]
            shift, index = shift + new - (end - start), index + 1
        last_end = spans[index - 1][1] if index else 0
        borders.append(max(before, last_end) + shift)
    return [(end - start, moment) for (start, end), (_, moment) in zip(pairwise(borders), chunks, strict=True)]
