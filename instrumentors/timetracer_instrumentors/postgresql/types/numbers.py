"""Integers, floating-point numbers and ``numeric``.

``numeric`` in binary: count of digits, weight of the first, sign, scale, then digits to the base of 10,000
(``src/backend/utils/adt/numeric.c``, ``numeric_send``). Floats are written with the fewest digits that tell them from
their neighbours (``extra_float_digits`` of 1 and more, the default since PostgreSQL 12).
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from math import copysign, isfinite, isinf
from struct import Struct
from typing import Any

from timetracer_instrumentors.postgresql.types.codec import Codec

_HEAD = Struct("!HhHh")
_LONGEST = 150_000
"""Digits on either side of a numeric's point: PostgreSQL has 131,072 before it and 16,383 after it."""


def integer(form: str) -> Codec:
    """Integers of a fixed size: a `struct` format."""
    packing = Struct(form)
    return Codec(
        int,
        lambda value: str(_int(value)),
        lambda data: packing.unpack(data)[0],
        lambda value: packing.pack(_int(value)),
    )


def _int(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("not an integer")
    return value


# --- floats ----------------------------------------------------------------------------------------------------------

_SPECIAL_FLOATS = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
_DOUBLE, _SINGLE = Struct("!d"), Struct("!f")


def float_text(value: float) -> str:
    """A ``float8`` as the server writes it."""
    return _written(repr(float(value)), 15)


def single_text(value: float) -> str:
    """A ``float4`` as the server writes it."""
    return _written(_shortest(value), 6)


def _shortest(value: float) -> str:
    """The fewest digits that give the same 32 bits."""
    if not isfinite(value):
        return repr(value)
    packed = _SINGLE.pack(value)
    for digits in range(1, 9):
        text = f"{value:.{digits}g}"
        try:
            if _SINGLE.pack(float(text)) == packed:
                return text
        except OverflowError:  # rounded up, beyond the greatest of them
            continue
    return f"{value:.9g}"


def _written(text: str, exponent_from: int) -> str:
    if text in _SPECIAL_FLOATS:
        return _SPECIAL_FLOATS[text]
    sign, digits, exponent = Decimal(text).normalize().as_tuple()
    assert isinstance(exponent, int)
    figures, power = "".join(map(str, digits)), exponent + len(digits) - 1
    minus = "-" if sign else ""
    if figures == "0":
        return minus + "0"
    if -4 <= power < exponent_from:
        return minus + format(Decimal((0, digits, exponent)), "f")
    point = "." if len(figures) > 1 else ""
    return f"{minus}{figures[0]}{point}{figures[1:]}e{'-' if power < 0 else '+'}{abs(power):02}"


def _read_single(data: bytes) -> float:
    return float(_shortest(_SINGLE.unpack(data)[0]))


def _number(value: Any) -> float:
    if type(value) not in (int, float):
        raise ValueError("not a number")
    return float(value)


def _as_single(value: Any) -> bytes:
    number = _number(value)
    return _SINGLE.pack(copysign(float("inf"), number) if isinf(number) else number)


FLOAT8 = Codec(
    float, lambda v: float_text(_number(v)), lambda data: _DOUBLE.unpack(data)[0], lambda v: _DOUBLE.pack(_number(v))
)
FLOAT4 = Codec(float, lambda v: single_text(_number(v)), _read_single, _as_single)

# --- numeric ---------------------------------------------------------------------------------------------------------

_SPECIAL = {0xC000: "NaN", 0xD000: "Infinity", 0xF000: "-Infinity"}
_NEGATIVE = 0x4000


def _decimal(value: Any) -> Decimal:
    if not isinstance(value, Decimal):
        raise ValueError("not a decimal")
    if value.is_finite() and not -_LONGEST < int(value.as_tuple().exponent) <= value.adjusted() < _LONGEST:
        raise ValueError("more digits than a numeric has")
    return value


def _read_text(text: str) -> Decimal:
    value = _decimal(Decimal(text))
    if value.is_snan() or str(value) == "-NaN":
        raise ValueError("another spelling")
    return value


def _write_text(value: Any) -> str:
    return format(_decimal(value), "f") if value.is_finite() else str(value)


def _read_binary(data: bytes) -> Decimal:
    count, weight, sign, scale = _HEAD.unpack_from(data, 0)
    if sign in _SPECIAL:
        return Decimal(_SPECIAL[sign])
    if not 0 <= scale < _LONGEST or abs(weight) * 4 > _LONGEST:
        raise ValueError("no scale that a numeric has")
    groups = "".join(f"{digit:04}" for digit in Struct(f"!{count}H").unpack_from(data, 8))
    before = 4 * (weight + 1)
    if before < 0:
        groups, before = "0" * -before + groups, 0
    whole, fraction = groups[:before].ljust(before, "0"), groups[before:]
    minus = "-" if sign == _NEGATIVE else ""
    return Decimal(f"{minus}{whole or '0'}.{fraction[:scale]:0<{scale}}")


def _write_binary(value: Any) -> bytes:
    if type(value) is not Decimal:
        raise ValueError("not a decimal")
    return packed(str(value))


@lru_cache(maxsize=4096)
def packed(text: str) -> bytes:
    """The binary form of a decimal, by its text, as equal ones may have another number of zeros at their ends.

    Raises:
        ValueError: it has more digits than a numeric, or is a NaN of another kind.
    """
    if len(text) < _SHORT:
        try:
            return _packed_short(text)
        except ValueError:
            pass  # it has an exponent, or is no number
    value = Decimal(text)
    if not _decimal(value).is_finite():
        sign = {name: code for code, name in _SPECIAL.items()}.get(str(value))
        if sign is None:
            raise ValueError("no number that PostgreSQL has")
        return _HEAD.pack(0, 0, sign, 0 if sign == 0xC000 else _SPECIAL_SCALE)
    whole, _, fraction = format(value.copy_abs(), "f").partition(".")
    scale = len(fraction)
    return _joined(_in_long(whole + fraction + "0" * (-scale % 4)), -(-scale // 4), value < 0, scale)


_SHORT = 30
"""Digits that are quicker taken apart as a number than as text."""


def _packed_short(text: str) -> bytes:
    """Most of them. Raises ValueError: not only digits."""
    whole, _, fraction = text.partition(".")
    figures = fraction.rstrip("0")
    after = -(-len(figures) // 4)
    number = int(whole + figures.ljust(after * 4, "0"))
    negative, number = number < 0, abs(number)
    groups: list[int] = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    groups.reverse()
    return _joined(groups, after, negative, len(fraction))


_JOINED = [Struct(f"!HhHh{count}h") for count in range(16)]


def _joined(groups: list[int], after: int, negative: bool, scale: int) -> bytes:
    """Groups of four digits without zeros before, so many of them after the point."""
    weight = len(groups) - after - 1
    while groups and not groups[-1]:
        groups.pop()
    if not groups:
        return _HEAD.pack(0, 0, 0, scale)
    count = len(groups)
    joined = _JOINED[count] if count < len(_JOINED) else Struct(f"!HhHh{count}h")
    return joined.pack(count, weight, _NEGATIVE if negative else 0, scale, *groups)


def _in_long(figures: str) -> list[int]:
    figures = figures.rjust(-(-len(figures) // 4) * 4, "0")
    groups = [int(figures[at : at + 4]) for at in range(0, len(figures), 4)]
    first = next((at for at, group in enumerate(groups) if group), len(groups))
    return groups[first:]


def cell(text: str) -> bytes:
    """The binary form of a decimal with its length before it, by its text: quick where it is not large and positive.

    Raises:
        ValueError: as of `packed`.
    """
    whole, _, fraction = text.partition(".")
    try:
        number = int(whole)
        if 0 < number < 10_000:
            head, tail = _around(fraction, 1)
            return head + _ONE.pack(number) + tail
        if 10_000 < number < 100_000_000:
            head, tail = _around(fraction, 2)
            more, less = divmod(number, 10_000)
            if less or tail:  # zeros at the end are left out
                return head + _TWO.pack(more, less) + tail
    except ValueError:
        pass  # it has an exponent, or is no number
    data = packed(text)
    return _SIZE.pack(len(data)) + data


_SIZE, _ONE, _TWO = Struct("!i"), Struct("!H"), Struct("!HH")


@lru_cache(maxsize=4096)
def _around(fraction: str, before: int) -> tuple[bytes, bytes]:
    """What comes before and after the groups of four digits of a whole number, so many of them: the fractions of a
    column are alike. Raises ValueError: not only digits."""
    figures = fraction.rstrip("0")
    groups = [int(figures[at : at + 4].ljust(4, "0")) for at in range(0, len(figures), 4)]
    head = _HEAD.pack(before + len(groups), before - 1, 0, len(fraction))
    tail = Struct(f"!{len(groups)}H").pack(*groups)
    return _SIZE.pack(len(head) + 2 * before + len(tail)) + head, tail


_SPECIAL_SCALE = 0x20
"""What the infinities have for a scale (``NUMERIC_PINF`` keeps its dynamic-scale bits)."""

NUMERIC = Codec(_read_text, _write_text, _read_binary, _write_binary)
