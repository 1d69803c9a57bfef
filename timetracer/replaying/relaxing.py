"""Relaxed matching: a live call that differs from a recorded one only in noise, moved times and generated identifiers.

**An identifier that the cassette does not know may enter only through a write** (or a header made for it). There it is
bound to the recorded one in its place, if that one too entered the recording through a write. A read with an unknown
identifier asks for other data, and so does any call with an identifier that is recorded in another place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from uuid import UUID

from timetracer.cassette.model import Exchange, Plain
from timetracer.replaying.calls import Asked, Candidate
from timetracer.replaying.fields import Parts, shown
from timetracer.replaying.identities import Identities, OneToOne
from timetracer.replaying.moments import SECOND, strayed
from timetracer.replaying.noise import Noise
from timetracer.replaying.outline import Mark, Outline, outline
from timetracer.replaying.tokens import identifiers

_REACH = 2_000
"""How many candidates of one outline are looked at before a call is given up."""
_CHOICE = 32
"""Among how many that fit the best one is chosen."""
_JUST_NOW = 5 * SECOND
"""A time this close (ns) to now was read from the clock; any other may be data."""


@dataclass(slots=True, frozen=True)
class Fit:
    """A candidate that can answer, what has to be bound for it (live, recorded), and why it counts as relaxed."""

    candidate: Candidate
    identifiers: list[tuple[str, str]]
    pseudonyms: list[tuple[str, str]]
    reasons: tuple[str, ...]
    misfit: tuple[bool, int, int, int]
    """The smaller the better: another place in the call tree, unequal pseudonyms, ns its times are off, its turn."""


@dataclass(slots=True, frozen=True)
class _Recorded:
    candidate: Candidate
    marks: tuple[Mark, ...]
    noise: dict[str, str]


class Relaxed:
    """The candidates by what is left of their requests without the tokens. To build it is to read the whole cassette.

    Args:
        recorded: every candidate, in order, with those parts of its request that are compared.
        noise: the user's rules.
        identities, pseudonyms: what is bound so far. `fit` only reads them.
    """

    def __init__(
        self, recorded: Iterable[tuple[Candidate, Parts]], noise: Noise, identities: Identities, pseudonyms: OneToOne
    ) -> None:
        self._noise = noise
        self._identities = identities
        self._pseudonyms = pseudonyms
        self._buckets: dict[bytes, deque[_Recorded]] = {}
        outlines = [(candidate, outline(parts, noise, candidate.exchange.started)) for candidate, parts in recorded]
        asked = {id(candidate): _identifiers(lines) for candidate, lines in outlines}
        answered = {id(candidate): _answered(candidate.exchange) for candidate, _ in outlines}
        self._named = {key: {mark.text for mark in asked[key]} | answered[key] for key in asked}
        makers = _makers([candidate for candidate, _ in outlines], asked, answered)
        self._generated = makers.keys()
        self._known: set[str] = set().union(*self._named.values())
        self._times = {mark.text for _, lines in outlines for mark in lines.marks if mark.kind == "time"}
        for candidate, lines in outlines:
            if candidate.delivery:
                continue
            entry = _Recorded(candidate, lines.marks, lines.noise)
            old = {mark.text for mark in entry.marks if makers.get(mark.text) is not candidate}
            lasting = {mark.text for mark in entry.marks if mark.text not in makers}
            for fixed in (None, old, lasting) if candidate.write else (None,):
                digest = lines.digest(candidate.exchange.library, partial(_own, fixed=fixed))
                bucket = self._buckets.setdefault(digest, deque())
                if not bucket or bucket[-1] is not entry:
                    bucket.append(entry)

    def played(self, candidate: Candidate) -> None:
        """Whatever it names and is not bound by now was the same on both sides: it stands for itself."""
        for identifier in self._named[id(candidate)]:
            self._identities.bind(identifier, identifier)

    def unknown(self, parts: Parts) -> list[str]:
        """The identifiers of a live call that the cassette does not name and that nothing has bound."""
        texts = [mark.text for mark in _identifiers(outline(parts, self._noise, 0)) if not mark.free]
        return [text for text in dict.fromkeys(texts) if self._identities.recorded(text) not in self._known]

    def fit(self, asked: Asked, parts: Parts) -> Fit | None:
        """The candidate that answers best; None if none does."""
        lines = outline(parts, self._noise, asked.now)
        for literal in (self._translated, self._new, self._generic) if asked.write else (self._translated,):
            bucket = self._buckets.get(lines.digest(asked.library, literal))
            if bucket is not None and (fit := self._best(bucket, asked, lines)) is not None:
                return fit
        return None

    def _translated(self, mark: Mark) -> str | None:
        """In a live call: what a recorded one must have too."""
        own = _own(mark)
        return own if own is None else self._identities.recorded(own)

    def _new(self, mark: Mark) -> str | None:
        """In a live write: the same, but unknown identifiers may stand for those that a recorded write made up."""
        recorded = self._translated(mark)
        return recorded if recorded in self._known else None

    def _generic(self, mark: Mark) -> str | None:
        """The same for writes in another order than was recorded: what another write made up may be new here."""
        recorded = self._new(mark)
        return None if recorded in self._generated else recorded

    def _best(self, bucket: deque[_Recorded], asked: Asked, live: Outline) -> Fit | None:
        while bucket and bucket[0].candidate.taken:
            bucket.popleft()
        marks, fits, stale = live.marks, list[Fit](), 0
        for entry in islice(bucket, _REACH):
            if entry.candidate.taken:
                stale += 1
            elif (fit := self._unified(entry, marks, live.noise, asked)) is not None:
                fits.append(fit)
                if len(fits) == _CHOICE or fit.misfit[:3] == (False, 0, 0):
                    break
        if stale > min(_REACH, len(bucket)) // 4:
            waiting = [entry for entry in bucket if not entry.candidate.taken]
            bucket.clear()
            bucket.extend(waiting)
        return min(fits, key=lambda fit: fit.misfit, default=None)

    def _unified(self, recorded: _Recorded, marks: tuple[Mark, ...], noise: dict[str, str], asked: Asked) -> Fit | None:
        identifiers: list[tuple[str, str]] = []
        pseudonyms: list[tuple[str, str]] = []
        reasons = [label for label, value in noise.items() if recorded.noise.get(label) != value]
        farthest = 0
        for theirs, ours in zip(recorded.marks, marks, strict=True):
            if ours.kind == "pseudonym":
                pseudonyms.append((ours.text, theirs.text))
            elif ours.kind == "identifier":
                if ours.text != theirs.text:
                    if not self._may_stand_for(ours, theirs, asked.write):
                        return None
                    reasons.append(f"generated identifier ({shown(ours.path)})")
                identifiers.append((ours.text, theirs.text))
            elif ours.text != theirs.text:
                stray = self._stray(theirs, ours, recorded.candidate.exchange.started, asked.now)
                if stray is None:
                    return None
                farthest = max(farthest, stray)
                reasons.append(f"timestamp ({shown(ours.path)})")
        if not (self._identities.admits(identifiers) and self._pseudonyms.admits(pseudonyms)):
            return None
        candidate = recorded.candidate
        unequal = sum(live != there for live, there in pseudonyms)
        misfit = (candidate.path != asked.path, unequal, farthest, candidate.order)
        return Fit(candidate, identifiers, pseudonyms, tuple(dict.fromkeys(reasons)) or ("layout",), misfit)

    def _may_stand_for(self, live: Mark, recorded: Mark, write: bool) -> bool:
        if self._identities.recorded(live.text) == recorded.text:
            return True
        return live.text not in self._known and (live.free or (write and recorded.text in self._generated))

    def _stray(self, recorded: Mark, live: Mark, recorded_now: int, live_now: int) -> int | None:
        if recorded.moment is None or live.moment is None:
            return None
        if live.text in self._times and abs(live.moment.time - live_now) > _JUST_NOW:
            return None  # recorded in another place: somebody else's data
        return strayed(recorded.moment, live.moment, recorded_now, live_now)


def _own(mark: Mark, fixed: Collection[str] | None = None) -> str | None:
    """What a mark is fixed to: an identifier to itself, if it is among the fixed. The others are compared later."""
    return mark.text if mark.kind == "identifier" and not mark.free and (fixed is None or mark.text in fixed) else None


def _identifiers(lines: Outline) -> list[Mark]:
    return [mark for mark in lines.marks if mark.kind == "identifier"]


def _answered(exchange: Exchange) -> set[str]:
    texts = [*_texts(exchange.response), *_texts(exchange.error), exchange.response_body or b""]
    return identifiers(b"\n".join(texts))


def _texts(value: Plain) -> Iterator[bytes]:
    if isinstance(value, str | UUID):
        yield str(value).encode("utf-8", "surrogatepass")
    elif isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        yield from _texts([*value, *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for child in value:
            yield from _texts(child)


def _makers(
    candidates: list[Candidate], asked: dict[int, list[Mark]], answered: dict[int, set[str]]
) -> dict[str, Candidate]:
    """The identifiers that the recording first saw in a write, or in a header made for them: that call made them up."""
    first: dict[str, Candidate | None] = {}
    events = [(each.exchange.started, each.order, False, each) for each in candidates]
    events += [(max(each.exchange.ended, each.exchange.started), each.order, True, each) for each in candidates]
    for _, _, answer, each in sorted(events, key=lambda event: event[:3]):
        if answer:
            for identifier in answered[id(each)]:
                first.setdefault(identifier, None)
        else:
            for mark in asked[id(each)]:
                first.setdefault(mark.text, each if each.write or mark.free else None)
    return {identifier: maker for identifier, maker in first.items() if maker is not None}
