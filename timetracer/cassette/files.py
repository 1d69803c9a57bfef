"""Cassette files: read whole, written atomically; the suffix picks layout and compression."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from timetracer.cassette import compression, layouts
from timetracer.cassette.model import Cassette
from timetracer.errors import CassetteNotFound, StoreError

SUFFIXES: Final = tuple(
    layout + packed for layout in (layouts.DOCUMENT, layouts.LINES) for packed in ("", *compression.SUFFIXES)
)
"""What a cassette file may end in."""


def read(path: str | Path, limit: int = compression.LIMIT) -> list[Cassette]:
    """The cassettes of a file, in its order. A git document of ours has one.

    Args:
        limit: bytes that it may have when decompressed.

    Raises:
        CassetteNotFound: there is no such file.
        CassetteDamaged: it is not a cassette.
        CassetteTooNew: it was written by a newer Timetracer.
        StoreError: it cannot be opened.
    """
    source = str(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(limit + 1)
    except (FileNotFoundError, ValueError):  # a path with a NUL is a ValueError
        raise CassetteNotFound(source, "there is no such cassette") from None
    except OSError as cause:
        raise StoreError(f"{source}: cannot be read: {cause.strerror}") from cause
    return decode(data, source, limit)


def decode(data: bytes, path: str | Path, limit: int = compression.LIMIT) -> list[Cassette]:
    """The cassettes in the bytes of a file at `path`; see `read`."""
    source = str(path)
    return layouts.decode(compression.decompress(data, source, limit), source)


def write(path: str | Path, cassette: Cassette) -> None:
    """Write one cassette, whole or not at all. The directory is made if need be.

    Raises:
        ValueError: a value in it has no place in a cassette, or the suffix is none of `SUFFIXES`.
        StoreError: the file cannot be written (no space, no permission); what was there before is untouched.
    """
    replace(path, encode(cassette, Path(path).name))


def encode(cassette: Cassette, name: str) -> bytes:
    """The bytes of a file called `name`."""
    for layout, write_layout in ((layouts.LINES, layouts.encode_line), (layouts.DOCUMENT, layouts.encode_document)):
        for packed in ("", *compression.SUFFIXES):
            if name.endswith(layout + packed):
                return compression.compress(write_layout(cassette), packed)
    raise ValueError(f"{name}: a cassette file ends in one of {', '.join(SUFFIXES)}")


def replace(path: str | Path, data: bytes) -> None:
    """Put `data` in the place of what is at `path`, in one step: a reader sees the old file or the new one."""
    path = Path(path)
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(data)
        temporary.replace(path)
    except BaseException as cause:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(cause, OSError):
            raise StoreError(f"{path}: cannot be written: {cause.strerror or cause}") from cause
        raise
