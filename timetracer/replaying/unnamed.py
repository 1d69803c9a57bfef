"""Secrets that a live call brings before anything has named them.

A recording is redacted as a whole: what one of its calls calls a secret (an answer that issues a token) is taken out of
the calls before it as well, where it stood without a name. A replay sees one call after the other. So where nothing
else answers, a text that stands in the place of a recorded pseudonym which stands for nothing yet is taken for that
secret, if everything else is word for word the same, and if no other recorded pseudonym could be meant. From then on
it is a secret as any other, one to one with the recorded one; and the call counts as relaxed.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from itertools import islice
from urllib.parse import unquote

from timetracer.redaction.echoes import SHORTEST, Echoes
from timetracer.redaction.pseudonyms import PSEUDONYM
from timetracer.replaying.calls import Asked
from timetracer.replaying.fields import Parts
from timetracer.replaying.tokens import pseudonym_shape

REASON = "a secret that the recording names elsewhere"
_REACH = 2_000
"""How many recorded requests are looked at."""
_TEXT = rf"""([^\s"'&<>]{{{SHORTEST},}}?)"""


class Unnamed(LookupError):
    """A call that may be answered if some of what it says is a secret.

    Args:
        secrets: ``{text: recorded pseudonym}``.
    """

    def __init__(self, secrets: dict[str, str]) -> None:
        super().__init__(", ".join(secrets.values()))
        self.secrets = secrets


def unnamed(asked: Asked, live: Parts, recorded: Iterable[Parts], bound: Container[str]) -> dict[str, str]:
    """``{text: recorded pseudonym}`` of what may be secrets in a live call; nothing where that is not certain.

    Args:
        asked: the call.
        live: its parts, in recorded names where those are known.
        recorded: the parts of those that wait to be taken.
        bound: recorded pseudonyms that stand for something already.
    """
    if asked.reasons:
        return {}
    found: list[dict[str, str]] = []
    for parts in islice(recorded, _REACH):
        secrets = _between(live, parts, bound)
        if secrets and secrets not in found:
            found.append(secrets)
    return found[0] if len(found) == 1 else {}


def named(live: Parts, secrets: dict[str, str]) -> Parts:
    """The parts of a call with the pseudonyms of these secrets in their place, however they are written there."""
    echoes = Echoes()
    for secret, pseudonym in secrets.items():
        echoes.add(secret, kind_of(pseudonym))

    def replaced(part: str | bytes) -> str | bytes:
        text = _text(part)
        for echo in sorted(echoes.within(text), key=lambda echo: echo.start, reverse=True):
            text = text[: echo.start] + secrets[echo.secret] + text[echo.end :]
        return text if isinstance(part, str) else text.encode("latin-1")

    return {name: replaced(part) for name, part in live.items()}


def kind_of(pseudonym: str) -> str:
    """``token`` of ``redacted-token-3``; what is a number has none."""
    return pseudonym_shape(pseudonym).removeprefix("redacted-")


def _between(live: Parts, recorded: Parts, bound: Container[str]) -> dict[str, str]:
    if live.keys() != recorded.keys():
        return {}
    secrets: dict[str, str] = {}
    for name, part in recorded.items():
        theirs, ours = _text(part), _text(live[name])
        if theirs == ours:
            continue
        names: list[str] = PSEUDONYM.findall(theirs)
        match = re.fullmatch(_TEXT.join(map(re.escape, PSEUDONYM.split(theirs))), ours) if names else None
        if match is None:
            return {}
        for pseudonym, text in zip(names, match.groups(), strict=True):
            secret = unquote(text)  # where it is in a URL; whoever names it may do so elsewhere
            if text == pseudonym:
                continue
            if pseudonym in bound or PSEUDONYM.search(text) or secrets.setdefault(secret, pseudonym) != pseudonym:
                return {}
    return secrets if len(set(secrets.values())) == len(secrets) else {}


def _text(part: str | bytes) -> str:
    return part if isinstance(part, str) else part.decode("latin-1")
