"""A recording: decides for every call and every span which unit of work it joins, and hands complete units on.

Two shapes of one thing. A *service* recording opens a unit for every local root (an inbound request, a task run) and
gathers what happens outside any of them as background work. A *single* recording (a ``with`` block, a test) is one unit
from its start to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from opentelemetry.trace import SpanKind, get_current_span

from timetracer.recording import notes
from timetracer.recording.notes import Note
from timetracer.recording.tape import Known, Tape, told_again
from timetracer.recording.unit import Own, Piece, Scene, Unit, behalf, outgoing, scene

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

    from timetracer.seams.declaration import Instrumentor

ROOT_KINDS = (SpanKind.SERVER, SpanKind.CONSUMER)
"""Local roots of these kinds are units of work of their own; all others are background work of the process."""
_LEAVING = (SpanKind.CLIENT, SpanKind.PRODUCER)
"""A call that leaves may be either: OpenTelemetry's botocore is a producer when it publishes to SNS, else a client."""
_TWINS = ((), *(_LEAVING if kind in _LEAVING else (kind,) for kind in SpanKind))
"""The kinds of OpenTelemetry's spans that may be claimed, by the number of ours, which is one more than theirs."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is worth recording.

    Args:
        sample_rate: share of units that are recorded, 0 to 1; by trace id, so that services choose alike.
        max_body_bytes: bytes kept of each body.
        live: libraries whose calls pass by unrecorded.
    """

    sample_rate: float = 1.0
    max_body_bytes: int = 32 * 1024 * 1024
    live: frozenset[str] = frozenset()

    def samples(self, trace_id: int) -> bool:
        """OpenTelemetry's ``TraceIdRatioBased`` rule, on the same bits."""
        return self.sample_rate >= 1.0 or (trace_id & (2**64 - 1)) < self.sample_rate * 2**64


