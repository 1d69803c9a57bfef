"""Dates, times of day, timestamps and intervals.

In binary all are whole numbers: days or microseconds since 2000-01-01 (``src/include/datatype/timestamp.h``). A plain
value is Python's where Python has one. What it has not (infinity, BC, years past 9999, 24:00:00, months in an interval)
is the text that the server writes under ``DateStyle = ISO`` and ``IntervalStyle = postgres``; other styles stay raw.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from struct import Struct
from typing import Any, NamedTuple

from timetracer_instrumentors.postgresql.types.codec import Codec, through

_EPOCH = datetime(2000, 1, 1)
_EPOCH_DAY = _EPOCH.toordinal()
_CYCLE = 146_097
"""Days in 400 years, after which the calendar repeats."""
_MICROSECOND = timedelta(microseconds=1)
_MINUTE, _HOUR, _DAY = 60_000_000, 3_600_000_000, 86_400_000_000
_DAYS, _MICROS, _ZONED, _SPAN = Struct("!i"), Struct("!q"), Struct("!qi"), Struct("!qii")
_INFINITE = {
    _DAYS: {"infinity": 0x7FFFFFFF, "-infinity": -0x80000000},
    _MICROS: {"infinity": 0x7FFFFFFFFFFFFFFF, "-infinity": -0x8000000000000000},
}

_DATE = r"(\d{4,7})-(\d\d)-(\d\d)"
_TIME = r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?"
_OFFSET = r"(Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)"
_STAMP = re.compile(rf"{_DATE}(?:[ T]{_TIME}{_OFFSET}?)?( BC)?", re.ASCII)
_CLOCK = re.compile(rf"{_TIME}{_OFFSET}?", re.ASCII)


# --- whole numbers and texts -----------------------------------------------------------------------------------------


def _day_number(year: str, month: str, day: str, before: str | None) -> int:
    cycles, within = divmod((1 - int(year) if before else int(year)) - 2000, 400)
    return date(2000 + within, int(month), int(day)).toordinal() - _EPOCH_DAY + cycles * _CYCLE


def _day_text(days: int) -> tuple[str, str]:
    """ISO 8601, and what comes at the very end: " BC" or nothing."""
    cycles, within = divmod(days, _CYCLE)
    day = date.fromordinal(_EPOCH_DAY + within)
    year = day.year + 400 * cycles
    return f"{year if year > 0 else 1 - year:04}-{day.month:02}-{day.day:02}", "" if year > 0 else " BC"


def _clock_number(hour: str, minute: str, second: str | None, fraction: str | None) -> int:
    if int(minute) > 59 or int(second or 0) > 59:
        raise ValueError("no such time")
    return int(hour) * _HOUR + int(minute) * _MINUTE + int(second or 0) * 1_000_000 + int(f"{fraction or 0:0<6}")


def _clock_text(micros: int) -> str:
    seconds, fraction = divmod(micros, 1_000_000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction:06}".rstrip("0") if fraction else text


def _offset_number(text: str | None) -> int | None:
    """Seconds east of Greenwich."""
    if text is None:
        return None
    if text == "Z":
        return 0
    digits = text[1:].replace(":", "").ljust(6, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:])
    return -seconds if text[0] == "-" else seconds


def _offset_text(offset: int | None) -> str:
    if offset is None:
        return ""
    hours, rest = divmod(abs(offset), 3600)
    text = f"{'-' if offset < 0 else '+'}{hours:02}"
    if rest:
        text += f":{rest // 60:02}"
    return f"{text}:{rest % 60:02}" if rest % 60 else text


def _tzinfo(offset: int | None) -> timezone | None:
    return None if offset is None else timezone(timedelta(seconds=offset))


def _offset_of(value: datetime | time) -> int | None:
    away = value.utcoffset()
    return None if away is None else int(away.total_seconds())


# --- dates -----------------------------------------------------------------------------------------------------------


def _read_date(text: str) -> date | str:
    return _date(_date_number(text))


def _date_number(value: Any) -> int:
    if isinstance(value, datetime):
        raise ValueError("more than a date")
    if isinstance(value, date):
        return value.toordinal() - _EPOCH_DAY
    if value in _INFINITE[_DAYS]:
        return _INFINITE[_DAYS][value]
    match = _STAMP.fullmatch(value)
    if match is None or match[4]:
        raise ValueError("not a date of ISO 8601")
    return _day_number(match[1], match[2], match[3], match[9])


def _date(days: int) -> date | str:
    try:
        return date.fromordinal(days + _EPOCH_DAY)
    except (ValueError, OverflowError):
        return _date_text(days)


def _date_text(days: int) -> str:
    return _infinity(_DAYS, days) or "".join(_day_text(days))


def _infinity(kind: Struct, number: int) -> str:
    return next((name for name, infinite in _INFINITE[kind].items() if infinite == number), "")


DATE = Codec(
    _read_date,
    lambda value: _date_text(_date_number(value)),
    lambda data: _date(_DAYS.unpack(data)[0]),
    lambda value: _DAYS.pack(_date_number(value)),
)

# --- timestamps ------------------------------------------------------------------------------------------------------


class _Stamp(NamedTuple):
    micros: int
    """Since 2000-01-01, UTC where there is an offset."""
    offset: int | None


def _parse_stamp(text: str, *, zoned: bool) -> _Stamp:
    if text in _INFINITE[_MICROS]:
        return _Stamp(_INFINITE[_MICROS][text], 0 if zoned else None)
    match = _STAMP.fullmatch(text)
    if match is None or match[4] is None or zoned is not (match[8] is not None):
        raise ValueError("not a timestamp of ISO 8601")
    year, month, day, hour, minute, second, fraction, away, before = match.groups()
    offset = _offset_number(away)
    micros = _day_number(year, month, day, before) * _DAY + _clock_number(hour, minute, second, fraction)
    return _Stamp(micros - (offset or 0) * 1_000_000, offset)


def _stamp_text(stamp: _Stamp) -> str:
    if infinite := _infinity(_MICROS, stamp.micros):
        return infinite
    days, micros = divmod(stamp.micros + (stamp.offset or 0) * 1_000_000, _DAY)
    day, era = _day_text(days)
    return f"{day} {_clock_text(micros)}{_offset_text(stamp.offset)}{era}"


def _stamp_value(stamp: _Stamp) -> datetime | str:
    try:
        local = _EPOCH + _MICROSECOND * (stamp.micros + (stamp.offset or 0) * 1_000_000)
        return local.replace(tzinfo=_tzinfo(stamp.offset))
    except (ValueError, OverflowError):
        return _stamp_text(stamp)


def _timestamp(*, zoned: bool) -> Codec:
    def stamp(value: Any) -> _Stamp:
        if not isinstance(value, datetime):
            return _parse_stamp(value, zoned=zoned)
        offset = _offset_of(value)
        if zoned is (offset is None):
            raise ValueError("a time zone too many" if offset is not None else "no time zone")
        micros = (value.replace(tzinfo=None) - _EPOCH) // _MICROSECOND
        return _Stamp(micros - (offset or 0) * 1_000_000, offset)

    epoch = _EPOCH.replace(tzinfo=timezone.utc) if zoned else _EPOCH

    def binary(value: Any) -> bytes:
        if isinstance(value, datetime):  # one with a zone too many, or none, has no difference from the epoch
            return _MICROS.pack((value - epoch) // _MICROSECOND)
        return _MICROS.pack(stamp(value).micros)

    return Codec(
        lambda text: _stamp_value(_parse_stamp(text, zoned=zoned)),
        lambda value: _stamp_text(stamp(value)),
        lambda data: _stamp_value(_Stamp(_MICROS.unpack(data)[0], 0 if zoned else None)),
        binary,
    )


TIMESTAMP, TIMESTAMPTZ = _timestamp(zoned=False), _timestamp(zoned=True)

# --- times of day ----------------------------------------------------------------------------------------------------


class _Clock(NamedTuple):
    micros: int
    offset: int | None


def _parse_clock(text: str, *, zoned: bool) -> _Clock:
    match = _CLOCK.fullmatch(text)
    if match is None or zoned is not (match[5] is not None):
        raise ValueError("not a time of ISO 8601")
    return _Clock(_clock_number(*match.groups()[:4]), _offset_number(match[5]))


def _clock_value(clock: _Clock) -> time | str:
    micros, offset = clock
    if not 0 <= micros <= _DAY:
        raise ValueError("no such time")
    if micros == _DAY:
        return _clock_text(micros) + _offset_text(offset)
    return (_EPOCH + _MICROSECOND * micros).time().replace(tzinfo=_tzinfo(offset))


def _time(*, zoned: bool) -> Codec:
    def clock(value: Any) -> _Clock:
        if not isinstance(value, time):
            return _parse_clock(value, zoned=zoned)
        offset = _offset_of(value)
        if zoned is (offset is None):
            raise ValueError("a time zone too many" if offset is not None else "no time zone")
        return _Clock((datetime.combine(_EPOCH, value.replace(tzinfo=None)) - _EPOCH) // _MICROSECOND, offset)

    def unpack(data: bytes) -> _Clock:
        if not zoned:
            return _Clock(_MICROS.unpack(data)[0], None)
        micros, west = _ZONED.unpack(data)
        return _Clock(micros, -west)

    def pack(value: Any) -> bytes:
        micros, offset = clock(value)
        return _MICROS.pack(micros) if offset is None else _ZONED.pack(micros, -offset)

    return Codec(
        lambda text: _clock_value(_parse_clock(text, zoned=zoned)),
        lambda value: _clock_text(clock(value).micros) + _offset_text(clock(value).offset),
        lambda data: _clock_value(unpack(data)),
        pack,
    )


TIME, TIMETZ = _time(zoned=False), _time(zoned=True)

# --- intervals -------------------------------------------------------------------------------------------------------

_INTERVAL = re.compile(
    r"(?=.)(?:([+-]?\d{1,12}) years?,? ?)?(?:([+-]?\d{1,12}) mon(?:th)?s?,? ?)?(?:([+-]?\d{1,12}) days?,? ?)?"
    r"(?:([+-]?)(\d{1,12}):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?",
    re.ASCII,
)


class _Interval(NamedTuple):
    micros: int
    days: int
    months: int


_ENDLESS = {
    "infinity": _Interval(0x7FFFFFFFFFFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF),
    "-infinity": _Interval(-0x8000000000000000, -0x80000000, -0x80000000),
}


def _parse_interval(text: str) -> _Interval:
    if text in _ENDLESS:
        return _ENDLESS[text]
    match = _INTERVAL.fullmatch(text)
    if match is None:
        raise ValueError("not an interval in the style of postgres")
    years, months, days, sign, hour, *rest = match.groups()
    micros = _clock_number(hour, *rest) if hour else 0
    return _Interval(-micros if sign == "-" else micros, int(days or 0), int(years or 0) * 12 + int(months or 0))


def _interval_text(interval: _Interval) -> str:
    """As ``EncodeInterval`` does it: a plus where the part before was negative, ``1 day`` and ``-1 days``."""
    for name, endless in _ENDLESS.items():
        if interval == endless:
            return name
    sign = -1 if interval.months < 0 else 1
    years, months = divmod(abs(interval.months), 12)
    parts: list[str] = []
    negative = False
    for number, unit in ((sign * years, "year"), (sign * months, "mon"), (interval.days, "day")):
        if number:
            parts.append(f"{'+' if negative and number > 0 else ''}{number} {unit}{'' if number == 1 else 's'}")
            negative = number < 0
    if interval.micros or not parts:
        mark = "-" if interval.micros < 0 else "+" if negative else ""
        parts.append(mark + _clock_text(abs(interval.micros)))
    return " ".join(parts)


INTERVAL = through(
    _parse_interval, _interval_text, lambda data: _Interval(*_SPAN.unpack(data)), lambda parts: _SPAN.pack(*parts)
)
