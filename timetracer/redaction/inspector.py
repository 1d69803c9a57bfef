"""Finds what is secret in a value or a text: by the user's rules, by its name, by its looks, in this order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

from timetracer.cassette.model import Plain
from timetracer.redaction.assignments import assignments
from timetracer.redaction.finds import Find, json_view, moved, percent_view
from timetracer.redaction.forms import Field, cookies, pairs, set_cookies
from timetracer.redaction.json_text import Leaf, leaves
from timetracer.redaction.names import Names, squeeze
from timetracer.redaction.patterns import SIGN, Hit, cards, emails, tokens, userinfo
from timetracer.redaction.pseudonyms import PSEUDONYM
from timetracer.redaction.rules import SECRET, Rules, is_path, path_pattern

_DIGITS: Final = b"0" * 14
_LONG_WORD: Final = b"a" * 16
_WORD_CHARACTERS = bytes(97 if code < 128 and (chr(code).isalnum() or chr(code) in "_-") else 32 for code in range(256))
_SCHEME = re.compile(
    r"(?:bearer|basic|digest|token|apikey|api-key|negotiate|ntlm|hawk|oauth|dpop|bot|key|ssws|splunk|jwt|sharedkey(?:lite)?"
    r"|aws4-hmac-sha256|goog4-rsa-sha256|googlelogin|hmac[\w-]*|signature)\s+(?=\S)",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"aws4-|goog4-|digest|hmac|hawk|signature|sharedkey|ntlm|negotiate", re.IGNORECASE)
"""Schemes whose credentials are made anew for each request: nobody echoes them."""
_EMPTY = re.compile(r"\s*(?:null|none|true|false|[*•]+)?\s*$", re.IGNORECASE)
_COOKIE_ECHO = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w.%+/=-]{16,}$")
"""A cookie's value is looked for elsewhere only if it is nothing like ``Europe/Berlin``."""
_PERCENT_WORD = re.compile(r"(?<![^\s\"'<>&?#=])[^\s\"'<>&?#=%]*%[0-9A-Fa-f]{2}[^\s\"'<>&?#=]*")
_JSON_LINE = re.compile(r"^(?:data:[ ]?)?[ \t]*([{\[].*)$", re.MULTILINE)
_WORTHWHILE = re.compile(
    r"""[@=%<"'\\{\[]|[\w-]{16}|[ -][\w-]{15}|\d{4}[ -]?\d{4}|[Bb](?:earer|EARER)|-----BEGIN """, re.ASCII
)
"""Stands in every datum that may be a secret by its looks, but for the user's own patterns."""
_MEMO, _LONGEST = 10_000, 100
"""As many keys are remembered, of as many characters."""
_SHORTEST = 6
"""Characters: nothing shorter is a secret by its looks."""


