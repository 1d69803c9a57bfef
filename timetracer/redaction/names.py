"""Names whose values are secrets: of headers, query parameters, form fields, keys of JSON objects, attributes.

A name is cut into words (``stripeApiKey``, ``x-api-key``, ``DB_PASSWORD2``) and its *last* words decide:
``new_password`` is one, ``password_policy`` and ``token_count`` are not, ``monkey`` is one word and no key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

_KINDS = {
    "authorization": "authorization auth",
    "cookie": "cookie",
    "setcookie": "setcookie",
    "password": "password passwd pwd pass passphrase passcode passwordhash",
    "token": "token jwt accesstoken refreshtoken idtoken authtoken apitoken sessiontoken securitytoken csrftoken"
    " csrfmiddlewaretoken xsrftoken bearertoken csrf xsrf clientassertion samlresponse samlassertion",
    "apikey": "apikey appkey applicationkey subscriptionkey functionskey authkey accesskey masterkey servicekey"
    " accountkey",
    "secret": "secret secretkey secretaccesskey clientsecret signingkey encryptionkey privatekey credential"
    " connectionstring codeverifier xamzsignature xgoogsignature",
    "session": "sessionid sessid phpsessid jsessionid sessionkey",
    "card": "cardnumber creditcard creditcardnumber ccnumber cvv cvc",
    "otp": "pin otp totp",
    "ssn": "ssn socialsecuritynumber",
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names.split()}

DEFAULT_NAMES = frozenset(_KIND_OF)
"""The names that are secret by default, lower case, without separators."""

_BENIGN_WORDS = "type status name kind scheme scope state method provider format algorithm alg username user url"
BENIGN = frozenset(_BENIGN_WORDS.split())
"""Keys that say something *about* a secret: inside an object whose own name is a secret, they are left alone."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_UNSPLIT = ("password", "passwd", "apikey", "secretkey", "privatekey", "accesstoken", "authtoken")
_BEFORE_HARMLESS_TOKENS = """
    page next continuation sync resume scroll start end stop pad mask idempotency request cancel cancellation
"""
_NO_SECRET_TOKENS = frozenset(_BEFORE_HARMLESS_TOKENS.split())
_SQUEEZE = bytes(48 if 48 <= code < 58 else code for code in bytes(range(256)).lower())
_SPACING = b" \t\r\n-_+"
_MEMO = 10_000
_LONGEST = 100
"""Characters: longer names are not remembered."""


def plain(name: str) -> str:
    """A name as `Names` compares it: lower case, letters and digits only."""
    return re.sub(r"[\W_]", "", name).lower()


def squeeze(data: bytes) -> bytes:
    """`data` in lower case, each digit a ``0``, white space, ``-``, ``_``, ``+`` gone: what quick looks are made on."""
    return data.translate(_SQUEEZE, _SPACING)


class _Memo(dict[str, "str | None"]):
    """Remembers what was decided, within bounds. The quickest there is: a look-up that succeeds calls nothing."""

    def __init__(self, decide: Callable[[str], str | None]) -> None:
        super().__init__()
        self._decide = decide

    def __missing__(self, name: str) -> str | None:
        kind = self._decide(name)
        if len(name) <= _LONGEST:
            if len(self) >= _MEMO:
                self.clear()
            self[name] = kind
        return kind


class Names:
    """The sensitive names of one set of rules. What was once decided is remembered."""

    def __init__(self, names: Iterable[str], keep: Iterable[str] = ()) -> None:
        self._kept = kept = frozenset(plain(name) for name in keep)
        kinds = {
            plain(name): _KIND_OF.get(plain(name)) or re.sub("[^a-z]", "", plain(name)) or "secret" for name in names
        }
        self._kinds = {name: kind for name, kind in kinds.items() if not kept & {name, kind, kind.removeprefix("set")}}
        self._endings = tuple(name.encode().translate(_SQUEEZE).rstrip(b"s0") for name in self._kinds)
        self.kinds: Final = _Memo(self._decide)
        """What the value under a name is (``password``, ``token``, ``setcookie`` …), or None for no secret. By name."""
        self._harmless: set[bytes] = set()

    def kind(self, name: str) -> str | None:
        """The same as a function."""
        return self.kinds[name]

    def _decide(self, name: str) -> str | None:
        whole = plain(name)
        if whole in self._kinds or whole in self._kept:
            return self._kinds.get(whole)
        words = [word.lower() for word in _WORDS.findall(name)]
        while words and words[-1].isdigit():
            words.pop()
        for count in range(min(4, len(words)), 0, -1):
            joined = "".join(words[-count:])
            single = joined.removesuffix("s") if words[-1] != "tokens" else joined
            kind = self._kinds.get(joined) or self._kinds.get(single)
            if kind is not None:
                return None if joined == "token" and _NO_SECRET_TOKENS & {*words[-2:-1]} else kind
        if words and words[-1].endswith(_UNSPLIT):
            return next((kind for end in _UNSPLIT if words[-1].endswith(end) and (kind := self._kinds.get(end))), None)
        return None

    def suspects(self, squeezed: bytes) -> bool:
        """A quick look: False only if no key of the (squeezed) JSON text and no ``name=`` in it can be sensitive."""
        if b'":' in squeezed:
            keys = {piece.rpartition(b'"')[2] for piece in squeezed.split(b'":')} - self._harmless
            if keys and not self._remember_harmless(keys):
                return True
        if b"=" in squeezed and self._any_ends(squeezed.split(b"=")):
            return True
        if b"'" in squeezed and (self._any_ends(squeezed.split(b"':")) or self._any_ends(squeezed.split(b":'"))):
            return True
        return b"\\" in squeezed and self._any_ends(squeezed.split(b':\\"'))

    def _remember_harmless(self, keys: set[bytes]) -> bool:
        """Whether all of them are harmless."""
        if any(map(self._ends, keys)):
            return False
        if len(self._harmless) >= _MEMO:
            self._harmless.clear()
        self._harmless.update(key for key in keys if len(key) <= _LONGEST)
        return True

    def _any_ends(self, pieces: list[bytes]) -> bool:
        """Whether a name that a separator follows can be sensitive; the last piece is followed by none."""
        return len(pieces) > 1 and any(map(self._ends, pieces[:-1]))

    def _ends(self, text: bytes) -> bool:
        return text.rstrip(b"s0]\\\"'").endswith(self._endings)
