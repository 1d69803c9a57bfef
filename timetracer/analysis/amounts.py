"""Durations, moments and sizes as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache

MICROSECOND, MILLISECOND, SECOND = 1_000, 1_000_000, 1_000_000_000
MINUTE, HOUR = 60 * SECOND, 3_600 * SECOND
_UNITS = ((SECOND, "s"), (MILLISECOND, "ms"), (MICROSECOND, "µs"), (1, "ns"))
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def duration(ns: int, *, ascii_only: bool = False) -> str:
    """Nanoseconds in the unit that suits them, to three digits: ``45.1 ms``, ``1.24 s``, ``2m05s``, ``3h20m``."""
    if ns < 0:
        return "-" + duration(-ns, ascii_only=ascii_only)
    if ns >= HOUR:
        hours, minutes = divmod(round(ns / MINUTE), 60)
        return f"{hours:,}h{minutes:02}m"
    if ns >= 59_950 * MILLISECOND:
        minutes, seconds = divmod(round(ns / SECOND), 60)
        return f"{minutes}m{seconds:02}s" if minutes < 60 else "1h00m"
    for size, unit in _UNITS:
        if ns >= size * 0.9995 or size == 1:
            value = ns / size
            digits = 0 if size == 1 or value >= 99.95 else 1 if value >= 9.995 else 2
            return f"{value:.{digits}f} {_spelt(unit, ascii_only)}"
    raise AssertionError


def round_duration(ns: int, *, ascii_only: bool = False) -> str:
    """A round number of nanoseconds, exactly and without trailing zeros, for an axis: ``1.5 s``, ``200 ms``."""
    if ns == 0:
        return "0"
    if ns >= MINUTE and ns % SECOND == 0:
        return duration(ns)
    size, unit = next((size, unit) for size, unit in _UNITS if ns >= size)
    return f"{ns / size:g} {_spelt(unit, ascii_only)}"


def size(count: int) -> str:
    """Bytes, in powers of 1,000: ``0 B``, ``512 B``, ``2.05 kB``, ``10.0 MB``."""
    if count < 1_000:
        return f"{count} B"
    value, unit = next(
        (count / scale, unit)
        for scale, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
        if count >= scale * 0.9995
    )
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:,.{digits}f} {unit}"


def counted(count: int, noun: str) -> str:
    """``1 span``, ``2 spans``, ``10,000 spans``, ``2 processes``."""
    plural = "" if count == 1 else "es" if noun.endswith(("s", "x", "ch", "sh")) else "s"
    return f"{count:,} {noun}{plural}"


def moment(ns: int) -> str:
    """Nanoseconds since the epoch as UTC: ``2025-01-02 03:04:05.678``; ``-`` past the calendar's end."""
    days, rest = divmod(ns, 24 * HOUR)
    try:
        day = _day(days)
    except OverflowError:
        return "-"
    hours, minutes, seconds = rest // HOUR, rest // MINUTE % 60, rest // SECOND % 60
    return f"{day} {hours:02}:{minutes:02}:{seconds:02}.{rest // MILLISECOND % 1_000:03}"


@lru_cache(maxsize=64)
def _day(number: int) -> str:
    return (_EPOCH + timedelta(days=number)).date().isoformat()


def timestamp(ns: int) -> str:
    """Nanoseconds since the epoch in RFC 3339, with all nine digits; empty past the calendar's end."""
    try:
        return f"{_EPOCH + timedelta(seconds=ns // SECOND):%Y-%m-%dT%H:%M:%S}.{ns % SECOND:09}Z"
    except OverflowError:
        return ""


def _spelt(unit: str, ascii_only: bool) -> str:
    return "us" if ascii_only and unit == "µs" else unit
