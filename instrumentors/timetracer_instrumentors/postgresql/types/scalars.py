"""What is neither a number nor a time: truth, bytes, bits, UUIDs, documents, and identifiers of the server's own."""

from __future__ import annotations

import re
from struct import Struct
from typing import Any
from uuid import UUID

from timetracer_instrumentors.postgresql.types.codec import Codec, same, through

BOOL = Codec(
    lambda text: {"t": True, "f": False, "true": True, "false": False}[text],
    lambda value: {True: "t", False: "f"}[_exactly(bool, value)],
    lambda data: {b"\0": False, b"\1": True}[data],
    lambda value: bytes([_exactly(bool, value)]),
)


def _exactly(kind: type[Any], value: Any) -> Any:
    if type(value) is not kind:
        raise ValueError(f"not {kind.__name__}")
    return value


def _read_bytea(text: str) -> bytes:
    if not text.startswith("\\x"):
        raise ValueError("the old form of bytea")
    return bytes.fromhex(text[2:])


BYTEA = Codec(_read_bytea, lambda value: "\\x" + value.hex(), bytes, lambda value: _exactly(bytes, value))
UUIDS = Codec(
    UUID, lambda value: str(_exactly(UUID, value)), lambda data: UUID(bytes=data), lambda v: _exactly(UUID, v).bytes
)


def versioned(version: int) -> Codec:
    """Text that has a version before it in binary: ``jsonb``, ``jsonpath``."""
    head = bytes([version])

    def read(data: bytes) -> str:
        if data[:1] != head:
            raise ValueError("an unknown version")
        return data[1:].decode()

    return Codec(same, same, read, lambda value: head + same(value).encode())


# --- "char": one byte, which is nothing where it is 0, and octal where it is not ASCII --------------------------------


def _parse_char(text: str) -> int:
    if re.fullmatch(r"\\[2-3][0-7]{2}", text):
        return int(text[1:], 8)
    if not text.isascii():
        raise ValueError("no single byte")
    return ord(text) if text else 0


def _char_text(code: int) -> str:
    return (chr(code) if code < 128 else f"\\{code:03o}") if code else ""


CHAR = through(_parse_char, _char_text, lambda data: _only(data)[0], lambda code: bytes([code]))


def _only(data: bytes) -> bytes:
    if len(data) != 1:
        raise ValueError("no single byte")
    return data


# --- bits ------------------------------------------------------------------------------------------------------------


def _parse_bits(text: str) -> str:
    if text.strip("01"):
        raise ValueError("not bits")
    return text


def _unpack_bits(data: bytes) -> str:
    count = int.from_bytes(data[:4], "big")
    if len(data) != 4 + -(-count // 8):
        raise ValueError("another number of bits")
    return "".join(f"{byte:08b}" for byte in data[4:])[:count]


def _pack_bits(bits: str) -> bytes:
    padded = bits.ljust(-(-len(bits) // 8) * 8, "0")
    return len(bits).to_bytes(4, "big") + bytes(int(padded[at : at + 8], 2) for at in range(0, len(padded), 8))


BITS = through(_parse_bits, str, _unpack_bits, _pack_bits)

# --- the server's own ------------------------------------------------------------------------------------------------

_LSN, _TID = Struct("!II"), Struct("!IH")


def _parse_lsn(text: str) -> tuple[int, int]:
    high, low = text.split("/")
    return int(high, 16), int(low, 16)


def _unpack_lsn(data: bytes) -> tuple[int, int]:
    high, low = _LSN.unpack(data)
    return high, low


LSN = through(_parse_lsn, lambda lsn: f"{lsn[0]:X}/{lsn[1]:X}", _unpack_lsn, lambda lsn: _LSN.pack(*lsn))


def _parse_tid(text: str) -> tuple[int, int]:
    block, _, number = text.removeprefix("(").removesuffix(")").partition(",")
    return int(block), int(number)


def _unpack_tid(data: bytes) -> tuple[int, int]:
    block, number = _TID.unpack(data)
    return block, number


TID = through(_parse_tid, lambda tid: f"({tid[0]},{tid[1]})", _unpack_tid, lambda tid: _TID.pack(*tid))
