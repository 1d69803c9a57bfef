"""The span processor: tells the session of every span that starts and ends. It exports nothing and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import SpanProcessor

from timetracer import sessions
from timetracer.recording import notes
from timetracer.recording.faults import harmless

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

_NOTING = harmless("noting the start of a span")
_TAKING = harmless("taking an ended span")


class SpanListener(SpanProcessor):
    """Passes spans to the session of their context.

    Adding several to one provider does no harm: the first one that hears of a span notes it, the others pass.

    Args:
        flush: called on `force_flush` and `shutdown`, with a time-out in seconds; returns whether all was written.
    """

    def __init__(self, flush: Callable[[float], bool]) -> None:
        self._flush = flush

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        session = sessions.current()
        if session is None or notes.of(span) is not None:
            return
        with _NOTING:
            session.span_started(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        note = notes.by_id(context.span_id) if context is not None else None
        if note is None or note.ended:
            return
        note.ended = True
        if note.unit is not None:
            with _TAKING:
                note.unit.owner.span_ended(span, note)

    def shutdown(self) -> None:
        self._flush(30.0)

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._flush(timeout_millis / 1000)
