"""Secrets that were recognised by their place (a header's name, a field's name, a rule), looked for everywhere else.

A server echoes a token in an error message, a stack trace holds a URL: there the secret has no name any more, and it
may be escaped as JSON, HTML or a URL, or be part of something in base64.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from urllib.parse import quote, quote_plus

SHORTEST = 8
"""Characters: a shorter secret would be found in places where it is not meant."""

_EVERYDAY_WORDS = """
    required optional disabled undefined redacted anonymous unlimited internal external standard personal business
    enterprise password username passphrase credentials authorization example.com application/json
"""
_EVERYDAY = frozenset(_EVERYDAY_WORDS.split())
_WORD = re.compile(r"[A-Za-z]+|\d+")
_MANY = 64


@dataclass(slots=True, frozen=True)
class Echo:
    """A known secret at ``text[start:end]``."""

    start: int
    end: int
    secret: str
    kind: str


@dataclass(slots=True, frozen=True)
class _Form:
    text: str
    secret: str
    kind: str
    word: bool
    """A bare word or number, found only where it stands alone and is not the name of a field."""


class Echoes:
    """The known secrets of one cassette, in every form in which they may come back. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._secrets: set[str] = set()
        self._starts: dict[str, list[_Form]] = {}
        self._recent: dict[str, list[_Form]] = {}
        """By the beginning; looked for one by one."""
        self._pattern: re.Pattern[str] | None = None
        """Finds the beginnings of all others."""
        self._compiled = 0

    def __bool__(self) -> bool:
        return bool(self._secrets)

    def add(self, secret: str, kind: str) -> None:
        """Look for `secret` from now on, if it is long enough and no everyday word."""
        if len(secret) < SHORTEST or secret in self._secrets or secret.lower() in _EVERYDAY:
            return
        with self._lock:
            self._secrets.add(secret)
            word = _WORD.fullmatch(secret) is not None
            recent = dict(self._recent)
            for text in _forms(secret):
                start = text[:SHORTEST]
                self._starts[start] = recent[start] = [
                    *self._starts.get(start, ()),
                    _Form(text, secret, kind, word and text == secret),
                ]
            if len(recent) > max(_MANY, self._compiled):
                self._pattern, self._compiled, recent = _pattern(self._starts), len(self._starts), {}
            self._recent = recent

    def within(self, text: str) -> list[Echo]:
        """Where known secrets stand in `text`, in no order, perhaps overlapping."""
        recent, pattern = self._recent, self._pattern
        if not any(map(text.__contains__, recent)) and (pattern is None or pattern.search(text) is None):
            return []
        return [
            _echo(text, start, form)
            for start, forms in self._starts_within(text, recent, pattern)
            for form in forms
            if text.startswith(form.text, start)
            if not form.word or _alone(text, start, start + len(form.text))
        ]

    def _starts_within(
        self, text: str, recent: dict[str, list[_Form]], pattern: re.Pattern[str] | None
    ) -> Iterator[tuple[int, list[_Form]]]:
        for start, forms in recent.items():
            position = text.find(start)
            while position >= 0:
                yield position, forms
                position = text.find(start, position + 1)
        match = pattern.search(text) if pattern is not None else None
        while pattern is not None and match is not None:
            yield match.start(), self._starts[match[0]]
            match = pattern.search(text, match.start() + 1)


def _echo(text: str, start: int, form: _Form) -> Echo:
    """Letters or digits that follow without a break go with it: a pseudonym's number must end where it ends."""
    end = start + len(form.text)
    while end < len(text) and text[end].isascii() and text[end].isalnum():
        end += 1
    return Echo(start, end, form.secret, form.kind)


def _alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 3]
    if before.isalnum() or before == "_" or after[:1].isalnum() or after[:1] == "_":
        return False
    return not (before == '"' and after.replace(" ", "").startswith('":')) and after[:1] != "="


def _forms(secret: str) -> list[str]:
    """The ways in which `secret` may be written, the plain one first; none shorter than `SHORTEST`."""
    quoted = [quote(secret, safe=""), quote(secret), quote_plus(secret), quote(secret, safe="!'()*")]
    in_json = json.dumps(secret)[1:-1]
    forms = [
        secret,
        in_json,
        json.dumps(in_json)[1:-1],
        in_json.translate({ord(char): f"\\u{ord(char):04x}" for char in "&<>"}),
        json.dumps(secret, ensure_ascii=False)[1:-1],
        secret.replace("/", "\\/"),
        html.escape(secret),
        secret.encode("utf-8", "replace").decode("latin-1"),
        *quoted,
        *(re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form) for form in quoted),
        *_base64(secret.encode("utf-8", "replace")),
    ]
    return [form for form in dict.fromkeys(forms) if len(form) >= SHORTEST]


def _base64(secret: bytes) -> Iterator[str]:
    """The characters that are sure at each of the three places that it may have in a longer base64 text (RFC 4648)."""
    for shift, first in enumerate((0, 2, 3)):
        code = b64encode(bytes(shift) + secret).decode("ascii")
        groups, rest = divmod(shift + len(secret), 3)
        sure = code[first : groups * 4 + rest]
        yield sure
        yield sure.translate({ord("+"): "-", ord("/"): "_"})


def _pattern(starts: dict[str, list[_Form]]) -> re.Pattern[str]:
    """One pattern for many beginnings, grouped by their first character: `re` tries alternatives one by one."""
    groups: dict[str, list[str]] = {}
    for start in starts:
        groups.setdefault(start[0], []).append(re.escape(start[1:]))
    return re.compile("|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in groups.items()))
