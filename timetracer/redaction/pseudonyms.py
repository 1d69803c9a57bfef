"""What stands on disk in the place of a secret, and how it is numbered.

Three forms, each valid where it stands, so that an app that is given one in a replay goes on working:

* ``redacted-<kind>-<n>``, safe in a header, a cookie, a URL and a JSON string;
* ``redacted-email-<n>@example.com``, which passes as an e-mail address;
* sixteen digits, ``999999`` and a number, which fail the Luhn check: for card numbers and whatever else is a number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from threading import Lock

from timetracer.redaction.echoes import Echoes

PSEUDONYM = re.compile(r"redacted-email-\d+(?:@|%40)example\.com|redacted-[a-z]+-\d+|(?<!\d)999999\d{10}(?!\d)")
"""Finds every form. What it matches is never redacted again."""

NAME = re.compile(r"redacted-[a-z]+-[0-9]+|(?<![0-9])999999[0-9]{10}(?![0-9])")
"""The name in a pseudonym: all of it, but for what makes it an e-mail address."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


class Pseudonyms:
    """The pseudonyms of one cassette, or of one replay: the same secret has the same one. Thread-safe.

    They live in memory only. Nothing derived from a secret but its number of appearance leaves this object.

    Args:
        taken: names (see `NAME`) that stand for something else already: those that a replay's answers give to the app.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = frozenset(taken)
        self._lock = Lock()
        self._pseudonyms: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self.echoes = Echoes()
        """The secrets that are looked for wherever else they may stand."""

    def of(self, secret: str, kind: str) -> str:
        """The pseudonym of `secret`, the next number of its form if it is new. `kind`: lower-case letters."""
        known = self._pseudonyms.get(secret)
        if known is not None:
            return known
        with self._lock:
            if secret not in self._pseudonyms:
                self._pseudonyms[secret] = self._next(secret, kind)
            return self._pseudonyms[secret]

    def learn(self, secret: str, kind: str) -> None:
        """From now on `secret` is one, wherever it stands."""
        self.of(secret, kind)
        self.echoes.add(secret, kind)

    def _next(self, secret: str, kind: str) -> str:
        is_number = kind == "card" or _NUMBER.fullmatch(secret) is not None
        counted = "number" if is_number else kind
        while True:
            self._counts[counted] += 1
            count = self._counts[counted]
            name = f"999999{count:010d}" if is_number else f"redacted-{kind}-{count}"
            if name not in self._taken and not (is_number and luhn(name)):
                return f"{name}@example.com" if kind == "email" and not is_number else name


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
