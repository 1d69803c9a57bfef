"""A replay laid over the cassette that it played: each call with what became of it, each missed call in its place.

What became of a call is an attribute of its span, so that whatever shows, finds or filters spans knows it as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from timetracer.analysis.amounts import counted
from timetracer.cassette.model import Cassette, Kind, Scope, Span, Status
from timetracer.cassette.replays import WHY, WORD

if TYPE_CHECKING:
    from timetracer.replaying.outcomes import MissedCall, Outcome, Outcomes

Word = Literal["missed", "unplayed", "relaxed", "played"]

WORDS: Final[tuple[Word, ...]] = ("missed", "unplayed", "relaxed", "played")
"""What can have become of a call; what needs a look comes first."""


def overlaid(cassette: Cassette, outcomes: Outcomes) -> Cassette:
    """Another cassette: its spans with what became of them, and a failed span of no length for each missed call."""
    spans = [
        replace(span, attributes={**span.attributes, **_told(outcome)})
        if (outcome := outcomes.spans.get(span.span_id))
        else span
        for span in cassette.spans
    ]
    # Last, so that a span's number is what it was.
    return replace(cassette, spans=[*spans, *_missed(cassette, outcomes.missed)])


def word(span: Span) -> Word | None:
    """What became of a call in the replay that is laid over it."""
    said = span.attributes.get(WORD)
    return next((each for each in WORDS if each == said), None)


def why(span: Span) -> list[str]:
    """What there is to say about it."""
    lines = span.attributes.get(WHY, ())
    return [line for line in lines if isinstance(line, str)] if isinstance(lines, (list, tuple)) else []


def counts(spans: Iterable[Span]) -> dict[Word, int]:
    """How often each word stands at spans; empty where no replay is laid over them."""
    found = Counter(map(word, spans))
    return {each: found[each] for each in WORDS if found[each]}


def _told(outcome: Outcome) -> dict[str, str | tuple[str, ...]]:
    said = list(outcome.reasons)
    if outcome.played + outcome.relaxed + outcome.unplayed > 1:
        times = {"played exactly": outcome.played, "relaxed": outcome.relaxed, "not played": outcome.unplayed}
        said.append(", ".join(f"{what} {counted(count, 'time')}" for what, count in times.items() if count))
    return {WORD: outcome.word, WHY: tuple(said)}


def _missed(cassette: Cassette, calls: Iterable[MissedCall]) -> Iterator[Span]:
    # Slow to load, and most who look at a cassette lay nothing over it.
    from timetracer.recording.notes import STEP
    from timetracer.replaying.session import placed

    root = cassette.root
    if root is None:
        return
    by_id = {span.span_id: span for span in cassette.spans}
    within = {f"{place}{STEP}{span.name}" if place else span.name: span for span, place in placed(cassette)}
    last = max(span.end for span in cassette.spans)
    for number, call in enumerate(calls, 1):
        nearest = by_id.get(call.nearest)
        if nearest is None and call.within not in by_id:
            continue  # of another cassette
        above = within.get(call.place) or (by_id.get(nearest.parent_id) if nearest else None) or root
        at = min(max(call.at or (nearest.start if nearest else 0), above.start), last)
        yield Span(
            call.asked,
            root.trace_id,
            f"missed-{number}",
            above.span_id,
            Kind.CLIENT,
            at,
            at,
            {WORD: "missed", WHY: call.why},
            status=Status.ERROR,
            status_message="missed in the replay: nothing recorded answers it",
            scope=Scope(f"opentelemetry.instrumentation.{call.library}" if call.library else ""),
        )
