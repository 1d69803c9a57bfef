"""Secrets that are recognised by what they look like, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from timetracer.redaction.pseudonyms import PSEUDONYM, luhn


class Hit(NamedTuple):
    """Something that looks like a secret at ``text[start:end]``."""

    start: int
    end: int
    secret: str
    kind: str
    echoes: bool = False


_TOKENS = {
    "privatekey": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:(?!-----BEGIN ).)*?-----END [A-Z0-9 ]*-----"
    r"|-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s\\]*",
    "jwt": r"eyJ[\w-]{13,}\.[\w-]*\.[\w-]*(?:\.[\w-]+\.[\w-]+)?",
    "github": r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}",
    "gitlab": r"gl(?:pat|ptt|dt|rt|cbt|soat)-[\w-]{16,}",
    "aws": r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    "stripe": r"[srp]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}",
    "slack": r"xox[a-z]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/[\w/]{16,}",
    "google": r"AIza[\w-]{30,}|ya29\.[\w-]{16,}|GOCSPX-[\w-]{16,}",
    "openai": r"sk-(?=[\w-]*\d)[\w-]{20,}",
    "npm": r"npm_[A-Za-z0-9]{30,}",
    "pypi": r"pypi-[\w-]{32,}",
    "sendgrid": r"SG\.[\w-]{16,}\.[\w-]{16,}",
    "huggingface": r"hf_[A-Za-z0-9]{30,}",
    "shopify": r"shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}",
    "square": r"sq0[a-z]{3}-[\w-]{22,}",
    "digitalocean": r"do[opr]_v1_[a-f0-9]{64}",
    "databricks": r"dapi[a-f0-9]{32}",
    "vault": r"hv[sbr]\.[\w-]{24,}",
    "docker": r"dckr_pat_[\w-]{20,}",
    "grafana": r"gl(?:sa|c)_[\w+/=]{32,}",
    "groq": r"gsk_[A-Za-z0-9]{32,}",
    "bearer": r"[Bb](?:earer|EARER)\s+(?=[\w.~+/-]*\d|[\w.~+/-]{20})(?P<credential>[\w.~+/-]{8,}=*)",
}
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _TOKENS.items()), re.DOTALL | re.ASCII)
SIGN = re.compile(
    r"-----BEGIN |eyJ|gh[pousr]_|github_pat_|gl[a-z]{1,4}[-_]|A(?:KIA|SIA|BIA|CCA|Iza)|sk_(?:live|test)_"
    r"|rk_(?:live|test)_|pk_(?:live|test)_|whsec_|xox|xapp-|hooks\.slack|ya29\.|GOCSPX|sk-|npm_|pypi-|SG\.|hf_|shp|sq0|do[opr]_v1_|dapi"
    r"|hv[sbr]\.|dckr_|gsk_|Bearer|bearer|BEARER"
)
"""How the well-known tokens begin. Each alternative begins with a literal: so `re` skips quickly what can be none."""

_WORD = re.compile(r"[\w-]+")
_LOCAL = re.compile(r"[\w.+'-]+$")
_LOCAL_LENGTH = 64  # RFC 5321, 4.5.3.1.1
_DOMAIN = re.compile(r"@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}([A-Za-z]{2,24}))(?![A-Za-z0-9-])")
_AUTHORITY = re.compile(r"://[^/\s@?#]*$")
_FILES = frozenset(("png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ico", "ts", "html", "pdf", "zip", "gz"))
_USERINFO = re.compile(r"://(?:([^\s/?#@:\"'<>]*):([^\s/?#@\"'<>]+)|([^\s/?#@:\"'<>]{8,}))@(?=[\w\[])")

_CARD = re.compile(
    r"(?<![\w.])(?<!\w-)(?:"
    r"(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6(?:011|4[4-9]\d|5\d{2}|2\d{2})|35\d{2})([ +-]?)\d{4}\1\d{4}\1\d{4}"
    r"|3[47]\d{2}([ +-]?)\d{6}\2\d{5}|3(?:0[0-5]|[68]\d)\d([ +-]?)\d{6}\3\d{4}"
    r")(?!\w|-\w|\.\d)",
    re.ASCII,
)
"""Visa, Mastercard, Discover, UnionPay, JCB; American Express; Diners Club, by their issuers' numbers."""


def tokens(text: str) -> Iterator[Hit]:
    """Private keys, JWTs, bearer credentials and tokens of well-known services. Linear, whatever `text` repeats."""
    position = 0
    failed: dict[str, int] = {}
    for sign in SIGN.finditer(text):
        start = sign.start()
        if start < position or start < failed.get(sign[0], 0) or not _begins(text, start):
            continue
        match = _TOKEN.match(text, start)
        if match is None:
            failed[sign[0]] = _end_of_word(text, start)
            continue
        position = match.end()
        if match.lastgroup == "bearer":
            yield Hit(*match.span("credential"), match["credential"], "bearer", echoes=True)
        else:
            yield Hit(start, position, match[0], str(match.lastgroup))


def _end_of_word(text: str, start: int) -> int:
    """Until there the same sign begins no token either: it would have to go on in the same way."""
    word = _WORD.match(text, start)
    return start if word is None else word.end()


def _begins(text: str, start: int) -> bool:
    """Whether a word can begin here: after no letter or digit, or after an escape (``\\n``)."""
    before = text[max(0, start - 2) : start]
    return not (before[-1:].isascii() and before[-1:].isalnum()) or before[:-1] == "\\"


def emails(text: str) -> Iterator[Hit]:
    """E-mail addresses; no ``git@``, ``icon@2x.png``, nothing in a URL's authority."""
    for domain in _DOMAIN.finditer(text):
        at = domain.start()
        found = _LOCAL.search(text[max(0, at - _LOCAL_LENGTH) : at])
        # A quote before it is no part of it, as in the literals of SQL ("o'neil@…" has one within).
        local = found[0].lstrip("'") if found is not None else ""
        if local in ("", "git") or domain[2].lower() in _FILES or PSEUDONYM.search(local):
            continue
        start = at - len(local)
        if _AUTHORITY.search(text[max(0, start - 128) : start]) is None:
            yield Hit(start, domain.end(), text[start : domain.end()], "email")


def userinfo(text: str) -> Iterator[Hit]:
    """The password of ``scheme://user:password@host``, or what stands there alone, as tokens do (RFC 3986, 3.2.1)."""
    for match in _USERINFO.finditer(text):
        group = 2 if match[2] is not None else 3
        yield Hit(*match.span(group), unquote(match[group]), "password", echoes=True)


def cards(text: str) -> Iterator[Hit]:
    """Card numbers of the large issuers, 14 to 16 digits, perhaps in groups, whose check digit is right."""
    for match in _CARD.finditer(text):
        digits = re.sub("[ +-]", "", match[0])
        if luhn(digits):
            yield Hit(match.start(), match.end(), digits, "card")
