"""Ranges and multiranges: their text, as the server writes it.

Binary: flags, then each bound that there is, with its length (``range_send``); a count, then the ranges with their
lengths (``multirange_send``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from struct import Struct
from typing import Any, NamedTuple

from timetracer_instrumentors.postgresql.types.arrays import SPACE
from timetracer_instrumentors.postgresql.types.codec import Codec, through

_EMPTY, _LOWER_INCLUDED, _UPPER_INCLUDED, _NO_LOWER, _NO_UPPER = 1, 2, 4, 8, 16
_SIZE = Struct("!i")
_BOUND = r'("(?:[^"\\]|""|\\.)*"|(?:[^"\\()\[\],]|\\.)+|)'
_RANGE = re.compile(rf"[{SPACE}]*(?:(empty)|([\[(]){_BOUND},{_BOUND}([\])]))[{SPACE}]*", re.DOTALL | re.IGNORECASE)
_ESCAPED = re.compile(r'\\(.)|"(")', re.DOTALL)
_SPECIAL = frozenset('"\\()[],' + SPACE)


class Range(NamedTuple):
    """A range taken apart; bounds are plain values of the type that it is over."""

    flags: int
    lower: Any = None
    upper: Any = None


def _parse(match: re.Match[str] | None, bound: Codec) -> Range:
    if match is None:
        raise ValueError("not a range")
    if match[1]:
        return Range(_EMPTY)
    _, start, lower, upper, end = match.groups()
    flags = (_NO_LOWER if not lower else _LOWER_INCLUDED if start == "[" else 0) | (
        _NO_UPPER if not upper else _UPPER_INCLUDED if end == "]" else 0
    )
    return Range(flags, _bound(lower, bound), _bound(upper, bound))


def _bound(text: str, bound: Codec) -> Any:
    if not text:
        return None
    inner = text[1:-1] if text[0] == '"' else text
    return bound.read_text(_ESCAPED.sub(lambda match: match[1] or match[2], inner))


def _show(found: Range, bound: Codec) -> str:
    if found.flags & _EMPTY:
        return "empty"
    lower = "" if found.flags & _NO_LOWER else quoted(bound.write_text(found.lower), _SPECIAL)
    upper = "" if found.flags & _NO_UPPER else quoted(bound.write_text(found.upper), _SPECIAL)
    start, end = "[" if found.flags & _LOWER_INCLUDED else "(", "]" if found.flags & _UPPER_INCLUDED else ")"
    return f"{start}{lower},{upper}{end}"


def quoted(text: str, special: frozenset[str]) -> str:
    """In quotes where it is empty or has something special in it, with what would end them twice."""
    if text and special.isdisjoint(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'


def _unpack(data: bytes, bound: Codec) -> Range:
    flags, at = data[0], 1
    bounds: list[Any] = []
    for without in (_NO_LOWER, _NO_UPPER):
        if flags & (without | _EMPTY):
            bounds.append(None)
            continue
        piece, at = sized(data, at)
        bounds.append(bound.read_binary(piece))
    if at != len(data):
        raise ValueError("more than a range")
    return Range(flags, *bounds)


def _pack(found: Range, bound: Codec) -> bytes:
    out = [bytes([found.flags])]
    for without, value in ((_NO_LOWER, found.lower), (_NO_UPPER, found.upper)):
        if not found.flags & (without | _EMPTY):
            piece = bound.write_binary(value)
            out += [_SIZE.pack(len(piece)), piece]
    return b"".join(out)


def sized(data: bytes, at: int) -> tuple[bytes, int]:
    """A piece with its length before it, and where the next one begins.

    Raises:
        ValueError: it is longer than the data.
    """
    (size,) = _SIZE.unpack_from(data, at)
    end = at + 4 + size
    if size < 0 or end > len(data):
        raise ValueError("a piece is longer than the whole")
    return data[at + 4 : end], end


def range_of(bound: Codec) -> Codec:
    """The ranges over a type."""
    parse: Callable[[str], Range] = lambda text: _parse(_RANGE.fullmatch(text), bound)  # noqa: E731
    return through(
        parse,
        lambda found: _show(found, bound),
        lambda data: _unpack(data, bound),
        lambda found: _pack(found, bound),
    )


def multirange_of(bound: Codec) -> Codec:
    """The multiranges over a type."""

    def parse(text: str) -> list[Range]:
        if text[:1] + text[-1:] != "{}":
            raise ValueError("not a multirange")
        text, at = text[1:-1], 0
        found: list[Range] = []
        while at < len(text):
            match = _RANGE.match(text, at)
            found.append(_parse(match, bound))
            at = match.end() if match else at
            if at < len(text):
                if text[at] != "," or at + 1 == len(text):
                    raise ValueError("not a multirange")
                at += 1
        return found

    def unpack(data: bytes) -> list[Range]:
        (count,) = _SIZE.unpack_from(data)
        at, found = 4, list[Range]()
        for _ in range(count):
            piece, at = sized(data, at)
            found.append(_unpack(piece, bound))
        if at != len(data):
            raise ValueError("more than a multirange")
        return found

    def pack(found: list[Range]) -> bytes:
        pieces = [_pack(each, bound) for each in found]
        return _SIZE.pack(len(pieces)) + b"".join(_SIZE.pack(len(piece)) + piece for piece in pieces)

    return through(parse, lambda found: "{" + ",".join(_show(each, bound) for each in found) + "}", unpack, pack)
