"""Compressed data: both formats, told by their first bytes; bombs, breaks and rot."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from timetracer.cassette import compression
from timetracer.errors import CassetteDamaged

DATA = b'{"resourceSpans":[]}\n' * 10_000
MIB = 1024 * 1024


@pytest.mark.parametrize("suffix", ["", ".zst", ".gz", ".json"])
def test_there_and_back(suffix: str) -> None:
    packed = compression.compress(DATA, suffix)
    assert compression.decompress(packed, "a") == DATA
    assert (len(packed) < len(DATA) / 100) == (suffix in compression.SUFFIXES)


@pytest.mark.parametrize("suffix", compression.SUFFIXES)
def test_equal_data_gives_equal_bytes(suffix: str) -> None:
    assert compression.compress(DATA, suffix) == compression.compress(DATA, suffix)


def test_gzip_says_no_time() -> None:
    assert compression.compress(DATA, ".gz")[4:8] == b"\0\0\0\0"


@pytest.mark.parametrize("suffix", compression.SUFFIXES)
def test_empty_data(suffix: str) -> None:
    assert compression.decompress(compression.compress(b"", suffix), "a") == b""


def test_what_other_programs_write_one_after_the_other() -> None:
    """``zstd`` without sizes, ``cat a.gz b.zst``, several threads of ``pzstd``."""
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(DATA)
    skippable = b"\x50\x2a\x4d\x18\x03\0\0\0abc"
    packed = unsized + gzip.compress(b"one") + zstandard.compress(b"two") + skippable + zstandard.compress(b"")
    assert compression.decompress(packed, "a") == DATA + b"onetwo"


@given(st.binary(), st.sampled_from(compression.SUFFIXES), st.integers(1, 30))
def test_what_breaks_off_is_never_taken_for_whole(data: bytes, suffix: str, missing: int) -> None:
    packed = compression.compress(data, suffix)
    cut = packed[: -min(missing, len(packed) - 4)]
    with pytest.raises(CassetteDamaged, match="breaks off"):
        compression.decompress(cut, "a")


@pytest.mark.parametrize("suffix", compression.SUFFIXES)
def test_a_flipped_bit_is_noticed(suffix: str) -> None:
    packed = bytearray(compression.compress(bytes(range(256)) * 8, suffix))
    packed[len(packed) // 2] ^= 1
    with pytest.raises(CassetteDamaged, match=r"^shop\.json: cannot be decompressed"):
        compression.decompress(bytes(packed), "shop.json")


@pytest.mark.parametrize("suffix", compression.SUFFIXES)
def test_garbage_at_the_end(suffix: str) -> None:
    with pytest.raises(CassetteDamaged, match="cannot be decompressed"):
        compression.decompress(compression.compress(DATA, suffix) + b"garbage, garbage", "a")


def bomb(suffix: str, mebibytes: int) -> bytes:
    piece = b" " * MIB
    if suffix == ".gz":
        coder = zlib.compressobj(9, wbits=31)
        return b"".join([*(coder.compress(piece) for _ in range(mebibytes)), coder.flush()])
    packer = zstandard.ZstdCompressor(level=19).compressobj()
    return b"".join([*(packer.compress(piece) for _ in range(mebibytes)), packer.flush()])


@pytest.mark.parametrize("suffix", compression.SUFFIXES)
def test_a_bomb_stops_at_the_limit_in_bounded_memory(suffix: str) -> None:
    packed = bomb(suffix, 1024 if suffix == ".zst" else 256)
    tracemalloc.start()
    try:
        with pytest.raises(CassetteDamaged, match=r"larger than 8,388,608 bytes when decoded"):
            compression.decompress(packed, "a", limit=8 * MIB)
        assert tracemalloc.get_traced_memory()[1] < 120 * MIB
    finally:
        tracemalloc.stop()


def test_a_size_that_a_header_claims_is_not_believed() -> None:
    """A frame that says it holds 2**40 bytes, and holds three."""
    frame = b"\x28\xb5\x2f\xfd" + bytes([0b1110_0000]) + (2**40).to_bytes(8, "little") + bytes([0b11001, 0, 0]) + b"abc"
    with pytest.raises(CassetteDamaged):
        compression.decompress(frame, "a")


def test_the_limit_holds_for_plain_data() -> None:
    assert compression.decompress(b"1234", "a", limit=4) == b"1234"
    with pytest.raises(CassetteDamaged, match="larger than 4 bytes"):
        compression.decompress(b"12345", "a", limit=4)


def test_a_dictionary_is_needed_on_both_ways() -> None:
    samples = [b'{"order":%d,"items":[%d,%d]}' % (n, n * 7, n * 13) * 5 for n in range(200)]
    dictionary = zstandard.train_dictionary(2048, list(samples))
    packed = compression.compress(samples[3], ".zst", dictionary)
    assert len(packed) < len(compression.compress(samples[3], ".zst"))
    assert compression.decompress(packed, "a", dictionary=dictionary) == samples[3]
    with pytest.raises(CassetteDamaged, match="cannot be decompressed"):
        compression.decompress(packed, "a")
