"""A request taken apart: every value with its path. Noise rules, relaxed matching and mismatch texts all look at these.

``headers`` are lines, ``query`` and form bodies are pairs, bodies and other parts are JSON if they are JSON, multipart
bodies are split at their boundary, and whatever else there is stays in one piece.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring as quoted
from typing import NamedTuple, TypeAlias, TypeVar

_T = TypeVar("_T")

Parts: TypeAlias = Mapping[str, "str | bytes"]
"""The named parts that identify a request: ``{"method": "POST", "host": "http://shop:80", …, "body": b"{}"}``."""
Path: TypeAlias = "tuple[str, ...]"


class Field(NamedTuple):
    """One value: ``(("query", "page"), '"2"')``. Text is in quotes: ``"1"`` is not ``1``. Numbers are as written."""

    path: Path
    value: str


class _Number(str):
    """A number as it was written: 23 digits stay 23 digits, and 1.0 is not 1."""

    __slots__ = ()


@dataclass(slots=True, frozen=True)
class _Object:
    """A JSON object with its duplicate keys."""

    pairs: list[tuple[str, _Json]]


_Json: TypeAlias = "_Object | list[_Json] | str | _Number | bool | None"
_JSON = json.JSONDecoder(object_pairs_hook=_Object, parse_float=_Number, parse_int=_Number, parse_constant=_Number)
_BOUNDARY = re.compile(r'(?im)^content-type:[ ]*multipart/[^\n]*?boundary="?([^\s";]+)')
_FORM = re.compile(r"(?im)^content-type:[ ]*application/x-www-form-urlencoded")
_PART_NAME = re.compile(r'(?i)content-disposition:[^\r\n]{0,300}?\bname="([^"]{0,300})"')
_PLAIN_STEP = re.compile(r'[^.\[\]#"\x00-\x1f]+')


def text(part: str | bytes) -> str:
    """A part as text, byte for byte as Latin-1 where it is not UTF-8."""
    if isinstance(part, str):
        return part
    try:
        return part.decode()
    except UnicodeDecodeError:
        return part.decode("latin-1")


def shown(path: Path) -> str:
    """A path for people: ``request.body.items[0].id``."""
    return ".".join(("request", *path)).replace(".[", "[")


def boundary(parts: Parts) -> str | None:
    """The multipart boundary that the request's content type names (RFC 2046, 5.1.1)."""
    found = _BOUNDARY.search(text(parts.get("headers", "")))
    return found[1] if found else None


def fields(parts: Parts) -> Iterator[Field]:
    """The values of a request, in order; those of a JSON object by name, for their order means nothing."""
    headers = text(parts.get("headers", ""))
    edge = boundary(parts)
    for name, part in parts.items():
        whole = text(part)
        if name == "headers":
            lines = whole.replace(edge, "boundary") if edge else whole
            yield from _pairs((name,), lines, "\n", ": ")
        elif name == "query" or (name == "body" and _FORM.search(headers)):
            yield from _pairs((name,), whole, "&", "=")
        elif name == "body" and edge:
            yield from (Field((name, step), quoted(piece)) for step, piece in _numbered(_multipart(whole, edge)))
        else:
            yield from json_fields((name,), whole) or (Field((name,), quoted(whole)),)


def json_fields(path: Path, whole: str) -> list[Field] | None:
    """The values of a JSON object or array; None if the text is not one."""
    if whole.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return list(_leaves(path, _JSON.decode(whole)))
    except (ValueError, RecursionError):
        return None


def _leaves(path: Path, value: _Json) -> Iterator[Field]:
    if isinstance(value, _Object):
        if not value.pairs:
            yield Field(path, "{}")
        for step, child in sorted(_numbered(value.pairs), key=lambda item: item[0]):
            yield from _leaves((*path, step), child)
    elif isinstance(value, list):
        if not value:
            yield Field(path, "[]")
        for position, child in enumerate(value):
            yield from _leaves((*path, f"[{position}]"), child)
    elif isinstance(value, _Number):
        yield Field(path, str(value))
    else:
        yield Field(path, quoted(value) if isinstance(value, str) else json.dumps(value))


def _multipart(whole: str, edge: str) -> Iterator[tuple[str, str]]:
    for position, piece in enumerate(whole.split(f"--{edge}")):
        name = _PART_NAME.search(piece)
        yield name[1] if name else f"part {position}", piece


def _pairs(path: Path, whole: str, between: str, within: str) -> Iterator[Field]:
    pairs = (pair.partition(within) for pair in whole.split(between)) if whole else ()
    for step, (sign, value) in _numbered((name, (sign, value)) for name, sign, value in pairs):
        yield Field((*path, step), quoted(value) if sign else "")


def _numbered(pairs: Iterable[tuple[str, _T]]) -> Iterator[tuple[str, _T]]:
    """Names as steps of a path: odd ones quoted, repeated ones numbered."""
    seen: Counter[str] = Counter()
    for name, value in pairs:
        step = name if _PLAIN_STEP.fullmatch(name) else json.dumps(name)
        seen[step] += 1
        yield (step if seen[step] == 1 else f"{step}#{seen[step]}"), value
