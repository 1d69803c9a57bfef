"""Arrays: lists within lists. With lower bounds other than 1 they are ``{"lower": [0], "items": [...]}``.

Text: ``{1,NULL,"a b"}`` (``array_out``). Binary: number of dimensions, whether there are NULLs, the elements' OID, the
length and the lower bound of each dimension, then the elements (``array_send``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod
from struct import Struct
from typing import Any

from timetracer.cassette.places import is_list, is_object
from timetracer_instrumentors.postgresql.types.codec import Codec, through

DIMENSIONS = 6
"""``MAXDIM``."""
_HEAD, _SIZE, _PAIR = Struct("!iiI"), Struct("!i"), Struct("!ii")
_BOUNDS = re.compile(r"((?:\[-?\d{1,10}:-?\d{1,10}\]){1,6})=(?=\{)", re.ASCII)
SPACE = " \t\n\r\v\f"
"""What PostgreSQL takes for space (``scanner_isspace``); Python's ``\\s`` takes more."""
_SPECIAL = '{}"\\' + SPACE
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def array(oid: int, element: Codec, delimiter: str = ",") -> Codec:
    """The arrays of a type.

    Args:
        oid: of the elements' type.
        element: their codec.
        delimiter: between the elements; ``;`` for arrays of ``box``.
    """

    def write_text(value: Any) -> str:
        lower, items = _parts(value)
        shape = _shape(items)
        bounds = "".join(f"[{low}:{low + length - 1}]" for low, length in zip(lower, shape, strict=False))
        return f"{bounds}={_text(items, element, delimiter)}" if bounds else _text(items, element, delimiter)

    def read_binary(data: bytes) -> Any:
        return unpacked(data, oid, element)

    return Codec(
        lambda text: _read_text(text, element, delimiter),
        write_text,
        read_binary,
        lambda value: packed(value, oid, element),
    )


def _parts(value: Any) -> tuple[list[int], list[Any]]:
    """Lower bounds, empty where all are 1; items."""
    if is_object(value):
        lower, items = list[int](value["lower"]), list[Any](value["items"])
        if len(lower) != len(_shape(items)):
            raise ValueError("another number of lower bounds")
        return lower, items
    if not is_list(value):
        raise ValueError("not an array")
    return [], value


def _whole(items: list[Any], lower: list[int]) -> Any:
    return {"lower": lower, "items": items} if any(low != 1 for low in lower) else items


def _shape(items: Any) -> list[int]:
    """The length of each dimension.

    Raises:
        ValueError: the lists within are not all alike.
    """
    level, shape = [items], list[int]()
    while level and all(isinstance(each, list) for each in level):
        shape.append(len(level[0]))
        if len(shape) > DIMENSIONS or any(len(each) != shape[-1] for each in level):
            raise ValueError("no array has that shape")
        level = [item for each in level for item in each]
    if any(isinstance(each, list) for each in level) or (shape != [0] and 0 in shape):
        raise ValueError("no array has that shape")
    return [] if shape == [0] else shape


def _flat(items: Any) -> Iterator[Any]:
    for item in items:
        if is_list(item):
            yield from _flat(item)
        else:
            yield item


# --- text ------------------------------------------------------------------------------------------------------------


def _text(items: list[Any], element: Codec, delimiter: str) -> str:
    return "{" + delimiter.join(_item(item, element, delimiter) for item in items) + "}"


def _item(item: Any, element: Codec, delimiter: str) -> str:
    if is_list(item):
        return _text(item, element, delimiter)
    return "NULL" if item is None else quoted(element.write_text(item), delimiter)


def quoted(text: str, delimiter: str = ",") -> str:
    """In quotes where ``array_out`` puts them."""
    if text and text.upper() != "NULL" and not {*text} & {*_SPECIAL, delimiter}:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _read_text(text: str, element: Codec, delimiter: str) -> Any:
    lower: list[int] = []
    if bounds := _BOUNDS.match(text):
        lower = [int(low) for low in re.findall(r"\[(-?\d+):", bounds[1])]
        text = text[bounds.end() :]
    items = _Reader(element, delimiter).read(text)
    if lower and len(lower) != len(_shape(items)):
        raise ValueError("another number of lower bounds")
    return _whole(items, lower)


