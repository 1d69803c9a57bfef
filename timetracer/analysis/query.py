"""The query language of filters and searches: ``dur>10ms status:error kind:db -lib:redis "out of stock"``.

Terms stand side by side, and all must hold. ``-`` before a term: it must not hold. ``field:a,b``: one of several.
Text is found anywhere in a value, whatever its case; ``*`` stands for anything in it. ``=`` wants the whole value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import translate
from typing import Final, TypeAlias

Value: TypeAlias = "str | int | float"
Lookup: TypeAlias = Callable[[str], Iterable[Value]]
"""Field -> the values that something has there; nothing where it has none."""

_TERM: Final = re.compile(r'(-?)(?:([A-Za-z_][\w.\-]*)(:|>=|<=|>|<|=))?((?:"[^"]*"|[^\s"])+)')
_AMOUNT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Zµ]*)")
_UNITS: Final = {
    "": 1,
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3_600 * 10**9,
    "d": 86_400 * 10**9,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
}
ALIASES: Final = {
    "duration": "dur",
    "took": "dur",
    "library": "lib",
    "title": "name",
    "operation": "name",
    "err": "error",
    "is": "has",
}
TEXT: Final = "text"
"""The field of a term that names none."""


class QueryError(ValueError):
    """A query that cannot be understood; says where and why."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition."""

    field: str
    sign: str
    """``:``, ``=``, ``<``, ``<=``, ``>`` or ``>=``."""
    values: tuple[str, ...]
    negated: bool

    def holds(self, lookup: Lookup) -> bool:
        """Whether it holds of what `lookup` looks into."""
        found = list(lookup(self.field))
        if self.sign in (":", "="):
            held = any(_equal(value, wanted, whole=self.sign == "=") for value in found for wanted in self.values)
        else:
            limit = amount(self.values[0])
            held = any(_compared(value, self.sign, limit) for value in found)
        return held != self.negated


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked, ready to be held against things."""

    terms: tuple[Term, ...] = ()

    def holds(self, lookup: Lookup) -> bool:
        """Whether all terms hold."""
        return all(term.holds(lookup) for term in self.terms)

    @property
    def texts(self) -> list[str]:
        """What must stand somewhere in the text: the values of plain terms, for a quick look beforehand."""
        return [
            term.values[0]
            for term in self.terms
            if term.field == TEXT and term.sign == ":" and len(term.values) == 1 and not term.negated
        ]


def parsed(text: str, fields: Iterable[str]) -> Query:
    """A query from its text.

    Args:
        fields: those that there are. A name with a dot is an attribute's, and always there.

    Raises:
        QueryError: an unknown field, or no number where one is compared.
    """
    known = {*fields, TEXT}
    terms: list[Term] = []
    position = 0
    while position < len(text):
        found = _TERM.match(text, position)
        if found is None:
            if not text[position].isspace():
                raise QueryError(f"a quote has no end, from {text[position : position + 20]!r} on")
            position += 1
            continue
        position = found.end()
        minus, field, sign, rest = found.groups()
        field = ALIASES.get(field.lower(), field) if field else TEXT
        if field not in known and "." not in field:
            raise QueryError(f"there is no field {field!r}; there are {', '.join(sorted(known))}, and attributes (a.b)")
        values = _values(rest) if sign in (":", "=") else (rest.replace('"', ""),)
        term = Term(field, sign or ":", values, bool(minus))
        if term.sign in ("<", "<=", ">", ">="):
            amount(term.values[0])
        terms.append(term)
    return Query(tuple(terms))


def amount(text: str) -> float:
    """``10ms`` in ns, ``2kB`` in bytes, a number as it is.

    Raises:
        QueryError: it is none.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or found[2].lower() not in _UNITS:
        raise QueryError(f"{text!r} is no amount, such as 10ms, 1.5s, 2kB or 500")
    return float(found[1]) * _UNITS[found[2].lower()]


def _values(rest: str) -> tuple[str, ...]:
    """``a,"b,c"`` is ``a`` and ``b,c``."""
    parts = re.findall(r'(?:"[^"]*"|[^,"])+', rest)
    return tuple(part.replace('"', "") for part in parts) or ("",)


def _equal(value: Value, wanted: str, *, whole: bool) -> bool:
    if not isinstance(value, str):
        try:
            return value == amount(wanted)
        except QueryError:
            return False
    value, wanted = value.casefold(), wanted.casefold()
    if "*" in wanted:
        pattern = translate(wanted if whole else f"*{wanted}*")
        return re.match(pattern, value) is not None
    return value == wanted if whole else wanted in value


def _compared(value: Value, sign: str, limit: float) -> bool:
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) < 20):
            return False
        value = int(value)
    if sign == ">":
        return value > limit
    if sign == ">=":
        return value >= limit
    return value < limit if sign == "<" else value <= limit
