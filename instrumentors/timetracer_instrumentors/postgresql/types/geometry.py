"""Points and what is made of them: their text, as the server writes it; in binary all are ``float8`` in a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from struct import Struct

from timetracer_instrumentors.postgresql.types.codec import Codec, through
from timetracer_instrumentors.postgresql.types.numbers import float_text

_NUMBER = re.compile(r"[^()\[\]{}<>,\s]+")
_COUNT = Struct("!i")


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(map(float, _NUMBER.findall(text)))


def _unpack(data: bytes) -> tuple[float, ...]:
    return Struct(f"!{len(data) // 8}d").unpack(data)


def _pack(numbers: Sequence[float]) -> bytes:
    return Struct(f"!{len(numbers)}d").pack(*numbers)


def _points(numbers: Sequence[float]) -> str:
    texts = [float_text(number) for number in numbers]
    return ",".join(f"({x},{y})" for x, y in zip(texts[::2], texts[1::2], strict=True))


def _fixed(count: int, show: Callable[[Sequence[float]], str]) -> Codec:
    def counted(numbers: Sequence[float]) -> str:
        if len(numbers) != count:
            raise ValueError(f"not {count} numbers")
        return show(numbers)

    return through(_numbers, counted, _unpack, _pack)


POINT = _fixed(2, _points)
LSEG = _fixed(4, lambda numbers: f"[{_points(numbers)}]")
BOX = _fixed(4, _points)
LINE = _fixed(3, lambda numbers: "{" + ",".join(map(float_text, numbers)) + "}")
CIRCLE = _fixed(3, lambda numbers: f"<{_points(numbers[:2])},{float_text(numbers[2])}>")


def _unpack_counted(data: bytes) -> tuple[float, ...]:
    numbers = _unpack(data[4:])
    if _COUNT.unpack_from(data)[0] * 2 != len(numbers):
        raise ValueError("another number of points")
    return numbers


def _pack_counted(numbers: Sequence[float]) -> bytes:
    return _COUNT.pack(len(numbers) // 2) + _pack(numbers)


POLYGON = through(_numbers, lambda numbers: f"({_points(numbers)})", _unpack_counted, _pack_counted)

_Path = tuple[bool, tuple[float, ...]]


def _unpack_path(data: bytes) -> _Path:
    return {0: False, 1: True}[data[0]], _unpack_counted(data[1:])


PATH: Codec = through(
    lambda text: (not text.startswith("["), _numbers(text)),
    lambda path: f"({_points(path[1])})" if path[0] else f"[{_points(path[1])}]",
    _unpack_path,
    lambda path: bytes([path[0]]) + _pack_counted(path[1]),
)
