"""PostgreSQL's types: a value's bytes, in text or binary form, as a plain value, and back to the very same bytes.

Both forms of a value come to the same plain value, so that what one driver recorded in binary answers another that asks
for text. What would not come back to the same bytes stays raw: ``{"raw": "…"}`` for text, ``{"raw": b"…"}`` otherwise.
Source of the forms: the types' ``*_in``, ``*_out``, ``*_recv`` and ``*_send`` functions,
https://www.postgresql.org/docs/current/datatype.html
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from functools import partial
from typing import Any

from timetracer.cassette.model import Plain
from timetracer.cassette.places import is_list, is_object
from timetracer_instrumentors.postgresql.types.catalog import CODECS, COMPOSITES
from timetracer_instrumentors.postgresql.types.codec import BINARY, TEXT, TROUBLE
from timetracer_instrumentors.postgresql.types.columns import cells

__all__ = [
    "BINARY",
    "CODECS",
    "TEXT",
    "TROUBLE",
    "canonical",
    "cells",
    "decode",
    "encode",
    "is_bound_to_form",
    "read",
    "writer",
]

DEPTH = 60
"""Lists and objects within each other in one value; what is deeper stays raw."""


def decode(oid: int, form: int, data: bytes) -> Plain:
    """The plain value of these bytes, if encoding it again gives the same bytes; else they stay raw."""
    try:
        value: Plain = _read(oid, form, data)
        if _write(oid, form, value) == data:
            return value
    except TROUBLE:
        pass
    return _raw(form, data)


def read(oid: int, form: int, data: bytes) -> Plain:
    """The plain value of what a client wrote, however it spelled it; raw, where it cannot be read at all."""
    try:
        value: Plain = _read(oid, form, data)
        return value
    except TROUBLE:
        return _raw(form, data)


def encode(oid: int, form: int, value: Plain, was: int | None = None) -> bytes:
    """The bytes of a value that `decode` gave.

    Args:
        oid: its type.
        form: in which it is wanted.
        value: the value.
        was: the form from which it was decoded, if it is known. Raw bytes and the text of a type that only its own
            database knows have no other.

    Raises:
        ValueError: the value does not fit the type, or cannot be had in this form.
    """
    if isinstance(value, dict) and "raw" in value:
        return _as_it_was(value["raw"], form, was)
    if oid not in CODECS and isinstance(value, str) and form == BINARY and was == TEXT:
        raise ValueError(f"the binary form of type {oid} is not known from its text")
    try:
        return _write(oid, form, value)
    except TROUBLE as cause:
        raise ValueError(f"{value!r} does not fit the type {oid}: {cause}") from None


def writer(oid: int, form: int) -> Callable[[Any], bytes]:
    """Quicker than `encode` for the values of one column. Raises one of TROUBLE: `encode` knows more."""
    codec = CODECS.get(oid)
    if codec is None:
        return _unknown
    return codec.write_binary if form == BINARY else partial(_as_text, codec.write_text)


def _as_text(write: Callable[[Any], str], value: Any) -> bytes:
    return write(value).encode()


def _unknown(_: Any) -> bytes:
    raise ValueError("a type that only its own database knows")


def is_bound_to_form(oid: int, value: Plain) -> bool:
    """Whether `encode` wants to know in which form the value was."""
    return (isinstance(value, dict) and "raw" in value) or (oid not in CODECS and isinstance(value, str))


def canonical(oid: int, value: Plain) -> Plain:
    """What a value of `read` is compared by: the same for both forms, whatever time zone or spelling it came in."""
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, dict) and "raw" in value:
        return value["raw"]
    codec = CODECS.get(oid)
    if codec is None:
        return _flat(value)
    with suppress(*TROUBLE):
        value = codec.read_binary(codec.write_binary(value))
    try:
        return _flat(value) if isinstance(value, (datetime, list, dict)) else codec.write_text(value)
    except TROUBLE:
        return _flat(value)


def _flat(value: Any) -> Plain:
    if is_list(value):
        return [_flat(item) for item in value]
    if is_object(value):
        return value
    if isinstance(value, datetime):
        return str(value.astimezone(timezone.utc) if value.tzinfo else value)
    return value if isinstance(value, bytes) or value is None else str(value)


def _raw(form: int, data: bytes) -> Plain:
    if form == TEXT:
        try:
            return {"raw": data.decode()}
        except UnicodeDecodeError:
            pass
    return {"raw": data}


def _as_it_was(raw: Plain, form: int, was: int | None) -> bytes:
    if isinstance(raw, str):
        raw, was = raw.encode(), TEXT
    if not isinstance(raw, bytes) or was != form:
        raise ValueError("raw bytes, which have no other form")
    return raw


def _read(oid: int, form: int, data: bytes) -> Any:
    codec = CODECS.get(oid)
    if codec is None:
        value = COMPOSITES.read(form, data)
    else:
        value = codec.read_text(data.decode()) if form == TEXT else codec.read_binary(data)
    _measure(value, DEPTH)
    return value


def _measure(value: Any, room: int) -> None:
    if room < 0:
        raise ValueError("nested too deeply to be read by people")
    if is_object(value) or is_list(value):
        for item in value.values() if is_object(value) else value:
            _measure(item, room - 1)


def _write(oid: int, form: int, value: Any) -> bytes:
    codec = CODECS.get(oid)
    if codec is None:
        return COMPOSITES.write_text(value).encode() if form == TEXT else COMPOSITES.write_binary(value)
    return codec.write_text(value).encode() if form == TEXT else codec.write_binary(value)
