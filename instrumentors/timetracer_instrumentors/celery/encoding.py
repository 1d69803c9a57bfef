"""Arguments and results as JSON, equal in value and type where they come back, and shown where they cannot.

Plain values are written as `timetracer.cassette.values` writes them. Of other types, those that are registered with
kombu (``kombu.utils.json.register_type``) are written by kombu as on its wire, ``{"__type__": …, "__value__": …}``, and
the app's own registry turns them back. What is left is shown: it can be read, and compared, and not be built again.
Nothing is pickled, nothing unpickled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import orjson

from timetracer.cassette import values
from timetracer.cassette.model import Plain
from timetracer.errors import ReplayError
from timetracer_instrumentors.celery.untyped import ResultBase, Signature, kombu_json

SHOWN = "timetracer.shown"
"""The ``__type__`` of what can only be shown."""

_ENVELOPE = {"__type__", "__value__"}
_SCALARS = frozenset({type(None), bool, int, float, str, bytes, Decimal, datetime, date, time, timedelta, UUID})
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def encoded(value: Any, *, exact: bool = True) -> bytes:
    """A value as one line of JSON.

    Args:
        value: anything.
        exact: what JSON would silently make something else of (an ``IntEnum``, a named tuple) is shown. Not so for what
            is sent, and never built again: there it is what the app's serialiser makes of it.
    """
    try:
        return values.dumps(_packed(value, exact)).encode()
    except (ValueError, RecursionError):  # nested too deep
        return values.dumps(_shown(value)).encode()


def decoded(line: bytes | None) -> Any:
    """The value that `encoded` wrote.

    Raises:
        ReplayError: something in it could only be shown; or it is no such line.
    """
    try:
        return _unpacked(values.loads((line or b"null").decode()), "")
    except ValueError as error:
        raise ReplayError(f"this is no recorded value of Celery: {error}") from None


def _packed(value: Any, exact: bool) -> Plain:
    kind = cast("Any", type(value))
    if kind in _SCALARS:
        return value  # type: ignore[no-any-return]
    if kind is list or kind is tuple:
        return cast("Plain", kind([_packed(item, exact) for item in value]))
    if kind is dict or isinstance(value, Signature):  # signatures arrive as dicts
        return _packed_dict(value, exact)
    if kind in (set, frozenset):
        return cast("Plain", value) if all(map(_lasting, value)) else _shown(value)
    if isinstance(value, ResultBase):
        return _packed(value.as_tuple(), exact)
    return _by_kombu(value, exact)


def _packed_dict(value: dict[Any, Any], exact: bool) -> Plain:
    if not all(map(_lasting, value)):
        return _shown(value)
    return {key: _packed(item, exact) for key, item in value.items()}


def _lasting(member: Any) -> bool:
    """Whether a member of a set, or a key, comes back as one."""
    kind = cast("Any", type(member))
    return kind in _SCALARS or (kind is tuple and all(map(_lasting, member)))


def _by_kombu(value: Any, exact: bool) -> Plain:
    """What kombu's JSON serialiser sends of it."""
    try:
        sent: Any = orjson.loads(kombu_json.dumps(value))
    except (TypeError, ValueError):
        return _shown(value)
    if exact and not (isinstance(sent, dict) and cast("dict[str, Any]", sent).keys() == _ENVELOPE):
        return _shown(value)
    return cast("Plain", sent)


def _shown(value: Any) -> Plain:
    return {"__type__": SHOWN, "__value__": _ADDRESS.sub("", repr(value))[:1000]}


def _unpacked(value: Any, place: str) -> Any:
    if isinstance(value, dict):
        items = cast("Mapping[Any, Any]", value)
        if set(items) == _ENVELOPE:
            return _built(items, place)
        return {key: _unpacked(item, f"{place}.{key}" if place else str(key)) for key, item in items.items()}
    if isinstance(value, list | tuple | set | frozenset):
        sequence = cast("list[Any]", value)
        return type(sequence)([_unpacked(item, f"{place}[{number}]") for number, item in enumerate(sequence)])
    return value


def _built(envelope: Mapping[Any, Any], place: str) -> Any:
    kind, content = envelope["__type__"], _unpacked(envelope["__value__"], place)
    if kind == SHOWN:
        raise ReplayError(
            f"{place or 'the value'} was recorded as {content!r}, of a type that JSON has no word for, and cannot be"
            " built again; teach it to kombu with kombu.utils.json.register_type, and record it again"
        )
    try:
        return kombu_json.object_hook({"__type__": kind, "__value__": content})
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ReplayError(
            f"{place or 'the value'} was recorded as a {kind!r} of kombu's, which cannot be built here ({error}); it is"
            " registered with kombu.utils.json.register_type where it was recorded"
        ) from None
