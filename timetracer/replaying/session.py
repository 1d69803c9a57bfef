"""A replay: one session that answers calls from its cassettes, and remembers what it could not answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from time import monotonic_ns, time_ns
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from opentelemetry.trace import get_current_span

from timetracer.cassette.model import Cassette, Exchange, Kind, Plain, Span
from timetracer.errors import ReplayError, UnmatchedCall
from timetracer.recording import notes
from timetracer.recording.notes import STEP, Note
from timetracer.recording.session import claims
from timetracer.redaction.pseudonyms import NAME, Pseudonyms
from timetracer.redaction.redactor import Redactor
from timetracer.replaying import errors
from timetracer.replaying.calls import Asked, Candidate, Taken
from timetracer.replaying.deliveries import Audience, Listener
from timetracer.replaying.fields import Parts
from timetracer.replaying.keeping import Keeping
from timetracer.replaying.matching import Index, Unneeded
from timetracer.replaying.noise import Noise
from timetracer.replaying.outcomes import MissedCall, Outcomes
from timetracer.replaying.renaming import in_live_names
from timetracer.replaying.unnamed import REASON, Unnamed, kind_of
from timetracer.replaying.verdict import Verdict

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace import Span as LiveSpan

    from timetracer.recording.session import Recording
    from timetracer.seams.declaration import Instrumentor, WireProtocol

OUTBOUND = (Kind.CLIENT, Kind.PRODUCER)
PATIENCE = 5.0
"""Seconds beyond the recorded ones in which a caller must give up who gave up when it was recorded."""
_MEMO = 1000
"""Parts of requests whose redaction is remembered."""
_SHORT = 4096
"""Characters that such a part may have."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a replay answers.

    Args:
        live: libraries whose calls go to the network, unmatched.
        match: names of the parts of a request that are compared; None: all.
        noise: what may differ without being another request.
        redactor: the same that the recording had; it must be, for redacted requests to match.
        max_body_bytes: of a request: a longer one is recognised by its length alone, as the recording kept no more.
        hint: the command that records what is missing, for the message of a miss.
        serving: the inbound request that was never recorded, for the message of a miss; empty: there is none.
    """

    live: frozenset[str] = frozenset()
    match: tuple[str, ...] | None = None
    noise: Noise = field(default_factory=Noise)
    redactor: Redactor = field(default_factory=Redactor)
    max_body_bytes: int = 32 * 1024 * 1024
    hint: str = ""
    serving: str = ""


class Answer(NamedTuple):
    """What a replayed call is given.

    Args:
        exchange: the recorded one, with this replay's identifiers in place of the recorded ones.
        error: the recorded exception, to be raised before the response or after what arrived of it; None: none.
        patience: seconds to wait for a caller to give up again who gave up when it was recorded; 0: nobody gave up.
        missed: remembers that nothing recorded answers: (key, the problem).
    """

    exchange: Exchange
    error: BaseException | None
    patience: float
    missed: Callable[[str, str], None]

    @property
    def complete(self) -> bool:
        """Whether the response was recorded to its very end."""
        response = self.exchange.response
        return response is not None and self.exchange.error is None and not response.get("abandoned")

    def ending(self) -> BaseException:
        """What to raise where an incomplete recording ends: its error; or ours, for a caller who does not stop where
        the recorded one did. Ours is remembered: swallowing it does not make the verdict better."""
        key = self.exchange.key
        error = self.error or ReplayError(
            f"{key}: the recording ends here, because the caller did not wait for the rest when it was recorded;"
            " record it again"
        )
        if isinstance(error, ReplayError):
            self.missed(key, str(error))
        return error


class Replay:
    """One replay.

    Args:
        cassettes: whose exchanges answer; several (of a process) are taken as one.
        load: finds the instrumentor of a library.
        manner: how it answers.
        keep: records what it does; None: nobody.
    """

    def __init__(
        self,
        cassettes: Iterable[Cassette],
        load: Callable[[str], Instrumentor | None],
        manner: Manner | None = None,
        keep: Recording | None = None,
    ) -> None:
        self.manner = manner or Manner()
        self.live = self.manner.live
        self._load = load
        self.outside = self
        recorded = list(cassettes)
        self.started = min((span.start for cassette in recorded for span in cassette.spans if span.start), default=0)
        root = recorded[0].root if len(recorded) == 1 else None
        self._root = root.span_id if root else ""
        self.keeping = Keeping(keep, recorded, self._root) if keep is not None else None
        known = candidates(recorded, load)
        self._lost = {each.library for one in recorded for each in one.exchanges if each.lost and not each.request}
        """Libraries with an exchange of which not even the request could be recorded."""
        self.ports = frozenset(filter(None, (_loopback_port(candidate.exchange) for candidate in known)))
        """Ports on the loopback that belonged to recorded upstreams."""
        self._opened = monotonic_ns()
        self._redacted: dict[tuple[str, str | bytes], str | bytes] = {}
        self._rewrites = self.manner.redactor.rules.function is not None
        self._lock = threading.Lock()
        self._unanswered: list[tuple[str, str]] = []
        self._live = 0
        self.problems: list[str] = []
        """Each miss in full, for people."""
        self._pseudonyms = Pseudonyms(taken={name for candidate in known for name in _given(candidate.exchange)})
        self._recorded = [candidate.exchange for candidate in known]
        self._catalogues: dict[str, Any] = {}
        self._index = Index(
            known, match=self.manner.match, noise=self.manner.noise, command=self.manner.hint, learns=True
        )
        self._audience = Audience(self._index.due, self._delivered)

    def now(self) -> int:
        """The session's clock: the recorded start plus what has elapsed since the replay began. ns since the epoch."""
        return self.started + monotonic_ns() - self._opened

    def find(
        self, instrumentor: Instrumentor, fields: tuple[Any, ...], body: bytes, *, in_turn: bool = False
    ) -> Answer | None:
        """The same for a call that can do without: None if nothing recorded is its exact equal.

        Args:
            instrumentor, fields, body: as of `answer`.
            in_turn: nothing that was recorded before its equal is left to be played.
        """
        try:
            return self.answer(instrumentor, fields, body, optional=True, in_turn=in_turn)
        except Unneeded:
            return None

    def answer(
        self,
        instrumentor: Instrumentor,
        fields: tuple[Any, ...],
        body: bytes,
        *,
        optional: bool = False,
        in_turn: bool = False,
    ) -> Answer:
        """Take the recorded exchange that answers a live call.

        Raises:
            UnmatchedCall: there is none. It is remembered: swallowing it does not make the verdict better.
            Unneeded: there is none, and the call is `optional`.
        """
        request, content = instrumentor.describe_request(fields, body)
        if len(body) > self.manner.max_body_bytes:
            request["omitted"], content = len(body), b""
        with self.keeping or nullcontext():
            recorded = self._answered(instrumentor, request, content, optional=optional, in_turn=in_turn)
        self._audience.release(instrumentor.name)
        cancelled = recorded.error is not None and recorded.error.get("type") == "cancelled"
        patience = (recorded.ended - recorded.started) / 1e9 + PATIENCE if cancelled else 0.0
        return Answer(recorded, None if cancelled else _error(recorded, instrumentor), patience, self.missed)

    def _answered(
        self,
        instrumentor: Instrumentor,
        request: dict[str, Plain],
        content: bytes | None,
        *,
        optional: bool,
        in_turn: bool,
    ) -> Exchange:
        parts, path = parts_of(instrumentor, request, content), _place_now(instrumentor)
        taken = None
        if not (self._rewrites or in_turn):
            taken = self._index.take_verbatim(instrumentor.name, self._known(parts), path)
        try:
            if taken is None:
                taken = self._take(instrumentor, request, content, path, parts, optional=optional, in_turn=in_turn)
            recorded = in_live_names(taken, self._index.pseudonyms)
            if problem := _useless(recorded):
                self.missed(recorded.key, problem)
                raise ReplayError(problem)
        except ReplayError as miss:
            if self.keeping is not None:
                self.keeping.missed(instrumentor, request, content, miss)
            raise
        if self.keeping is not None:
            self.keeping.played(instrumentor, request, content, taken, recorded)
        if not recorded.fact:
            _claim(instrumentor)
        return recorded

    def catalogue(self, protocol: WireProtocol) -> Any:
        """What a protocol's backends want to know of all that was recorded."""
        with self._lock:
            if protocol.name not in self._catalogues:
                own = (exchange for exchange in self._recorded if exchange.library == protocol.name)
                self._catalogues[protocol.name] = protocol.catalogue(own)
            return self._catalogues[protocol.name]

    def listen(self, instrumentor: Instrumentor, listener: Listener) -> None:
        """A connection is to be told, from now on, what the server said to it without being asked."""
        self._audience.join(instrumentor.name, listener)

    def listen_no_more(self, instrumentor: Instrumentor, listener: Listener) -> None:
        """The connection is to be told nothing more."""
        self._audience.leave(instrumentor.name, listener)

    def _delivered(self, candidate: Candidate) -> Exchange:
        taken = self._index.deliver(candidate)
        recorded = in_live_names(taken, self._index.pseudonyms)
        instrumentor = self._load(recorded.library)
        if self.keeping is not None and instrumentor is not None:
            self.keeping.told(instrumentor, taken, recorded)
        return recorded

    def _known(self, parts: Parts) -> Parts:
        """The parts with the secrets that came before already replaced.

        What is then word for word as a recorded request, which was redacted, has nothing more in it to redact.
        """
        if not self._redacted:
            return parts
        return {name: self._redacted.get((name, part), part) for name, part in parts.items()}

    def _take(
        self,
        instrumentor: Instrumentor,
        request: dict[str, Plain],
        content: bytes | None,
        path: str,
        live: Parts,
        *,
        optional: bool = False,
        in_turn: bool = False,
        reasons: tuple[str, ...] = (),
    ) -> Taken:
        key = instrumentor.key(request)
        secrets = instrumentor.secrets(request)
        redacted, body, _ = self.manner.redactor.redact_request(request, content, self._pseudonyms, secrets)
        parts = parts_of(instrumentor, redacted, body)
        for name, part in parts.items():
            if part != live[name] and len(part) < _SHORT and len(self._redacted) < _MEMO:
                self._redacted[name, live[name]] = part
        write = instrumentor.writes(redacted)
        try:
            return self._index.take(
                Asked(
                    *(instrumentor.name, key, parts, write, path, time_ns(), optional, in_turn, reasons),
                    in_one_order=instrumentor.in_one_order,
                )
            )
        except Unnamed as found:
            for secret, pseudonym in found.secrets.items():
                self._pseudonyms.learn(secret, kind_of(pseudonym))
            return self._take(instrumentor, request, content, path, live, reasons=(REASON,))
        except UnmatchedCall as miss:
            told = str(miss)
            if instrumentor.name in self._lost:
                told += f"\n  lost      an exchange of {instrumentor.name}, by a fault of ours when it was recorded"
            if self.manner.serving:
                told += f"\n  within    {self.manner.serving}, a request that was never recorded"
            with self._lock:
                self.problems.append(told)
            raise UnmatchedCall(told) from None

    def in_recorded_names(self, value: bytes) -> bytes:
        """What the live run says, with the recorded identifiers in place of the live ones that stand for them."""
        return self._index.identities.to_recorded(value)

    def requests(self, library: str) -> list[dict[str, Plain]]:
        """What was recorded of a library, answered already or not."""
        return [exchange.request for exchange in self._recorded if exchange.library == library]

    def missed(self, key: str, problem: str) -> None:
        """Remember a call that nothing recorded answers, or that wanted past every seam, whatever becomes of the
        exception."""
        with self._lock:
            self._unanswered.append((key, problem))
            self.problems.append(problem)

    def went_live(self) -> None:
        """Count a call of a library that is meant to reach the real thing."""
        with self._lock:
            self._live += 1

    def verdict(self) -> Verdict:
        """What came of it so far."""
        with self._lock:
            missed = [key for key, _ in self._unanswered]
            return self._index.verdict().merge(Verdict(missed=missed, live=self._live))

    def outcomes(self) -> Outcomes:
        """What became of each recorded call so far, and of each that was missed."""
        found = self._index.outcomes()
        with self._lock:
            found.missed += [MissedCall(key, why=(problem,)) for key, problem in self._unanswered]
        found.missed = [replace(call, within=self._root) for call in found.missed]
        return found

    # --- OpenTelemetry's spans: a replay needs none, and uses those there are to know a call's place ------------------

    def span_started(self, span: LiveSpan, parent_context: Context | None) -> None:
        """Called by the processor for every span that starts."""
        parent = notes.of(get_current_span(parent_context))
        place = f"{parent.place}{STEP}{span.name}" if parent is not None else span.name
        if self.keeping is not None:
            self.keeping.recording.span_started(span, parent_context)
        else:
            notes.attach(span, Note(None))
        if (note := notes.of(span)) is not None:
            note.place = place

    def span_ended(self, span: ReadableSpan, note: Note) -> None:
        """Called by the processor for every span that ends."""


