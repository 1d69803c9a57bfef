"""Values in a request that may honestly differ between two runs, found by their shape: identifiers, times, pseudonyms.

Shape decides only where such a value *stands*. Whether two of them may answer for one another is decided in `likeness`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["identifier", "time", "pseudonym", "jwt"]

_SHAPES = r"""
  (?P<jwt>        (?<![\w-])eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*)                                 # RFC 7519
| (?P<pseudonym>  redacted-[a-z]+-[0-9]+ | 999999[0-9]{10})
| (?P<uuid>       [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}
                | [0-9A-F]{8}-(?:[0-9A-F]{4}-){3}[0-9A-F]{12})                            # RFC 9562
| (?P<hex>        (?:[0-9a-f]{24}|[0-9A-F]{24})                                           # ObjectId
                  (?:[0-9a-f]{8}(?:[0-9a-f]{8}(?:[0-9a-f]{24})?)?|[0-9A-F]{8}(?:[0-9A-F]{8}(?:[0-9A-F]{24})?)?)?)
| (?P<ulid>       0[0-9A-HJKMNP-TV-Z]{25})
| (?P<hash>       \$2[aby]\$[0-9]{2}\$[./0-9A-Za-z]{53} | \$argon2(?:id|i|d)\$[\w=,$+/]+
                | pbkdf2_sha(?:1|256)\$[0-9]+\$\w+\$[\w+/=]+)                              # Django's
| (?P<http_date>  (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),(?:[ ]|%20|\+)[0-9]{2}(?:[ ]|%20|\+)[A-Z][a-z]{2}  # RFC 9110
                  (?:[ ]|%20|\+)[0-9]{4}(?:[ ]|%20|\+)[0-9]{2}(?::|%3A)[0-9]{2}(?::|%3A)[0-9]{2}(?:[ ]|%20|\+)GMT)
| (?P<iso>        [0-9]{4}-[0-9]{2}-[0-9]{2}                                              # RFC 3339, ISO 8601
                  (?:(?:T|[ ]|%20|\+)[0-9]{2}(?::|%3A)[0-9]{2}(?:(?::|%3A)[0-9]{2}(?:[.,][0-9]{1,9})?)?
                     (?:Z|(?:[+-]|%2B)[0-9]{2}(?::|%3A)?[0-9]{2})?)?)
| (?P<basic>      [0-9]{8}T[0-9]{6}Z)
| (?P<epoch>      (?<!\.)1[0-9]{9}(?:[0-9]{3}|[0-9]{6}|[0-9]{9})?(?:\.[0-9]{1,9})?)
"""
_TOKEN = re.compile(
    r"(?=[0-9A-FMSTWa-fpr$])"  # a cheap look at the first character makes the scan twice as fast
    r"(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[bfnrt]))"  # not within a word; percent-codes and escapes end one
    rf"(?:{_SHAPES})(?![0-9A-Za-z])",
    re.VERBOSE,
)
_KINDS: dict[str, Kind] = {
    "jwt": "jwt",
    "pseudonym": "pseudonym",
    "uuid": "identifier",
    "hex": "identifier",
    "ulid": "identifier",
    "hash": "identifier",
}
IDENTIFIER = re.compile(
    r"(?=[0-9A-Fa-fp$])(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[bfnrt]))"
    rf"(?:{_SHAPES[_SHAPES.index('| (?P<uuid>') + 1 : _SHAPES.index('| (?P<http_date>')]})(?![0-9A-Za-z])",
    re.VERBOSE,
)


@dataclass(slots=True, frozen=True)
class Token:
    """One such value.

    Args:
        kind: what it is.
        shape: what a recorded one must share with a live one: ``uuid``, ``hex:24``, ``epoch``, ``redacted-email``.
        text: as it stands in the request.
        start, end: where it stands in the text that was searched.
    """

    kind: Kind
    shape: str
    text: str
    start: int
    end: int


def tokens(text: str, *, decimal: bool = False) -> Iterator[Token]:
    """The tokens of a text, from left to right. They do not overlap.

    Args:
        text: is searched.
        decimal: whether an identifier in hexadecimal may have none but decimal digits; elsewhere that is a number.
    """
    for match in _TOKEN.finditer(text):
        group = match.lastgroup or ""
        found = match.group()
        if group == "hex" and not decimal and found.isdigit():
            continue  # a long number, not an identifier in hexadecimal
        yield Token(_KINDS.get(group, "time"), _shape(group, found), found, match.start(), match.end())


def identifiers(raw: bytes) -> set[str]:
    """The identifiers (canonical) that `tokens` would find, about four times as fast: only long words are looked at."""
    if b"$" not in raw:  # a password hash would be cut at its commas
        raw = b" ".join(word for word in raw.translate(_WORDS).split() if len(word) >= _SHORTEST)
    found = (match.group() for match in IDENTIFIER.finditer(raw.decode("latin-1")))
    return {canonical(text) for text in found if not text.isdigit()}


def _shape(group: str, text: str) -> str:
    if group == "hex":
        return f"hex:{len(text)}"
    if group == "pseudonym":
        return pseudonym_shape(text)
    if group in ("iso", "http_date", "basic"):
        return "day" if len(text) == len("2026-01-31") else group
    return group


def pseudonym_shape(text: str) -> str:
    """A pseudonym without its number: two secrets of one kind have the same."""
    return text.rpartition("-")[0] if text.startswith("redacted-") else "999999"


def canonical(identifier: str) -> str:
    """One spelling for all: a UUID without hyphens, hexadecimal in lower case, others as they are."""
    bare = identifier.replace("-", "").lower() if len(identifier) == 36 else identifier.lower()
    return bare if len(bare) in (24, 32, 40, 64) and _HEX.fullmatch(bare) else identifier


def respell(identifier: str, like: str) -> str:
    """A canonical identifier, spelled as another one is (hyphens, upper case)."""
    if len(like) == 36 and len(identifier) == 32 and "-" in like:
        i = identifier
        identifier = f"{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:]}"
    return identifier.upper() if like.isupper() and canonical(like) != like else identifier


_HEX = re.compile("[0-9a-f]+")
_SHORTEST = 24
_WORDS = bytes(byte if (chr(byte).isalnum() and byte < 128) or byte in b"-_%\\." else 32 for byte in range(256))


def claims(jwt: str) -> tuple[str, str] | None:
    """Header and claims of a JSON web token as JSON text; None if it is not one. The signature is not looked at."""
    try:
        header, payload = (
            base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode() for part in jwt.split(".")[:2]
        )
    except (binascii.Error, ValueError):
        return None
    return header, payload
