"""The data of a binary COPY … FROM STDIN as it is compared: row by row, so that a moment or a UUID in it is seen.

What the columns are is not said on the wire, so nothing but such values has a meaning here. What reads alike has the
same bytes. Source: https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from struct import error
from uuid import UUID

from timetracer.cassette import values as plain
from timetracer.cassette.model import Plain
from timetracer_instrumentors.postgresql import messages

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""With no flags and no extension: nobody sends any."""
LIMIT = 4 * 1024 * 1024
"""Bytes; more are compared as they are."""
_EPOCH = datetime(2000, 1, 1)
_MOMENTS = range(*((datetime(year, 1, 1) - _EPOCH) // timedelta(microseconds=1) for year in (2001, 2100)))
"""µs since 2000, of a ``timestamp`` or ``timestamptz``. No text, number of 32 bits or double of 64 is within."""

_VERSIONS = range(1, 9)
"""Of a UUID (RFC 9562). No ASCII text has one."""


def comparable(data: bytes) -> str | bytes:
    """These data as JSON; as they are, if they are not in the binary format."""
    if not data.startswith(SIGNATURE) or len(data) > LIMIT:
        return data
    try:
        return plain.dumps([[_read(field) for field in row] for row in _rows(data)])
    except (error, messages.ProtocolError):
        return data


def _rows(data: bytes) -> Iterator[tuple[bytes | None, ...]]:
    at = len(SIGNATURE)
    while data[at : at + 2] != b"\xff\xff":
        row, at = messages.values(data, at)
        yield row
    if data[at + 2 :]:
        raise messages.ProtocolError("something after the end")


def _read(field: bytes | None) -> Plain:
    if field is None:
        return None
    if len(field) == 8 and (since := int.from_bytes(field, "big")) in _MOMENTS:
        return {"moment": str(_EPOCH + timedelta(microseconds=since))}
    if len(field) == 16 and (named := UUID(bytes=field)).version in _VERSIONS:
        return {"uuid": str(named)}
    try:
        return field.decode()
    except UnicodeDecodeError:
        return field