def parts_of(instrumentor: Instrumentor, request: dict[str, Plain], body: bytes | None) -> dict[str, str | bytes]:
    """The parts by which a request is recognised; a body that was not kept is recognised by its length, one that nobody
    read to its end (the connection failed first, the app answered first) not at all."""
    parts = instrumentor.identity(request, body)
    if "unread" in request:
        parts.pop("body", None)
    if "omitted" in request:
        parts["body"] = f"({request['omitted']!r} bytes, not kept)"
    return parts


def placed(cassette: Cassette) -> Iterator[tuple[Span, str]]:
    """Every span with its place in the call tree: its ancestors' names within the cassette, joined by `STEP`."""
    spans = {span.span_id: span for span in cassette.spans}
    places: dict[str, str] = {}
    for span in cassette.spans:
        names: list[str] = []
        above = spans.get(span.parent_id)
        seen = {span.span_id}
        while above is not None and above.span_id not in seen:
            if above.span_id in places:
                names.append(above.name)
                if places[above.span_id]:
                    names.append(places[above.span_id])
                break
            names.append(above.name)
            seen.add(above.span_id)
            above = spans.get(above.parent_id)
        places[span.span_id] = STEP.join(reversed(names))
        yield span, places[span.span_id]


def candidates(cassettes: Iterable[Cassette], load: Callable[[str], Instrumentor | None]) -> list[Candidate]:
    """The recorded exchanges that left the process, of all libraries that have an instrumentor here."""
    found: list[Candidate] = []
    for cassette in cassettes:
        for span, place in placed(cassette):
            exchange = span.exchange
            instrumentor = load(exchange.library) if exchange is not None and span.kind in OUTBOUND else None
            if exchange is not None and instrumentor is not None and (exchange.request or not exchange.lost):
                parts = parts_of(instrumentor, exchange.request, exchange.request_body)
                write = instrumentor.writes(exchange.request)
                candidate = Candidate(exchange, parts, place, exchange.started, write)
                candidate.incidental = instrumentor.incidental(exchange.request)
                candidate.delivery = instrumentor.delivery(exchange.request)
                candidate.span_id = span.span_id
                found.append(candidate)
    return found


