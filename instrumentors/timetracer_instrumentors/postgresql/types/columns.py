"""Whole columns of the commonest types, encoded many values at a time, as a replay gives them to a driver.

A `Codec` writes one value, which takes some Python for each. Here that is left to C as far as it goes. What comes of it
are the very bytes that the codec gives; a column that holds anything else than plain values of its type is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import repeat
from operator import sub
from struct import Struct
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from timetracer_instrumentors.postgresql.messages import NULL, length
from timetracer_instrumentors.postgresql.types import numbers
from timetracer_instrumentors.postgresql.types.catalog import CODECS
from timetracer_instrumentors.postgresql.types.codec import BINARY, STRING, TEXT, TEXT_ONLY, TROUBLE

Cells: TypeAlias = list[bytes]
"""Values, each with its length before it (four bytes)."""


class _Column(NamedTuple):
    kind: type[Any]
    """Of all its values; nothing derived from it."""
    encode: Callable[[Sequence[Any]], Cells]
    """Raises one of TROUBLE."""


def cells(oid: int, form: int, values: Sequence[Any]) -> Cells | None:
    """The values of one column as they are in DataRow messages; None: that must be done one by one.

    Args:
        oid: their type.
        form: in which they are wanted.
        values: as `decode` gave them; None is NULL.
    """
    column = COLUMNS.get((oid, form))
    if column is None:
        return None
    kinds = {*map(type, values)}
    try:
        if kinds == {column.kind}:
            return column.encode(values)
        if kinds == {column.kind, type(None)}:
            there = iter(column.encode([value for value in values if value is not None]))
            return [NULL if value is None else next(there) for value in values]
    except TROUBLE:
        pass  # one of them does not fit, or has a spelling of its own
    return [NULL] * len(values) if kinds <= {type(None)} else None


_SIZES = tuple(map(length, range(1024)))
"""Most values are short, and most lengths occur more than once."""


def _sized(found: Sequence[bytes]) -> Cells:
    try:
        return [_SIZES[len(data)] + data for data in found]
    except IndexError:
        return [length(len(data)) + data for data in found]


def _encoded(texts: Sequence[str]) -> Cells:
    """Texts, all at once. Raises ValueError: there is a NUL in them, which PostgreSQL's texts cannot have."""
    found = "\0".join(texts).encode().split(b"\0")
    if len(found) != len(texts):
        raise ValueError("a text with a NUL")
    return _sized(found)


# --- binary ----------------------------------------------------------------------------------------------------------


def _fixed(form: str) -> Callable[[Sequence[Any]], Cells]:
    """Numbers of one size: a `struct` format."""
    packing = Struct(f"!i{form}")
    size = repeat(packing.size - 4)
    return lambda values: list(map(packing.pack, size, values))


_DAYS, _MICROS = Struct("!ii"), Struct("!iq")
_EPOCH_DAY = date(2000, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)


def _dates(values: Sequence[Any]) -> Cells:
    return [_DAYS.pack(4, value.toordinal() - _EPOCH_DAY) for value in values]


def _stamps(epoch: datetime) -> Callable[[Sequence[Any]], Cells]:
    """One with a time zone too many, or none, has no difference from the epoch."""

    def encode(values: Sequence[Any]) -> Cells:
        return [_MICROS.pack(8, since // _MICROSECOND) for since in map(sub, values, repeat(epoch))]

    return encode


def _numerics(values: Sequence[Any]) -> Cells:
    return list(map(numbers.cell, map(str, values)))


def _versioned(values: Sequence[Any]) -> Cells:
    return _encoded(["\1" + value for value in values])


def _uuids(values: Sequence[Any]) -> Cells:
    return _sized([value.bytes for value in values])


_TRUTH = {(True, BINARY): b"\1", (False, BINARY): b"\0", (True, TEXT): b"t", (False, TEXT): b"f"}


def _truths(form: int) -> Callable[[Sequence[Any]], Cells]:
    known = {value: length(1) + _TRUTH[value, form] for value in (True, False)}
    return lambda values: list(map(known.__getitem__, values))


# --- text ------------------------------------------------------------------------------------------------------------


def _shown(values: Sequence[Any]) -> Cells:
    """What Python writes as PostgreSQL does."""
    return _encoded(list(map(str, values)))


_LONGEST = 1000
"""Digits of a numeric that nobody has to count."""


def _numeric_texts(values: Sequence[Any]) -> Cells:
    texts = list(map(str, values))
    if "E" in "".join(texts) or max(map(len, texts)) > _LONGEST:
        raise ValueError("exponents, which PostgreSQL does not write")
    return _encoded(texts)


def _stamp_texts(values: Sequence[Any]) -> Cells:
    texts: list[str] = []
    for value in values:
        if value.tzinfo is not None:
            raise ValueError("a time zone too many")
        text = value.isoformat(" ")
        texts.append(text.rstrip("0") if value.microsecond else text)
    return _encoded(texts)


def _zoned_texts(values: Sequence[Any]) -> Cells:
    texts: list[str] = []
    for value in values:
        text = value.isoformat(" ")
        stamp, away = text[:-6], text[-6:]
        if away[0] not in "+-":
            raise ValueError("no time zone, or one with seconds in it")
        if value.microsecond:
            stamp = stamp.rstrip("0")
        texts.append(stamp + (away[:3] if away.endswith(":00") else away))
    return _encoded(texts)


def _hexadecimal(values: Sequence[Any]) -> Cells:
    return _encoded(["\\x" + value.hex() for value in values])


_EPOCH = datetime(2000, 1, 1)
_WHOLE = {20: "q", 21: "h", 23: "i", 26: "I", 28: "I", 29: "I", 5069: "Q"}
"""Integers: by OID."""
_DOCUMENTS = (3802, 4072)
"""``jsonb``, ``jsonpath``."""

COLUMNS: dict[tuple[int, int], _Column] = {
    (16, BINARY): _Column(bool, _truths(BINARY)),
    (16, TEXT): _Column(bool, _truths(TEXT)),
    (17, BINARY): _Column(bytes, _sized),
    (17, TEXT): _Column(bytes, _hexadecimal),
    (701, BINARY): _Column(float, _fixed("d")),
    (1082, BINARY): _Column(date, _dates),
    (1082, TEXT): _Column(date, _shown),
    (1114, BINARY): _Column(datetime, _stamps(_EPOCH)),
    (1114, TEXT): _Column(datetime, _stamp_texts),
    (1184, BINARY): _Column(datetime, _stamps(_EPOCH.replace(tzinfo=timezone.utc))),
    (1184, TEXT): _Column(datetime, _zoned_texts),
    (1700, BINARY): _Column(Decimal, _numerics),
    (1700, TEXT): _Column(Decimal, _numeric_texts),
    (2950, BINARY): _Column(UUID, _uuids),
    (2950, TEXT): _Column(UUID, _shown),
}
"""By OID and form."""
for _oid, _form in _WHOLE.items():
    COLUMNS[_oid, BINARY], COLUMNS[_oid, TEXT] = _Column(int, _fixed(_form)), _Column(int, _shown)
for _oid in _DOCUMENTS:
    COLUMNS[_oid, BINARY], COLUMNS[_oid, TEXT] = _Column(str, _versioned), _Column(str, _encoded)
for _oid, _codec in CODECS.items():
    if _codec is STRING:
        COLUMNS[_oid, BINARY] = COLUMNS[_oid, TEXT] = _Column(str, _encoded)
    elif _codec is TEXT_ONLY:
        COLUMNS[_oid, TEXT] = _Column(str, _encoded)
