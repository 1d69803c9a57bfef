"""Composite values, and others whose type has an OID that only their own database knows.

Their binary form tells what they are made of: composites and arrays carry the OIDs of their members, ``hstore`` holds
nothing but text. Their text form does not, and stays the text that it is: it has no way to the binary one.

Plain values: ``{"fields": [[oid, value], …]}``, ``{"of": oid, "items": [...]}``, ``{"hstore": {name: text or None}}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct
from typing import Any

from timetracer.cassette.places import is_object
from timetracer_instrumentors.postgresql.types import arrays
from timetracer_instrumentors.postgresql.types.codec import BINARY, TROUBLE, Codec, same
from timetracer_instrumentors.postgresql.types.ranges import quoted

_COUNT, _FIELD, _SIZE = Struct("!i"), Struct("!Ii"), Struct("!i")
_SPECIAL = frozenset('"\\(),' + arrays.SPACE)
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r")


def heart(data: bytes) -> str:
    """The binary form of an enum, a ``citext``, and whatever else is text at heart.

    Raises:
        ValueError: it is not.
    """
    if not _CONTROL.isdisjoint(data):
        raise ValueError("no text")
    return data.decode()


class Composites:
    """Reads and writes them, with the codecs of all other types at hand.

    Args:
        codecs: by OID.
    """

    def __init__(self, codecs: Mapping[int, Codec]) -> None:
        self._codecs = codecs
        self.record = Codec(same, self.write_text, self._read_record, self.write_binary)
        """Type 2249, ``record``."""
        self._unknown = Codec(same, self.write_text, lambda data: self.read(BINARY, data), self.write_binary)

    def read(self, form: int, data: bytes) -> Any:
        """A value of a type that is unknown."""
        if form != BINARY:
            return data.decode()
        for way in (heart, self._read_record, self._read_array, self._read_hstore):
            try:
                value: Any = way(data)
                if self.write_binary(value) == data:
                    return value
            except TROUBLE:
                continue
        raise ValueError("an unknown binary form")

    def write_binary(self, value: Any) -> bytes:
        """Raises one of `TROUBLE`: not what `read` gives."""
        if not is_object(value):
            return same(value).encode()
        if "fields" in value:
            return self._pack_record(value["fields"])
        if "of" in value:
            return arrays.packed(_array_in(value), value["of"], self._codec(value["of"]))
        return _pack_hstore(value["hstore"])

    def write_text(self, value: Any) -> str:
        """Raises one of `TROUBLE`: not what `read` gives."""
        if not is_object(value):
            return same(value)
        if "fields" in value:
            return f"({','.join(self._field_text(*field) for field in value['fields'])})"
        if "of" in value:
            return arrays.array(value["of"], self._codec(value["of"])).write_text(_array_in(value))
        return ", ".join(f"{_in_quotes(key)}=>{_in_quotes(item)}" for key, item in value["hstore"].items())

    def _codec(self, oid: int) -> Codec:
        return self._codecs.get(oid) or self._unknown

    # --- composites ------------------------------------------------------------------------------------------------

    def _read_record(self, data: bytes) -> dict[str, Any]:
        (count,) = _COUNT.unpack_from(data)
        at, fields = 4, list[Any]()
        for _ in range(count):
            oid, size = _FIELD.unpack_from(data, at)
            at += 8
            if oid not in self._codecs and oid < _FIRST_OF_USERS:
                raise ValueError("no such type")
            if size < 0:
                fields.append([oid, None])
                continue
            if at + size > len(data):
                raise ValueError("a field is longer than the whole")
            fields.append([oid, self._codec(oid).read_binary(data[at : at + size])])
            at += size
        if at != len(data):
            raise ValueError("more than a composite")
        return {"fields": fields}

    def _pack_record(self, fields: list[Any]) -> bytes:
        out = [_COUNT.pack(len(fields))]
        for oid, value in fields:
            data = None if value is None else self._codec(oid).write_binary(value)
            out += [_FIELD.pack(oid, -1)] if data is None else [_FIELD.pack(oid, len(data)), data]
        return b"".join(out)

    def _field_text(self, oid: int, value: Any) -> str:
        return "" if value is None else quoted(self._codec(oid).write_text(value), _SPECIAL)

    # --- arrays of types that are unknown --------------------------------------------------------------------------

    def _read_array(self, data: bytes) -> dict[str, Any]:
        oid = int.from_bytes(data[8:12], "big")
        if oid not in self._codecs and oid < _FIRST_OF_USERS:
            raise ValueError("no such type")
        found = arrays.unpacked(data, oid, self._codec(oid))
        return {"of": oid, **(found if isinstance(found, dict) else {"items": found})}

    # --- hstore ----------------------------------------------------------------------------------------------------

    def _read_hstore(self, data: bytes) -> dict[str, Any]:
        (count,) = _COUNT.unpack_from(data)
        pieces: list[str | None] = []
        at = 4
        for _ in range(count * 2):
            (size,) = _SIZE.unpack_from(data, at)
            at += 4
            if at + size > len(data):
                raise ValueError("a text is longer than the whole")
            pieces.append(data[at : at + size].decode() if size >= 0 else None)
            at += max(size, 0)
        if at != len(data):
            raise ValueError("more than an hstore")
        return {"hstore": {same(key): value for key, value in zip(pieces[::2], pieces[1::2], strict=True)}}


_FIRST_OF_USERS = 16384
"""``FirstNormalObjectId``: types that are not the server's own."""


def _array_in(value: dict[str, Any]) -> Any:
    return value if "lower" in value else value["items"]


def _pack_hstore(pairs: dict[str, str | None]) -> bytes:
    pack: Callable[[str | None], bytes] = lambda text: (  # noqa: E731
        _SIZE.pack(-1) if text is None else _SIZE.pack(len(encoded := text.encode())) + encoded
    )
    return _COUNT.pack(len(pairs)) + b"".join(pack(key) + pack(value) for key, value in pairs.items())


def _in_quotes(text: str | None) -> str:
    return "NULL" if text is None else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