def _given(exchange: Exchange) -> Iterator[str]:
    """The pseudonyms that an answer gives to the app."""
    if any(mark.path.startswith("response") for mark in exchange.redactions):
        yield from NAME.findall((exchange.response_body or b"").decode("latin-1"))
        yield from NAME.findall(repr(exchange.response))


def _useless(recorded: Exchange) -> str:
    """Why a recorded exchange can answer nobody; empty if it can."""
    if recorded.lost:
        return f"{recorded.key}: its answer was lost by a fault of Timetracer's when it was recorded; record it again"
    if recorded.response is not None and "omitted" in recorded.response:
        return (
            f"{recorded.key} was recorded without its body of {recorded.response['omitted']!r} bytes, which is over"
            " TIMETRACER_MAX_BODY_BYTES; record it again with a higher limit"
        )
    return ""


def _loopback_port(exchange: Exchange | None) -> int | None:
    try:
        url = urlsplit(str(exchange.request.get("url", ""))) if exchange is not None else None
        return url.port if url is not None and url.hostname in ("localhost", "127.0.0.1", "::1") else None
    except ValueError:  # a port that is no number
        return None


def _place_now(instrumentor: Instrumentor) -> str:
    """The place of a live call: that of its own span's parent if it has a span of its own, else of the current span."""
    span = get_current_span()
    note = notes.of(span)
    if note is None:
        return ""
    return note.place.rpartition(STEP)[0] if claims(instrumentor, span, note) else note.place


def _claim(instrumentor: Instrumentor) -> None:
    """The live call that was answered has its span, as it had when it was recorded: the next ones are beneath it."""
    span = get_current_span()
    note = notes.of(span)
    if note is not None and claims(instrumentor, span, note):
        note.claimed = True


def _error(recorded: Exchange, instrumentor: Instrumentor) -> BaseException | None:
    if recorded.error is None:
        return None
    return errors.rebuild(recorded.error, instrumentor.errors(), recorded.key)