class Inspector:
    """One set of rules, made ready. Thread-safe."""

    def __init__(self, rules: Rules) -> None:
        self.names = Names(rules.names, rules.keep)
        self._keep = rules.keep
        self._kept = path_pattern(entry for entry in rules.keep if is_path(entry))
        self._ruled = path_pattern(rules.paths)
        self._known = [(path_pattern([path]), instead) for path, instead in rules.known]
        self._function = rules.function
        self._patterns = [(kind, re.compile(pattern)) for kind, pattern in rules.patterns if kind not in rules.keep]
        self._harmless_keys: set[str] = set()
        self.has_own_rules: Final = bool(rules.function or rules.paths or rules.known or rules.patterns)
        """Then `suspects` cannot say that a text is clean."""

    def suspects(self, data: bytes) -> bool:
        """A quick look at JSON, a URL, header values: False only if nothing has the name or the looks of a secret."""
        if self._suspects(data):
            return True
        return b"%" in data and self._suspects(unquote_to_bytes(data.replace(b"+", b" ")))

    def _suspects(self, data: bytes) -> bool:
        if b"@" in data or (b"\\" in data and b"\\u00" in data) or (b"=" in data and b"key=" in data):
            return True
        if b"/" in data and (b"</" in data or b"hooks.slack" in data):
            return True
        squeezed = squeeze(data)
        if _DIGITS in squeezed or b"bearer" in squeezed or b"privatekey" in squeezed:
            return True
        return self.names.suspects(squeezed) or _has_long_token(data)

    def value(self, text: str, path: str, kind: str | None = None, *, prose: bool = False) -> list[Find]:
        """The secrets in one value.

        Args:
            text: the value, unescaped.
            path: where it stands.
            kind: what its name makes of it, as `Names.kind` says.
            prose: whether it is a text for people, such as a log message, and no single datum.
        """
        if not (prose or kind or self.has_own_rules or _WORTHWHILE.search(text)):
            return []
        if not text or self._keeps(path):
            return []
        placed = self.placed(text, path, text, str)
        if placed is not None:
            return placed
        if kind is not None and not _EMPTY.match(text):
            return self._named(text, path, kind)
        return self.free(text, path, prose=prose)

    def _keeps(self, path: str) -> bool:
        return self._kept is not None and self._kept.match(path) is not None

    def placed(self, text: str, path: str, value: Plain, write: Callable[[Plain], str]) -> list[Find] | None:
        """What the user's paths and function say; None: nothing."""
        whole = Find(0, len(text), text, "rule", path, echoes=True)
        if self._ruled is not None and self._ruled.match(path):
            return [whole]
        for place, instead in self._known:
            if place is not None and place.match(path):
                if instead is None and text.lstrip()[:1] == "{" and _is_object(text):
                    return self._values(text, path)
                return [replace(whole, replacement=instead)]
        if self._function is None or PSEUDONYM.fullmatch(text):
            return None
        answer = self._function(path, value)
        if answer is SECRET:
            return [whole]
        if answer is None or answer == value:
            return None
        return [Find(0, len(text), text, "rule", path, replacement=write(answer))]

    def _values(self, text: str, path: str) -> list[Find]:
        """A secret that is a JSON object is read back as one: its values are taken out, but short numbers (ports)."""
        found = ((leaf, text[leaf.start : leaf.end]) for leaf in leaves(text, self.names.kinds))
        return [
            find
            for leaf, raw in found
            if leaf.quoted or len(raw) > _SHORTEST
            for find in self._json_leaf(raw, leaf, leaf.path(path))
        ]

    def _named(self, text: str, path: str, kind: str) -> list[Find]:
        label = kind.removeprefix("set")
        if label == "cookie":
            fields = list(cookies(text) if kind == "cookie" else set_cookies(text))
            if fields:
                return [find for field in fields for find in self._cookie(field, text[field.start : field.end], path)]
        scheme = _SCHEME.match(text)
        start = scheme.end() if scheme else 0
        echoes = label != "cookie" and not _SIGNED.match(text)
        return [Find(start, len(text), text[start:], label, path, echoes=echoes)]

    def _cookie(self, field: Field, value: str, path: str) -> list[Find]:
        here = f"{path}.{field.name}"
        if not value or self._keeps(here) or self.names.kind("cookie") is None:
            return []
        return [Find(field.start, field.end, value, "cookie", here, echoes=_COOKIE_ECHO.match(value) is not None)]

    def number(self, text: str, path: str, value: Plain, kind: str | None, write: Callable[[Plain], str]) -> list[Find]:
        """The same for a number: short ones are no secrets by their name, except those on a card."""
        if self._keeps(path):
            return []
        placed = self.placed(text, path, value, write)
        if placed is not None:
            return placed
        if kind == "card" or (kind is not None and len(text) >= 4):
            return [Find(0, len(text), text, kind.removeprefix("set"), path, echoes=True)]
        return [
            Find(hit.start, hit.end, hit.secret, hit.kind, path) for hit in cards(text) if hit.kind not in self._keep
        ]

    def free(self, text: str, path: str, *, prose: bool = True, escaped: bool = True) -> list[Find]:
        """The secrets in a text of no known form: in JSON within it and (`escaped`) in percent-encoded words too."""
        if len(text) < _SHORTEST or not (prose or self._patterns or _WORTHWHILE.search(text)):
            return []
        finds: list[Find] = []
        if "{" in text or "[" in text:
            finds += self._json_within(text, path)
        if escaped and "%" in text:
            for word in _PERCENT_WORD.finditer(text):
                view = percent_view(word[0])
                finds += view.lift(self.free(view.text, path, prose=False, escaped=False), word.start())
        for start, end, kind in assignments(text, self.names.kind, prose=prose):
            secret = unquote(text[start:end])
            finds.append(Find(start, end, secret, kind.removeprefix("set"), path, any(map(str.isdigit, secret))))
        finds += (Find(hit.start, hit.end, hit.secret, hit.kind, path, hit.echoes) for hit in self.looks(text))
        return finds

    def _json_within(self, text: str, path: str) -> list[Find]:
        if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
            return self.json(text, path)
        lines = [match.span(1) for match in _JSON_LINE.finditer(text)]
        return [find for start, end in lines for find in moved(self.json(text[start:end], path), start)]

    def looks(self, text: str) -> Iterator[Hit]:
        """What looks like a secret, wherever it stands."""
        if len(text) < _SHORTEST:
            return
        for kind, pattern in self._patterns:
            for match in pattern.finditer(text):
                group = 1 if pattern.groups and match[1] else 0
                yield Hit(*match.span(group), match[group], kind)
        hits = [tokens(text), cards(text)]
        if "@" in text:
            hits += userinfo(text), emails(text)
        for family in hits:
            yield from (hit for hit in family if hit.kind not in self._keep)

    def key(self, text: str, path: str) -> list[Find]:
        """The secrets in the key of a mapping, by its looks only. Keys come again: harmless ones are remembered."""
        if text in self._harmless_keys:
            return []
        finds = [Find(hit.start, hit.end, hit.secret, hit.kind, path, in_key=True) for hit in self.looks(text)]
        if not finds and len(text) <= _LONGEST and len(self._harmless_keys) < _MEMO:
            self._harmless_keys.add(text)
        return finds

    def json(self, text: str, path: str) -> list[Find]:
        """The secrets in JSON, in its numbers and keys too."""
        finds: list[Find] = []
        worthwhile, every = _WORTHWHILE.search, self.has_own_rules
        for leaf in leaves(text, self.names.kinds):
            if every or leaf.kind is not None or worthwhile(text, leaf.start, leaf.end):
                finds += self._json_leaf(text[leaf.start : leaf.end], leaf, leaf.path(path))
        return finds

    def _json_leaf(self, raw: str, leaf: Leaf, path: str) -> list[Find]:
        if not leaf.quoted:
            found = self.number(raw, path, json.loads(raw), leaf.kind if leaf.own else None, _json)
            return moved(found, leaf.start)
        view = json_view(raw)
        found = self.key(view.text, path) if leaf.is_key else self.value(view.text, path, leaf.kind)
        return view.lift(found, leaf.start)

    def url(self, text: str, path: str, query_path: str) -> list[Find]:
        """The secrets in a URL; those of its query have paths under `query_path`."""
        if self._keeps(path):
            return []
        placed = self.placed(text, path, text, str)
        if placed is not None:
            return placed
        query, fragment = text.find("?") + 1, text.find("#")
        finds = self.form(text, query_path, query, fragment if fragment >= 0 else len(text)) if query else []
        return finds + self.free(text, path, prose=False)

    def form(self, text: str, path: str, start: int = 0, end: int | None = None) -> list[Find]:
        """The secrets in a query or an urlencoded form, ``text[start:end]``."""
        finds: list[Find] = []
        for field in pairs(text, start, end):
            view = percent_view(text[field.start : field.end])
            finds += view.lift(self.value(view.text, f"{path}.{field.name}", self.names.kind(field.name)), field.start)
        return finds


def _has_long_token(data: bytes) -> bool:
    """Whether a well-known token may begin in a long word, or right before it (``SG.``, ``ya29.``)."""
    words = data.translate(_WORD_CHARACTERS)
    start = words.find(_LONG_WORD)
    while start >= 0:
        end = words.find(b" ", start) + 1 or len(words)
        if SIGN.search(data[max(0, start - 5) : end].decode("latin-1")):
            return True
        start = words.find(_LONG_WORD, end)
    return False


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _json(value: Plain) -> str:
    return json.dumps(value, default=str)
