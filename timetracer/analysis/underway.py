"""A unit of work that is under way, as it stands at a moment: what is open reaches to now."""

from __future__ import annotations

from dataclasses import replace

from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette, Span


def standing(told: Cassette, now: int) -> Trace:
    """The trace of what is told of a unit. Spans and exchanges whose end is 0 are open.

    Args:
        now: ns since the epoch.
    """
    is_open = frozenset(number for number, span in enumerate(told.spans, 1) if not span.end)
    return Trace(replace(told, spans=[_until(span, now) for span in told.spans]), is_open)


def _until(span: Span, now: int) -> Span:
    """With ends; a clock that is behind that of the process makes none before the start."""
    exchange = span.exchange
    if exchange is not None and not exchange.ended:
        exchange = replace(exchange, ended=max(exchange.started, now))
    return replace(span, end=span.end or max(span.start, now), exchange=exchange)
