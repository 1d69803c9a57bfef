"""Names and values in free text: ``password=…``, ``"token": "…"``, ``X-Api-Key: …``, ``<SessionToken>…``, inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_SIGN = re.compile(r"""(?<![\w.\[\]-])(?P<name>[\w.\[\]-]+)(?:\\*["'])?(?P<sign>\s*[=:]>?\s*)""")
_VALUE = re.compile(
    r"""\\*"(?P<double>[^"\\\n]+)|\\*'(?P<single>[^'\\\n]+)"""
    r"""|(?P<scheme>(?:bearer|basic|token)\s+)?(?P<bare>[^\s"'&,;<>(){}\[\]|\\]+)(?=[\s"'&,;<>){}\[\]|\\]|\Z)""",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"""(?P<scheme>)(?P<bare>[^\s"'&<>#]+?)(?=[.,;:)\]}]{0,3}(?:[\s"'&<>#]|\Z))""")
_ELEMENT = re.compile(r"<(?P<name>[A-Za-z][\w:.-]*)(?:\s[^<>]*)?>(?P<value>[^<>]+)</")
_INPUT = re.compile(r"""<[^<>]*?\bname=["'](?P<name>[^"'<>]+)["'][^<>]*?\b(?:value|content)=["'](?P<value>[^"'<>]+)""")
_KEY_PARAMETER = re.compile(r"[?&]key=((?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{20,})")

_LONGEST_NAME = 100
_NOTHING = re.compile(
    r"(?:true|false|null|none|nil|undefined|required|optional|string|\*+|x{3,}|\.+|\s+)$", re.IGNORECASE
)
_CODE = re.compile(r"(?:self|cls|this|os|settings|config|request|response|data|args|kwargs)\.|[$%]\w*$")
_ATTRIBUTE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


class Assigned(NamedTuple):
    """The value of a sensitive name at ``text[start:end]``."""

    start: int
    end: int
    kind: str


def assignments(text: str, kind_of: Callable[[str], str | None], *, prose: bool) -> Iterator[Assigned]:
    """Values that stand beside a sensitive name; code (``token = get()``) is passed over.

    Args:
        text: anything.
        kind_of: what the value under a name is, None for no secret.
        prose: whether a bare word after a colon or a space (``password: hunter2``) can be one.
    """

    if "=" in text or '"' in text or "'" in text or (prose and ":" in text):
        yield from _signed(text, kind_of, prose=prose)
        for match in _KEY_PARAMETER.finditer(text):
            yield Assigned(*match.span(1), "apikey")
    if "</" in text or "<input" in text or "<meta" in text:
        for pattern in (_ELEMENT, _INPUT):
            for match in pattern.finditer(text):
                kind = kind_of(match["name"])
                if kind is not None and _is_value(match["value"], kind_of):
                    yield Assigned(*match.span("value"), kind)


def _signed(text: str, kind_of: Callable[[str], str | None], *, prose: bool) -> Iterator[Assigned]:
    position = 0
    for sign in _SIGN.finditer(text):
        kind = kind_of(sign["name"]) if sign.start() >= position and len(sign["name"]) <= _LONGEST_NAME else None
        value = _VALUE.match(text, sign.end()) if kind is not None else None
        if kind is None or value is None:
            continue
        position = value.end()
        group = "double" if value["double"] else "single" if value["single"] else "bare"
        if group == "bare" and text[sign.start() - 1 : sign.start()] in ("?", "&"):
            value = _PARAMETER.match(text, sign.end()) or value
            position = value.end()
        if _is_value(value[group], kind_of) and (group != "bare" or _is_bare_value(sign["sign"], value, prose)):
            yield Assigned(*value.span(group), kind)


def _is_value(value: str, kind_of: Callable[[str], str | None]) -> bool:
    return not _NOTHING.match(value) and (len(value) > _LONGEST_NAME or kind_of(value) is None)


def _is_bare_value(sign: str, match: re.Match[str], prose: bool) -> bool:
    """Without quotes: right behind its ``=``; in prose also behind a colon or a space, if it looks like a secret."""
    value = match["bare"]
    if len(value) < 4 or _CODE.match(value):
        return False
    if sign == "=":
        return True
    looks_secret = len(value) >= 6 and any(char.isdigit() for char in value) and not _ATTRIBUTE.fullmatch(value)
    return prose and (match["scheme"] is not None or looks_secret)
