"""Plain values as one line of JSON, and back, equal in value and type.

What JSON has no word for is written as an object with one key, the tag: ``{"$decimal":"1.20"}``. A real key that begins
with ``$`` gets one more: ``{"$set":1}`` is written ``{"$$set":1}``. Nothing is ever built from a name read in the text.

=============  ==========================================================================================
``$int``       past 64 bits: decimal digits, ``0x…`` from 8,192 bits on
``$float``     ``nan``, ``inf``, ``-inf``
``$str``       text with lone surrogates, which UTF-8 has no bytes for: a JSON string with ``\\u`` escapes
``$bytes``     base64 (RFC 4648, section 4)
``$decimal``   as ``str(Decimal)``
``$datetime``  ISO 8601, also ``$date`` and ``$time``; a named time zone becomes its offset
``$timedelta`` seconds with six decimals
``$uuid``      32 hex digits with hyphens
``$tuple``     a list, also ``$set`` and ``$frozenset`` (in a stable order)
``$dict``      a list of pairs: a dict with keys that are not text
=============  ==========================================================================================
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, Final
from uuid import UUID

import orjson

from timetracer.cassette.model import Plain
from timetracer.cassette.places import is_list, is_object, shown

DEPTH: Final = 200
"""Levels of JSON that a value may have, tags included (orjson writes no more than 254)."""

_PLAIN: Final = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def dumps(value: Plain) -> str:
    """One line of JSON. A subclass (``IntEnum``, a named tuple, pandas' ``Timestamp``) is written as its plain base.

    Raises:
        ValueError: something in it is not a plain value, or it is nested deeper than `DEPTH`.
    """
    # Most values are JSON already: if orjson reads back what it wrote, nothing needed a tag.
    try:
        text = orjson.dumps(value, option=_PLAIN).decode()
        if not _suspicious(text) and orjson.loads(text) == value:
            return text
    except TypeError:
        pass
    return orjson.dumps(_write(value, DEPTH)).decode()


def loads(text: str) -> Plain:
    """The value that `dumps` wrote.

    Raises:
        ValueError: it is not JSON, has an unknown or malformed tag, or is nested deeper than `DEPTH`.
    """
    value: Any = orjson.loads(text)
    if _suspicious(text):
        value = _read(value, DEPTH)
    plain: Plain = value
    return plain


def _suspicious(text: str) -> bool:
    """Whether there may be tags, or so many brackets that it may be deep."""
    return "$" in text or text.count("[") + text.count("{") > DEPTH


def _write(value: Any, room: int) -> Any:
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind is str and (value.isascii() or _encodable(value)):
        return value
    if value is None or kind is bool:
        return value
    if kind is int and -(1 << 63) <= value < 1 << 64:
        return value
    if kind is float and isfinite(value):
        return value
    room = _deeper(room)
    if kind is list:
        return [_write(item, room) for item in value]
    if kind is dict:
        return _write_dict(value, room)
    for base, tag, write in _SCALARS:
        if isinstance(value, base):
            return {tag: write(value)}
    return _write_other(value, room)


def _write_dict(value: dict[Any, Any], room: int) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for key, item in value.items():
        if type(key) is not str or not (key.isascii() or _encodable(key)):
            room = _deeper(_deeper(room))
            return {"$dict": [[_write(key, room), _write(item, room)] for key, item in value.items()]}
        written[f"${key}" if key[:1] == "$" else key] = _write(item, room)
    return written


def _write_other(value: Any, room: int) -> Any:
    if type(value) is str:
        return {"$str": json.dumps(value)}
    if type(value) is int:
        return {"$int": _digits(value)}
    if type(value) is float:
        return {"$float": repr(value)}
    for base, tag in _COLLECTIONS.items():
        if isinstance(value, base):
            room = _deeper(room)
            items = [_write(item, room) for item in value]
            return {tag: items if base is tuple else sorted(items, key=orjson.dumps)}
    for base, plain in _SUBCLASSED.items():
        if isinstance(value, base):
            return _write(plain(value), room + 1)
    raise ValueError(f"{type(value).__module__}.{type(value).__qualname__} is not a plain value")


def _deeper(room: int) -> int:
    if room <= 0:
        raise ValueError(f"nested deeper than {DEPTH} levels")
    return room - 1


def _read(value: Any, room: int) -> Any:
    if is_list(value):
        room = _deeper(room)
        return [_read(item, room) for item in value]
    if not is_object(value):
        return value
    room = _deeper(room)
    read: dict[str, Any] = {}
    for key, item in value.items():
        if key[:1] != "$":
            read[key] = _read(item, room)
        elif key[:2] == "$$":
            read[key[1:]] = _read(item, room)
        elif len(value) == 1 and key in _READERS:
            return _read_tag(key, item, room)
        else:
            raise ValueError(f"unknown tag {key[:40]!r} (a real key that begins with $ is written with two)")
    return read


def _read_tag(tag: str, content: Any, room: int) -> Any:
    expected = "list" if tag in ("$dict", *_COLLECTIONS.values()) else "str"
    if type(content).__name__ != expected:
        raise ValueError(f"{tag} takes a {expected}, not {shown(content)}")
    content = _read(content, room)
    try:
        return _READERS[tag](content)
    except (ArithmeticError, TypeError, ValueError) as cause:
        raise ValueError(f"{tag} cannot be {shown(content)}: {str(cause)[:80] or type(cause).__name__}") from None


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _digits(value: int) -> str:
    # Decimal digits take quadratic time, so Python refuses more than 4,300 of them; hex ones are linear.
    return str(value) if value.bit_length() <= 8192 else hex(value)


def _read_int(text: str) -> int:
    if not re.fullmatch(r"-?(?:[0-9]{1,2500}|0x[0-9a-f]+)", text):
        raise ValueError("expected decimal or 0x digits")
    return int(text, 0)


def _read_float(text: str) -> float:
    if text not in ("nan", "inf", "-inf"):
        raise ValueError("expected nan, inf or -inf")
    return float(text)


def _read_str(text: str) -> str:
    value = json.loads(text)
    if type(value) is not str:
        raise ValueError("expected a JSON string")
    return value


def _write_timedelta(value: timedelta) -> str:
    microseconds = value // timedelta(microseconds=1)
    seconds, rest = divmod(abs(microseconds), 1_000_000)
    return f"{'-' * (microseconds < 0)}{seconds}.{rest:06d}"


def _read_timedelta(text: str) -> timedelta:
    match = re.fullmatch(r"(-?)([0-9]{1,14})\.([0-9]{6})", text)
    if not match:
        raise ValueError("expected seconds with six decimals")
    value = timedelta(seconds=int(match[2]), microseconds=int(match[3]))
    return -value if match[1] else value


def _spread(items: list[Any]) -> list[Any]:
    """The members of a set, unless chosen to have equal hashes (multiples of 2**61 - 1): that would take for ever."""
    if len(items) > 1000 and max(Counter(map(hash, items)).values()) > 100:
        raise ValueError("too many members have the same hash")
    return items


_SCALARS: Final[tuple[tuple[type, str, Callable[[Any], str]], ...]] = (
    (bytes, "$bytes", lambda value: b64encode(value).decode()),
    (datetime, "$datetime", datetime.isoformat),  # before date, which it derives from
    (date, "$date", date.isoformat),
    (time, "$time", time.isoformat),
    (timedelta, "$timedelta", _write_timedelta),
    (Decimal, "$decimal", Decimal.__str__),
    (UUID, "$uuid", UUID.__str__),
)
_SUBCLASSED: Final[dict[type, Callable[[Any], Any]]] = {
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    list: list,
    dict: dict,
}
_COLLECTIONS: Final[dict[Any, str]] = {tuple: "$tuple", set: "$set", frozenset: "$frozenset"}
_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "$int": _read_int,
    "$float": _read_float,
    "$str": _read_str,
    "$bytes": lambda text: b64decode(text, validate=True),
    "$decimal": Decimal,
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$timedelta": _read_timedelta,
    "$uuid": UUID,
    "$tuple": tuple,
    "$set": lambda items: set(_spread(items)),
    "$frozenset": lambda items: frozenset(_spread(items)),
    "$dict": lambda pairs: dict(zip(_spread([key for key, _ in pairs]), [item for _, item in pairs], strict=True)),
}
