"""Which live identifier stands for which recorded one: one to one, and translated both ways from then on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

from timetracer.cassette.model import Plain
from timetracer.replaying.tokens import IDENTIFIER, canonical, respell

Text = TypeVar("Text", str, bytes)
_WORD = re.compile(r"(?<![\w-])[\w-]{8,200}(?![\w-])")


class OneToOne:
    """A growing one-to-one map between live and recorded names. A pair that was bound stays bound."""

    __slots__ = ("live_of", "recorded_of", "renames")

    def __init__(self) -> None:
        self.recorded_of: dict[str, str] = {}
        self.live_of: dict[str, str] = {}
        self.renames = False
        """Whether any name differs from the one that it stands for."""

    def admits(self, pairs: Iterable[tuple[str, str]]) -> bool:
        """Whether all these (live, recorded) pairs can be bound together."""
        recorded_of: dict[str, str] = {}
        live_of: dict[str, str] = {}
        for live, recorded in pairs:
            known = self.recorded_of.get(live) or recorded_of.setdefault(live, recorded)
            if known != recorded or (self.live_of.get(recorded) or live_of.setdefault(recorded, live)) != live:
                return False
        return True

    def bind(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Bind pairs that `admits` has admitted."""
        for live, recorded in pairs:
            self.recorded_of[live] = recorded
            self.live_of[recorded] = live
            self.renames = self.renames or live != recorded


class Identities:
    """Generated identifiers of a live run and the recorded ones they stand for.

    Two that differ are *swapped* in every text: the live one becomes the recorded one, and a recorded one that comes
    from the live side becomes the live one, which no recording holds. So a text never names two things by one
    identifier, and translating twice gives back the text.
    Identifiers are compared without regard to hyphens and case where their kind has none (see `tokens.canonical`).
    """

    __slots__ = ("_odd", "_pairs", "_swapped")

    def __init__(self) -> None:
        self._pairs = OneToOne()
        self._swapped: dict[str, str] = {}
        self._odd: dict[
            str, str
        ] = {}  # the same for those that have no shape of their own: whole words, looked for by themselves

    def __bool__(self) -> bool:
        """Whether there is anything to translate."""
        return bool(self._swapped or self._odd)

    def admits(self, pairs: Iterable[tuple[str, str]]) -> bool:
        """Whether all these (live, recorded) identifiers can be bound together, none of them to two."""
        wanted = {(canonical(live), canonical(recorded)) for live, recorded in pairs}
        lives = {live for live, recorded in wanted if live != recorded}
        recordeds = {recorded for live, recorded in wanted if live != recorded}
        crossed = (
            not lives.isdisjoint(recordeds)
            or any(live in self._pairs.live_of for live in lives)
            or any(recorded in self._pairs.recorded_of for recorded in recordeds)
        )
        return not crossed and self._pairs.admits(wanted)

    def bind(self, live: str, recorded: str) -> bool:
        """Bind a pair for good; says whether that was possible."""
        if not self.admits([(live, recorded)]):
            return False
        shapely = [IDENTIFIER.fullmatch(one) is not None for one in (live, recorded)]
        live, recorded = canonical(live), canonical(recorded)
        self._pairs.bind([(live, recorded)])
        if live != recorded and all(shapely):
            self._swapped |= {live: recorded, recorded: live}
        elif live != recorded and not any(shapely) and _safe(live) and _safe(recorded):
            self._odd |= {live: recorded, recorded: live}
        return True

    def recorded(self, live: str) -> str:
        """The recorded identifier (canonical) that a live one stands for; itself where it is not bound."""
        same = canonical(live)
        return self._pairs.recorded_of.get(same, same)

    def to_recorded(self, text: Text) -> Text:
        """A live text as it would have been when it was recorded."""
        return self._translate(text, same_length=False)

    def to_live(self, text: Text) -> Text:
        """A recorded text as the live run must see it. Bytes keep their length: chunks and headers stay true."""
        return self._translate(text, same_length=isinstance(text, bytes))

    def to_live_plain(self, value: Plain) -> Plain:
        """`to_live` for every text within a recorded value. The value itself is left alone."""
        return mapped(value, self.to_live, self.to_live) if self else value

    def _translate(self, text: Text, same_length: bool) -> Text:
        if not self:
            return text
        if isinstance(text, bytes):  # identifiers are ASCII; Latin-1 keeps every other byte
            return self._translate_text(text.decode("latin-1"), same_length).encode("latin-1")
        return self._translate_text(text, same_length)

    def _translate_text(self, text: str, same_length: bool) -> str:
        def swap(pairs: dict[str, str], match: re.Match[str]) -> str:
            here = match.group()
            there = pairs.get(canonical(here))
            if there is None:
                return here
            there = respell(there, here)
            return here if same_length and len(there) != len(here) else there

        if self._swapped:
            text = IDENTIFIER.sub(lambda match: swap(self._swapped, match), text)
        return _WORD.sub(lambda match: swap(self._odd, match), text) if self._odd else text


def _safe(odd: str) -> bool:
    """Whether an identifier of no known shape can be told from ordinary words, to be replaced wherever it stands."""
    return _WORD.fullmatch(odd) is not None and any(map(str.isdigit, odd)) and IDENTIFIER.search(odd) is None


def mapped(value: Plain, text: Callable[[str], str], raw: Callable[[bytes], bytes]) -> Plain:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bytes):
        return raw(value)
    if isinstance(value, UUID):
        return UUID(text(str(value)))
    if isinstance(value, dict):
        return {text(name): mapped(child, text, raw) for name, child in value.items()}
    if isinstance(value, list):
        return [mapped(child, text, raw) for child in value]
    if isinstance(value, tuple | set | frozenset):
        return type(value)([mapped(child, text, raw) for child in value])
    return value