class _Reader:
    """Reads ``{…}`` once, from left to right."""

    def __init__(self, element: Codec, delimiter: str) -> None:
        self._element = element
        space = f"[{SPACE}]*"
        bare = rf'((?:[^{{}}"\\{delimiter}]|\\.)+)'
        self._token = re.compile(rf'{space}(?:([{{}}])|"((?:[^"\\]|\\.)*)"|{bare}){space}', re.DOTALL)
        self._delimiter = delimiter

    def read(self, text: str) -> list[Any]:
        top: list[Any] = []
        open_lists = [top]
        at, wants_item = 0, True
        while at < len(text):
            if text[at] == self._delimiter and not wants_item:
                at, wants_item = at + 1, True
                continue
            match = self._token.match(text, at)
            if match is None:
                raise ValueError("not an array")
            at = match.end()
            if match[1] == "}":
                if text[match.start() - 1] == self._delimiter:
                    raise ValueError("not an array")
                open_lists.pop()
                wants_item = False
            elif not wants_item or len(open_lists) > DIMENSIONS:
                raise ValueError("not an array")
            elif match[1] == "{":
                inner: list[Any] = []
                open_lists[-1].append(inner)
                open_lists.append(inner)
            else:
                open_lists[-1].append(self._value(match))
                wants_item = False
        if len(open_lists) != 1 or len(top) != 1 or not is_list(top[0]):
            raise ValueError("not an array")
        _shape(top[0])
        return top[0]

    def _value(self, match: re.Match[str]) -> Any:
        if match[2] is not None:
            return self._element.read_text(_ESCAPED.sub(r"\1", match[2]))
        bare = match[3].rstrip(SPACE)
        return None if bare.upper() == "NULL" else self._element.read_text(_ESCAPED.sub(r"\1", bare))


# --- binary ----------------------------------------------------------------------------------------------------------


def unpacked(data: bytes, oid: int, element: Codec) -> Any:
    """An array's binary form. Elements of another type are refused."""
    count, _, elements = _HEAD.unpack_from(data)
    if elements != oid or not 0 <= count <= DIMENSIONS:
        raise ValueError("another array")
    at = _HEAD.size
    shape, lower = list[int](), list[int]()
    for _ in range(count):
        length, low = _PAIR.unpack_from(data, at)
        shape.append(length)
        lower.append(low)
        at += _PAIR.size
    if any(length < 1 for length in shape) or prod(shape) * 4 > len(data):
        raise ValueError("more elements than there are bytes")
    items: list[Any] = []
    for _ in range(prod(shape) if shape else 0):
        (size,) = _SIZE.unpack_from(data, at)
        at += 4
        if size < 0:
            items.append(None)
            continue
        if at + size > len(data):
            raise ValueError("an element is longer than its array")
        items.append(element.read_binary(data[at : at + size]))
        at += size
    for length in reversed(shape[1:]):
        items = [items[start : start + length] for start in range(0, len(items), length)]
    return _whole(items, lower)


def packed(value: Any, oid: int, element: Codec) -> bytes:
    """The other way."""
    lower, items = _parts(value)
    shape = _shape(items)
    flat = list(_flat(items))
    out = [_HEAD.pack(len(shape), int(None in flat), oid)]
    out += [_PAIR.pack(length, low) for length, low in zip(shape, lower or [1] * len(shape), strict=True)]
    for item in flat:
        data = None if item is None else element.write_binary(item)
        out += [_SIZE.pack(-1)] if data is None else [_SIZE.pack(len(data)), data]
    return b"".join(out)


# --- int2vector, oidvector --------------------------------------------------------------------------------------------


def vector(oid: int, element: Codec) -> Codec:
    """Numbers with spaces between them, as text; in binary an array that counts from 0. The plain value is the text."""

    nothing = _HEAD.pack(1, 0, oid) + _PAIR.pack(0, 0)

    def pack(items: list[int]) -> bytes:
        return packed({"lower": [0], "items": items}, oid, element) if items else nothing

    def unpack(data: bytes) -> list[int]:
        if data == nothing:
            return []
        found = unpacked(data, oid, element)
        return list(found["items"] if is_object(found) else found)

    return through(
        lambda text: [int(number) for number in text.split()], lambda items: " ".join(map(str, items)), unpack, pack
    )