class Recording:
    """One recording.

    Args:
        choice: what is worth recording.
        complete: called with each complete unit, in the thread that completed it: must be quick.
        watch: called with a unit whose root has ended while others are still in it.
        single: one unit for everything, open until `close`.
        begun: called when a unit of work begins, again and again: must be quick. With it open spans are followed, so
            that `underway.units` finds them.
    """

    def __init__(
        self,
        choice: Choice,
        complete: Callable[[Unit], None],
        watch: Callable[[Unit], None] | None = None,
        *,
        single: bool = False,
        begun: Callable[[], None] | None = None,
    ) -> None:
        self.choice = choice
        self.outside = self
        self.live = choice.live
        self._complete = complete
        self._watch = watch
        self._begun = begun
        self._arrivals: dict[int, Scene] = {}
        self._told: WeakKeyDictionary[Known, int] = WeakKeyDictionary()
        self._single: Unit | None = None
        if single:
            self._single = Unit(self, background=False, complete=complete, bounded=False)
            self._single.enter()

    def begin_anew(self) -> None:
        """Let a single recording forget what it has gathered: in a forked child, that is the parent's."""
        if self._single is not None:
            self._single = Unit(self, background=False, complete=self._complete, bounded=False)
            self._single.enter()

    def pieces(self) -> list[Piece]:
        """Everything that a single recording has gathered so far; what is still open comes as far as it has come."""
        return self._single.snapshot() if self._single is not None else []

    def arrivals(self) -> list[Scene]:
        """The inbound requests that are being served, if they are followed; may be asked for in any thread."""
        return list(self._arrivals.values())

    # --- calls that leave ------------------------------------------------------------------------------------------

    def begin(
        self,
        instrumentor: Instrumentor,
        fields: tuple[Any, ...],
        *,
        fact: bool = False,
        own: bool = False,
        known: Known | None = None,
        span: Any = None,
    ) -> Tape | None:
        """A tape for a call that is about to leave; None when it is not worth recording.

        The call claims the current span if that span is its instrumentor's and unclaimed. Otherwise it gets a span of
        its own, which exists in the cassette only; so does a fact, always.

        Args:
            instrumentor: whose call it is.
            fields: its request.
            fact: it is asked once, and true for whoever comes later on the same connection.
            own: it gets a span of its own in any case.
            known: the facts of its connection: those that the unit does not have yet join it.
            span: OpenTelemetry's of this call, where that is not the current one (pymongo's never is).
        """
        if span is None:
            span = get_current_span()
        note = notes.of(span)
        unit = self._join(note)
        if unit.discarded:
            unit.leave()
            return None
        if known is not None and known.facts:
            self._tell(unit, known, span)
        limit = self.choice.max_body_bytes
        tape = Tape(instrumentor, fields, limit, unit.leave, fact=fact)
        if fact and known is not None:
            known.facts.append(tape)
            self._told_to(unit)[known] = len(known.facts)
        if not (fact or own) and (free := _claimed(instrumentor, span, note, unit)) is not None:
            free.tape = tape
        else:
            unit.add(Piece(None, self._own(span), tape))
        return tape

    def _tell(self, unit: Unit, known: Known, span: Any) -> None:
        told = self._told_to(unit)
        begin, end = told.get(known, 0), len(known.facts)
        if begin < end:
            told[known] = end
            for fact in known.facts[begin:end]:
                if fact.ended and fact.fact and not fact.dropped:
                    unit.add(Piece(None, self._own(span), told_again(fact)))

    def _told_to(self, unit: Unit) -> MutableMapping[Known, int]:
        """How many of the facts of each connection a unit has; all background work has one cassette between it."""
        return self._told if unit.background else unit.told

    def _join(self, note: Note | None) -> Unit:
        """Enter the unit that the current context works for, or a new one of background work."""
        if self._single is not None:
            self._single.enter()
            return self._single
        if note is not None and note.unit is not None and note.unit.owner is self and note.unit.enter():
            return note.unit
        current = scene.get()
        if current is not None and current.unit.owner is self and current.unit.enter():
            return current.unit
        return self._open(background=True)

    def _open(self, *, background: bool) -> Unit:
        unit = Unit(self, background=background, complete=self._complete)
        unit.enter()
        return unit

    def _own(self, span: Any) -> Own:
        context = span.get_span_context()
        if context.is_valid:
            return Own.under(context.trace_id, context.span_id)
        current = scene.get()
        if current is not None and current.unit.owner is self:
            return Own.under(current.own.trace_id, current.own.span_id)
        return Own.under(0, 0)

    # --- requests that enter ---------------------------------------------------------------------------------------

    @contextmanager
    def arrival(
        self, instrumentor: Instrumentor, fields: tuple[Any, ...], *, discard: bool = False
    ) -> Generator[Tape, None, None]:
        """The time in which one inbound request is served.

        The tape is claimed by the SERVER span that OpenTelemetry opens for the request, whether that is current already
        or opens beneath us; if none does, it gets a span of its own.
        """
        span = get_current_span()
        note = notes.of(span)
        joined = note.unit if note is not None and note.unit is not None and note.unit.owner is self else None
        claimed = False
        if joined is not None and note is not None and claims(instrumentor, span, note) and joined.enter():
            unit, claimed = joined, True
        elif self._single is not None:
            unit = self._single
            unit.enter()
        else:
            unit = self._open(background=False)
        own = self._own(span)
        unit.discarded = unit.discarded or discard or not (self._single or self.choice.samples(own.trace_id))
        unit.enter()
        tape = Tape(instrumentor, fields, self.choice.max_body_bytes, unit.leave)
        current = Scene(unit, tape, own, claimed)
        if claimed and note is not None:
            note.tape = tape
        before = scene.get()
        scene.set(current)
        if self._begun is not None:
            self._arrivals[id(current)] = current
            self._begun()
        try:
            yield tape
        except BaseException as error:
            tape.fail(error)
            raise
        finally:
            tape.finish()
            if scene.get() is current:  # not so where the garbage collector closes the request, in a context of its own
                scene.set(before)
            self._arrivals.pop(id(current), None)
            if not current.claimed:
                unit.add(Piece(None, own, tape))
            unit.leave()
            self._root_ended(unit)

    # --- OpenTelemetry's spans -------------------------------------------------------------------------------------

    def span_started(self, span: Span, parent_context: Context | None) -> None:
        """Called by the processor for every span that starts."""
        above = span.parent
        parent = notes.by_id(above.span_id) if above is not None and not above.is_remote else None
        current = scene.get()
        root = False
        if self._single is not None:
            unit = self._single
            unit.enter()
        elif parent is not None and parent.unit is not None and parent.unit.owner is self and parent.unit.enter():
            unit = parent.unit
        elif current is not None and current.unit.owner is self and current.unit.enter():
            unit = current.unit
        else:
            unit, root = self._open(background=span.kind not in ROOT_KINDS), True
            unit.discarded = not self.choice.samples(span.get_span_context().trace_id)
        note = Note(unit)
        note.root = root
        if self._begun is not None:
            note.span = ref(span)
            if root and not unit.background:
                self._begun()
        notes.attach(span, note)
        if (
            current is not None
            and not current.claimed
            and current.unit is unit
            and claims(current.tape.instrumentor, span, note)
        ):
            note.tape = current.tape
            current.claimed = True
        call = outgoing.get()
        if call is not None and claims(call.instrumentor, span, note) and unit.give_up_own(call):
            note.tape = call

    def span_ended(self, span: ReadableSpan, note: Note) -> None:
        """Called by the processor for every span of this recording that ends."""
        if note.unit is not None:
            note.unit.leave(Piece(span, None, note.tape))
            if note.root:
                self._root_ended(note.unit)

    def _root_ended(self, unit: Unit) -> None:
        if unit.end_root() and self._watch is not None:
            self._watch(unit)


def _claimed(instrumentor: Instrumentor, span: Any, note: Note | None, unit: Unit) -> Note | None:
    """The note of the span on which a call sits: the current one, or that of a library above its own; None: neither."""
    if note is None or not _is_twin(instrumentor, span):
        above = behalf.get()
        note = notes.of(above) if above is not None else None
        span = above
    return note if note is not None and note.unit is unit and claims(instrumentor, span, note) else None


def claims(instrumentor: Instrumentor, span: Any, note: Note) -> bool:
    """Whether an exchange of this instrumentor may sit on a span: its OpenTelemetry twin's, of the right kind, free."""
    return note.tape is None and not (note.claimed or note.ended) and _is_twin(instrumentor, span)


def _is_twin(instrumentor: Instrumentor, span: Any) -> bool:
    scope = getattr(span, "instrumentation_scope", None)
    return scope is not None and _is_of(scope.name, instrumentor.scopes) and span.kind in _TWINS[instrumentor.kind]


@lru_cache(maxsize=1024)
def _is_of(name: str, scopes: tuple[str, ...]) -> bool:
    """Whether the scope of this name is one of these, or within one."""
    return any(name == scope or name.startswith(f"{scope}.") for scope in scopes)
