"""What it takes to read and write one type: both its forms, text and binary."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import InvalidOperation
from typing import Any, TypeVar

TEXT, BINARY = 0, 1
"""Format codes, as the protocol has them."""

TROUBLE = (
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    AttributeError,
    RecursionError,
    struct.error,
    InvalidOperation,
)
"""What a codec raises for a value or for bytes that it cannot cope with."""

_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True, slots=True)
class Codec:
    """Both forms of one type. A function that cannot cope raises one of `TROUBLE`.

    ``read_text`` may be lenient: clients write more loosely than the server.
    """

    read_text: Callable[[str], Any]
    write_text: Callable[[Any], str]
    read_binary: Callable[[bytes], Any]
    write_binary: Callable[[Any], bytes]


def through(
    parse: Callable[[str], _Parsed],
    show: Callable[[_Parsed], str],
    unpack: Callable[[bytes], _Parsed],
    pack: Callable[[_Parsed], bytes],
) -> Codec:
    """A type whose plain value is its text, as the server writes it; its binary form says the same in another way."""

    def again(value: str) -> str:
        return show(parse(value))

    return Codec(again, again, lambda data: show(unpack(data)), lambda value: pack(parse(value)))


def same(value: Any) -> str:
    """A text, and nothing else."""
    if type(value) is not str:
        raise ValueError("not text")
    return value


def _unreadable(_: Any) -> Any:
    raise ValueError("its binary form is not understood")


STRING = Codec(same, same, bytes.decode, lambda value: same(value).encode())
"""What is text in both forms."""
TEXT_ONLY = Codec(same, same, _unreadable, _unreadable)
"""What is readable as text; its binary form stays raw."""
