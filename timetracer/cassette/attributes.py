"""OTLP attributes (lists of ``KeyValue``) and the ``AnyValue`` in them, as plain dicts, and back.

The encoding is OTLP/JSON: the Protobuf JSON mapping, with 64-bit integers as decimal strings and NaN and the infinities
as words (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from math import inf, isfinite, nan
from typing import Any, Final

from timetracer.cassette.model import AttributeValue
from timetracer.cassette.places import Wrong, is_list, is_object, shown

DEPTH: Final = 32
"""Levels that lists and maps in an attribute may have."""

_DIGITS: Final = re.compile("-?[0-9]{1,20}").fullmatch
_WORDS: Final = {"NaN": nan, "Infinity": inf, "-Infinity": -inf}


def write(attributes: Mapping[str, AttributeValue], room: int = DEPTH) -> list[dict[str, Any]]:
    """The list of ``KeyValue``.

    Raises:
        ValueError: a value is nothing that OTLP can say.
    """
    return [
        {"key": key, "value": {"stringValue": value} if type(value) is str else _write_value(value, room)}
        for key, value in attributes.items()
    ]


def read(items: Any, name: str = "attributes", room: int = DEPTH) -> dict[str, AttributeValue]:
    """The attributes of a list of ``KeyValue`` called `name`. Of equal keys, which OTLP forbids, the last one counts.

    Raises:
        Wrong: it is not such a list.
    """
    found: dict[str, AttributeValue] = {}
    if items is None:
        return found
    if not is_list(items):
        raise Wrong(f"expected a list, not {shown(items)}", name)
    index, item = -1, None
    try:
        for item in items:
            index += 1
            key, value = item["key"], item.get("value")
            if type(key) is not str:
                raise Wrong(f"the key must be a string, not {shown(key)}")
            content = value.get("stringValue") if value else None
            found[key] = content if type(content) is str else _read_value(value, room)
    except (KeyError, TypeError, AttributeError):
        raise Wrong(f'expected {{"key": …, "value": {{…}}}}, not {shown(item)}', f"{name}[{index}]") from None
    except Wrong as wrong:
        raise wrong.within(f"{name}[{index}]") from None
    return found


def integer(value: object, lowest: int = 0) -> int:
    """An integer as OTLP writes it: decimal digits in a string, or (lenient, as the specification asks) a number."""
    if type(value) is str and _DIGITS(value):
        value = int(value)
    if type(value) is int and lowest <= value < 1 << 64:
        return value
    raise Wrong(f"expected an integer of 64 bits, not {shown(value)}")


def _write_value(value: AttributeValue, room: int) -> dict[str, Any]:
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        # OTLP has no word for more than 64 bits: better as text than lost.
        return {"intValue": str(value)} if -(1 << 63) <= value < 1 << 63 else {"stringValue": hex(value)}
    if isinstance(value, float):
        return {"doubleValue": value if isfinite(value) else _word(value)}
    if isinstance(value, bytes):
        return {"bytesValue": b64encode(value).decode()}
    if value is None:
        return {}
    if room <= 0:
        raise ValueError(f"an attribute is nested deeper than {DEPTH} levels")
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": write(value, room - 1)}}
    return {"arrayValue": {"values": [_write_value(item, room - 1) for item in value]}}


def _word(value: float) -> str:
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"  # noqa: PLR0124


def _read_value(value: Any, room: int) -> AttributeValue:
    if room <= 0:
        raise Wrong(f"nested deeper than {DEPTH} levels")
    if value is None or value == {}:
        return None
    if not is_object(value):
        raise Wrong(f"expected an OTLP value, not {shown(value)}")
    for kind, content in value.items():
        read_kind = _KINDS.get(kind)
        if read_kind is not None:
            return read_kind(content, room)
    raise Wrong(f"expected an OTLP value, not an object with {str([*value])[:60]}")


def _read_string(content: Any, _room: int) -> str:
    if type(content) is str:
        return content
    raise Wrong(f"expected a string, not {shown(content)}")


def _read_boolean(content: Any, _room: int) -> bool:
    if type(content) is bool:
        return content
    raise Wrong(f"expected a boolean, not {shown(content)}")


def _read_double(content: Any, _room: int) -> float:
    if type(content) in (float, int):
        return float(content)
    if type(content) is str and content in _WORDS:
        return _WORDS[content]
    raise Wrong(f"expected a number, not {shown(content)}")


def _read_bytes(content: Any, _room: int) -> bytes:
    try:
        return b64decode(content, validate=True)
    except (TypeError, ValueError):
        raise Wrong(f"expected base64, not {shown(content)}") from None


def _read_array(content: Any, room: int) -> list[AttributeValue]:
    items = content.get("values", []) if is_object(content) else None
    if not is_list(items):
        raise Wrong(f'expected {{"values": […]}}, not {shown(content)}')
    return [_read_value(item, room - 1) for item in items]


def _read_map(content: Any, room: int) -> dict[str, AttributeValue]:
    if not is_object(content):
        raise Wrong(f'expected {{"values": […]}}, not {shown(content)}')
    return read(content.get("values"), "values", room - 1)


_KINDS: Final[dict[str, Callable[[Any, int], AttributeValue]]] = {
    "stringValue": _read_string,
    "boolValue": _read_boolean,
    "intValue": lambda content, _room: integer(content, -(1 << 63)),
    "doubleValue": _read_double,
    "bytesValue": _read_bytes,
    "arrayValue": _read_array,
    "kvlistValue": _read_map,
}
