"""Taking the recorded exchange that answers a live call: exactly, or relaxed with the reason, or not at all.

Each step costs O(1) in the size of the cassette; the first call that is not exact reads the whole cassette once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from itertools import islice
from threading import Lock

from timetracer.errors import UnmatchedCall
from timetracer.redaction.pseudonyms import NAME
from timetracer.replaying.calls import Asked, Candidate, Taken
from timetracer.replaying.deliveries import Turns
from timetracer.replaying.fields import Parts
from timetracer.replaying.identities import Identities, OneToOne
from timetracer.replaying.misses import Miss
from timetracer.replaying.noise import Noise
from timetracer.replaying.outcomes import MissedCall, Outcomes
from timetracer.replaying.relaxing import Relaxed
from timetracer.replaying.tokens import pseudonym_shape
from timetracer.replaying.unnamed import Unnamed, unnamed
from timetracer.replaying.unordered import Unordered
from timetracer.replaying.verdict import Verdict
from timetracer.replaying.waiting import Queue

_REACH = 2_000
"""How many sets of pseudonyms are tried for a call whose own are not bound yet."""


class Unneeded(LookupError):
    """Nothing recorded answers a call that can do without."""


class Index:
    """The recorded exchanges of a cassette, to be taken by live calls. Any number of threads may take.

    Args:
        candidates: what was recorded.
        match: the names of the parts to compare, None for all. A library that has none of them is compared by all.
        noise: the user's rules of what may differ.
        command: the command that records the cassette again, for the text of a miss; empty if there is none to offer.
        learns: whether who asks is to be told what may be a secret that nothing has named so far (`Unnamed`).
    """

    def __init__(
        self,
        candidates: Iterable[Candidate],
        *,
        match: tuple[str, ...] | None = None,
        noise: Noise | None = None,
        command: str = "",
        learns: bool = False,
    ) -> None:
        self._candidates = sorted(candidates, key=lambda candidate: candidate.order)
        self._match = match
        self._noise = noise or Noise()
        self._command = command
        self._learns = learns
        self._lock = Lock()
        self._turns: Turns | None = None
        self._unordered = Unordered(self._candidates, self._compared)
        self._queues: dict[Hashable, Queue] = {}
        self._redacted = False
        self._unread = False
        self._aliases: dict[Hashable, dict[tuple[str, ...], Queue]] | None = None
        self._relaxed: Relaxed | None = None
        self._played: list[Candidate] = []
        self._settled = 0
        self._verdict = Verdict()
        self._misses: list[MissedCall] = []
        self.identities = Identities()
        """Generated identifiers, live and recorded."""
        self.pseudonyms = OneToOne()
        """Pseudonyms of secrets, live and recorded: both sides number them by first appearance, which may differ."""
        for candidate in self._candidates:
            if candidate.delivery:
                continue
            parts = self._compared(candidate.parts)
            self._unread = self._unread or "unread" in candidate.exchange.request
            key = (candidate.exchange.library, *parts, *parts.values())
            queue = self._queues.get(key)
            if queue is None:
                self._queues[key] = Queue(candidate)
                self._redacted = self._redacted or any(map(_has_pseudonym, parts.values()))
            else:
                queue.add(candidate)

    def take_verbatim(self, library: str, parts: Parts, path: str) -> Taken | None:
        """The recorded exchange of a request with these very parts (but for the numbers of pseudonyms).

        None says nothing: `take` knows more.
        """
        if self._unread:
            return None
        with self._lock:
            candidate = None if self.identities else self._exact(library, self._compared(parts), path)
            return None if candidate is None else self._played_now(candidate)

    def _played_now(self, candidate: Candidate, reasons: tuple[str, ...] = ()) -> Taken:
        candidate.played = True
        candidate.taken = not candidate.lasting
        candidate.reasons = reasons
        self._played.append(candidate)
        return Taken(candidate.exchange, reasons, self.identities)

    def take(self, asked: Asked) -> Taken:
        """The recorded exchange that answers a call; no other call gets it, unless it is a fact.

        Raises:
            UnmatchedCall: there is none. The text says what was asked, what comes nearest and how they differ.
            Unneeded: there is none, and the call can do without.
            Unnamed: there may be one (and it `learns`), if what stands in the call without a name is a secret.
        """
        with self._lock:
            parts = self._compared(asked.parts)
            translated = self._translated(parts)
            reasons: tuple[str, ...] = ()
            candidate = self._exact(asked.library, translated, asked.path)
            if asked.in_turn and candidate is not None and not self._order.has_come(candidate):
                raise Unneeded
            if self._unread:
                # Whose body nobody had read may be any of them: the one that was issued first.
                unread = self._exact(asked.library, _bodiless(translated), asked.path)
                if unread is not None and (candidate is None or unread.order < candidate.order):
                    candidate = unread
            if candidate is None and not asked.in_turn:
                candidate = self._unordered.first(asked, translated)
            if candidate is None and not asked.optional:
                candidate, reasons = self._take_relaxed(asked, parts)
            elif candidate is not None and translated is not parts:
                changed = (name for name, part in translated.items() if part != parts[name])
                reasons = tuple(f"generated identifier (request.{name})" for name in changed)
            if candidate is not None:
                reasons += asked.reasons
                if reasons:
                    self._verdict.relaxed.append((asked.key, reasons))
                return self._played_now(candidate, reasons)
            if asked.optional:
                raise Unneeded
            if secrets := self._unnamed(asked, translated):
                raise Unnamed(secrets)
            self._verdict.missed.append(asked.key)
            miss = self._miss(asked, parts, translated)
            self._verdict.extra += miss.extra
            why = miss.text().split("\n")[3:]
            self._misses.append(
                MissedCall(asked.key, asked.library, asked.now, asked.path, miss.span_id, tuple(map(str.strip, why)))
            )
        raise UnmatchedCall(miss.text(self._command))

    def due(self, library: str) -> list[Candidate]:
        """The deliveries whose turn has come, by issue."""
        with self._lock:
            return list(self._order.due(library))

    def deliver(self, candidate: Candidate) -> Taken:
        """Take a delivery."""
        with self._lock:
            return self._played_now(candidate)

    @property
    def _order(self) -> Turns:
        if self._turns is None:
            self._turns = Turns(self._candidates)
        return self._turns

    def verdict(self) -> Verdict:
        """What was played, relaxed, missed and left over so far."""
        with self._lock:
            so_far = Verdict(played=len(self._played)).merge(self._verdict)
            left = (each for each in self._candidates if not (each.taken or each.exchange.fact or each.incidental))
            so_far.unplayed.extend(candidate.exchange.key for candidate in left)
            return so_far

    def outcomes(self) -> Outcomes:
        """The same, call by call."""
        with self._lock:
            found = Outcomes(missed=[*self._misses])
            for candidate in self._candidates:
                if candidate.played:
                    found.note(candidate.span_id, "relaxed" if candidate.reasons else "played", candidate.reasons)
                elif not (candidate.exchange.fact or candidate.incidental):
                    found.note(candidate.span_id, "unplayed")
            return found

    def _compared(self, parts: Parts) -> Parts:
        if self._match is None:
            return parts
        return {name: parts[name] for name in self._match if name in parts} or parts

    def _translated(self, parts: Parts) -> Parts:
        """The parts with recorded identifiers for live ones; the very same object if that changes nothing."""
        if not self.identities:
            return parts
        translated: dict[str, str | bytes] = {}
        for name, part in parts.items():
            if isinstance(part, str):
                translated[name] = self.identities.to_recorded(part)
            else:
                translated[name] = self.identities.to_recorded(part)
        return parts if translated == parts else translated

    def _exact(self, library: str, parts: Parts, path: str) -> Candidate | None:
        if self._redacted and (pseudonyms := _pseudonyms(parts)):
            return self._exact_by_alias(library, parts, path, pseudonyms)
        queue = self._queues.get((library, *parts, *parts.values()))
        return None if queue is None else queue.first(path)

    def _exact_by_alias(self, library: str, parts: Parts, path: str, live: tuple[str, ...]) -> Candidate | None:
        """Exact but for the numbers of pseudonyms. Bound ones lead to their partners, others prefer equal numbers."""
        pairs = [(name, self.pseudonyms.recorded_of.get(name, name)) for name in live]
        if self.pseudonyms.admits(pairs):
            renamed = {name: recorded for name, recorded in pairs if name != recorded}
            same = _replaced(parts, lambda name: renamed.get(name, name)) if renamed else parts
            queue = self._queues.get((library, *same, *same.values()))
            if queue is not None and (candidate := queue.first(path)) is not None:
                self.pseudonyms.bind(pairs)
                return candidate
        if all(name in self.pseudonyms.recorded_of for name in live):
            return None
        if self._aliases is None:
            self._aliases = self._by_shape()
        shape = _replaced(parts, pseudonym_shape)
        return self._unbound(self._aliases.get((library, *shape, *shape.values()), {}), live, path)

    def _unbound(self, queues: dict[tuple[str, ...], Queue], live: tuple[str, ...], path: str) -> Candidate | None:
        """The first whose pseudonyms can be bound to these, one to one; if possible in the same place."""
        found: tuple[Candidate, list[tuple[str, str]]] | None = None
        done: list[tuple[str, ...]] = []
        for recorded, queue in islice(queues.items(), _REACH):
            candidate = queue.first(path)
            if candidate is None or all(name in self.pseudonyms.live_of for name in recorded):
                done.append(recorded)  # used up, or found by its numbers from now on
                continue
            pairs = list(zip(live, recorded, strict=True))
            if (found is None or candidate.path == path) and self.pseudonyms.admits(pairs):
                found = candidate, pairs
                if candidate.path == path:
                    break
        for recorded in done:
            del queues[recorded]
        if found is None:
            return None
        self.pseudonyms.bind(found[1])
        return found[0]

    def _by_shape(self) -> dict[Hashable, dict[tuple[str, ...], Queue]]:
        shapes: dict[Hashable, dict[tuple[str, ...], Queue]] = {}
        for queue in self._queues.values():
            parts = self._compared(queue.sample.parts)
            if recorded := _pseudonyms(parts):
                shape = _replaced(parts, pseudonym_shape)
                library = queue.sample.exchange.library
                shapes.setdefault((library, *shape, *shape.values()), {})[recorded] = queue
        return shapes

    def _take_relaxed(self, asked: Asked, parts: Parts) -> tuple[Candidate | None, tuple[str, ...]]:
        if self._relaxed is None:
            everything = ((candidate, self._compared(candidate.parts)) for candidate in self._candidates)
            self._relaxed = Relaxed(everything, self._noise, self.identities, self.pseudonyms)
        for candidate in self._played[self._settled :]:
            self._relaxed.played(candidate)
        self._settled = len(self._played)
        ways = (parts, _bodiless(parts)) if self._unread else (parts,)
        fits = [fit for way in ways if (fit := self._relaxed.fit(asked, way)) is not None]
        if not fits:
            return None, ()
        fit = min(fits, key=lambda fit: fit.candidate.order)
        self.pseudonyms.bind(fit.pseudonyms)
        for live, recorded in fit.identifiers:
            self.identities.bind(live, recorded)
        return fit.candidate, fit.reasons

    def _unnamed(self, asked: Asked, parts: Parts) -> dict[str, str]:
        if not (self._learns and self._redacted):
            return {}
        known = self.pseudonyms.recorded_of
        waiting = (
            self._compared(each.parts)
            for each in self._candidates
            if not (each.taken or each.delivery) and each.exchange.library == asked.library
        )
        return unnamed(asked, _replaced(parts, lambda name: known.get(name, name)), waiting, self.pseudonyms.live_of)

    def _miss(self, asked: Asked, parts: Parts, translated: Parts) -> Miss:
        known, bound = dict(self.pseudonyms.recorded_of), self.pseudonyms.live_of
        recorded = _replaced(translated, lambda name: known.get(name, name))
        queue = self._queues.get((asked.library, *recorded, *recorded.values()))
        unknown = [] if asked.write or self._relaxed is None else self._relaxed.unknown(parts)

        def compared(parts: Parts) -> Parts:
            return _replaced(self._compared(parts), lambda name: name if name in bound else _unbound(name))

        return Miss.of(
            asked,
            _replaced(translated, lambda name: known.get(name) or _unbound(name)),
            candidates=[each for each in self._candidates if not each.exchange.fact] or self._candidates,
            compared=compared,
            noise=self._noise,
            equal=queue,
            unknown=unknown,
        )


def _unbound(pseudonym: str) -> str:
    """A secret that may be any: what differs in its number only does not differ."""
    return f"{pseudonym_shape(pseudonym)}-?"


def _bodiless(parts: Parts) -> Parts:
    return {name: part for name, part in parts.items() if name != "body"}


def _has_pseudonym(part: str | bytes) -> bool:
    return (
        ("redacted-" in part or "999999" in part)
        if isinstance(part, str)
        else (b"redacted-" in part or b"999999" in part)
    )


def _pseudonyms(parts: Parts) -> tuple[str, ...]:
    """All of them, in order, as often as they stand there."""
    found: list[str] = []
    for part in parts.values():
        if _has_pseudonym(part):
            found += NAME.findall(part if isinstance(part, str) else part.decode("latin-1"))
    return tuple(found)


def _replaced(parts: Parts, name: Callable[[str], str]) -> Parts:
    def replaced(part: str | bytes) -> str | bytes:
        if not _has_pseudonym(part):
            return part
        if isinstance(part, str):
            return NAME.sub(lambda match: name(match.group()), part)
        return NAME.sub(lambda match: name(match.group()), part.decode("latin-1")).encode("latin-1")

    return {key: replaced(part) for key, part in parts.items()}
