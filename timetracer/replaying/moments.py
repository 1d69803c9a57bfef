"""Timestamps in requests: what moment a text means, and whether it moved only because the clock did."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

SECOND = 1_000_000_000
"""ns."""
DAY = 86_400 * SECOND
TOLERANCE = 2 * SECOND
"""How far (ns) a timestamp may stray: the time from reading the clock to the call is not always the same."""
_REPLAY_CLOCK = 3600 * SECOND
"""Two nows closer than this (ns) belong to a clock that replays the recorded time."""
_EPOCH_UNITS = {10: SECOND, 13: 1_000_000, 16: 1_000, 19: 1}
_ISO = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T +](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_NAMED_TIME = re.compile(
    r"(?i:time|(?<!up)date|stamp|expir|since|until|deadline|epoch)|(?:^|_)(?:ts|at|exp|iat|nbf)$|(?:At|Ts)$"
)


@dataclass(slots=True, frozen=True)
class Moment:
    """A point in time (ns since the epoch; UTC where no zone is given) and the finest step its text can show (ns)."""

    time: int
    grain: int


def moment(text: str, shape: str) -> Moment | None:
    """What a token of kind ``time`` means; None if there is no such date."""
    try:
        if shape == "epoch":
            whole, _, fraction = text.partition(".")
            unit = _EPOCH_UNITS[len(whole)]
            return Moment(
                int(whole) * unit + int(fraction.ljust(9, "0")) * unit // SECOND if fraction else int(whole) * unit,
                unit,
            )
        if shape == "http_date":
            return Moment(int(parsedate_to_datetime(unquote(text).replace("+", " ")).timestamp()) * SECOND, SECOND)
        return _iso(text)
    except (ValueError, KeyError, OverflowError):
        return None


def _iso(text: str) -> Moment | None:
    match = _ISO.fullmatch(unquote(text) if "%" in text else text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    leap = second == "60"  # RFC 3339 knows leap seconds, datetime does not
    whole = datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        59 if leap else int(second or 0),
        tzinfo=timezone.utc,
    )
    time = int(whole.timestamp()) * SECOND + int((fraction or "").ljust(9, "0")) + (SECOND if leap else 0)
    if zone and zone != "Z":
        offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        time -= (offset if zone[0] == "+" else -offset) * SECOND
    return Moment(time, DAY if hour is None else 60 * SECOND if second is None else SECOND)


def plausible(found: Moment, shape: str, name: str, now: int) -> bool:
    """Whether a token is a time. A bare number is if its field's name says so, or if it is within an hour of now.

    Args:
        name: the last step of the field's path: ``expires_at``.
        now: ns since the epoch.
    """
    return shape != "epoch" or abs(found.time - now) <= 3600 * SECOND or _NAMED_TIME.search(name) is not None


def strayed(recorded: Moment, live: Moment, recorded_now: int, live_now: int) -> int | None:
    """How far (ns) a live timestamp is from where it is expected; None if that is too far, or if there is no clock.

    A timestamp moves with the clock. Where the replayed clock is close to the recorded one, the two drift apart during
    the run (a slow answer is replayed at once): what was read at its start has moved by less than what is read now.
    """
    if not live_now or not recorded_now:
        return None
    if DAY in (recorded.grain, live.grain):
        same_offset = live.time // DAY - live_now // DAY == recorded.time // DAY - recorded_now // DAY
        return 0 if same_offset else None
    moved, drift = live.time - recorded.time, live_now - recorded_now
    low, high = (min(0, drift), max(0, drift)) if abs(drift) <= _REPLAY_CLOCK else (drift, drift)
    stray = max(low - moved, moved - high, 0)
    return stray if stray <= max(TOLERANCE, recorded.grain, live.grain) else None
