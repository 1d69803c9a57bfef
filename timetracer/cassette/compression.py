"""Zstandard (``.zst``, RFC 8878) and gzip (``.gz``, RFC 1952): by suffix to write, by the first bytes to read.

A file can claim to be small and grow without end, so decoding stops at a limit and never takes memory ahead of it.
"""

from __future__ import annotations

import gzip
import zlib
from typing import Final, Protocol

import zstandard

from timetracer.errors import CassetteDamaged

LIMIT: Final = 512 * 1024 * 1024
"""Bytes that a file may have when decoded."""

LEVEL: Final = 3
"""Of zstd: its own default."""

SUFFIXES: Final = (".zst", ".gz")

_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_GZIP: Final = b"\x1f\x8b"
# The shortest zstd block, 4 bytes, grows to 128 KiB: what one piece can become bounds the overshoot (32 MiB).
_PIECE: Final = 1024
_WINDOW: Final = 128 * 1024 * 1024


def compress(data: bytes, suffix: str, dictionary: zstandard.ZstdCompressionDict | None = None) -> bytes:
    """Compressed for a file that ends in `suffix`; as it is where that is none of `SUFFIXES`.

    Equal data gives equal bytes.
    """
    if suffix == ".zst":
        return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True, dict_data=dictionary).compress(data)
    return gzip.compress(data, compresslevel=6, mtime=0) if suffix == ".gz" else data


def decompress(
    data: bytes, source: str, limit: int = LIMIT, dictionary: zstandard.ZstdCompressionDict | None = None
) -> bytes:
    """Decoded, whatever it is coded in; data that has no such first bytes is returned as it is.

    Args:
        source: the file, for messages.
        limit: bytes the result may have.

    Raises:
        CassetteDamaged: broken off, corrupt or larger than `limit`.
    """
    if not data.startswith((_ZSTD, _GZIP)):
        if len(data) > limit:
            raise _too_large(source, limit)
        return data
    decoded = bytearray()
    rest = memoryview(data)
    try:
        while rest:  # both formats may be concatenated
            rest = _decode_one(_decoder(bytes(rest[:2]), dictionary), rest, decoded, source, limit)
    except (zlib.error, zstandard.ZstdError, MemoryError) as cause:
        raise CassetteDamaged(source, f"cannot be decompressed: {cause}") from None
    return bytes(decoded)


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: memoryview, /) -> bytes: ...


def _decoder(magic: bytes, dictionary: zstandard.ZstdCompressionDict | None) -> _Decoder:
    if magic == _GZIP:
        return zlib.decompressobj(wbits=31)
    return zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=_WINDOW).decompressobj()


def _decode_one(decoder: _Decoder, rest: memoryview, decoded: bytearray, source: str, limit: int) -> memoryview:
    """Decode one member or frame onto `decoded`; what follows it."""
    position = 0
    while not decoder.eof:
        if position >= len(rest):
            raise CassetteDamaged(source, "compressed data breaks off")
        decoded += decoder.decompress(rest[position : position + _PIECE])
        position += _PIECE
        if len(decoded) > limit:
            raise _too_large(source, limit)
    return rest[min(position, len(rest)) - len(decoder.unused_data) :]


def _too_large(source: str, limit: int) -> CassetteDamaged:
    return CassetteDamaged(source, f"larger than {limit:,} bytes when decoded")
