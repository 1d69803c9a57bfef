"""JSON as it was sent, for looking at: numbers as written, duplicate keys kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias


class Number(str):
    """A number as it was written: 23 digits stay 23 digits, and ``1.10`` is not ``1.1``."""

    __slots__ = ()


@dataclass(slots=True, frozen=True)
class Object:
    """An object with its pairs in their order."""

    pairs: list[tuple[str, Json]]


Json: TypeAlias = "Object | list[Json] | str | Number | bool | None"

_DECODER = json.JSONDecoder(object_pairs_hook=Object, parse_float=Number, parse_int=Number, parse_constant=Number)


def parsed(text: str) -> Object | list[Json] | None:
    """The object or array that a text is; None if it is neither, or nested past what can be shown."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found: Object | list[Json] = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return found
