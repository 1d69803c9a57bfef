"""The exporter that OpenTelemetry's configuration names: ``OTEL_TRACES_EXPORTER=otlp,timetracer``.

OpenTelemetry builds it without arguments and puts it behind a batch processor, which drops spans under load and has
only copies of them. So it marks the wish and exports nothing itself: the recording is switched on by
`timetracer.activation.pre_instrument`, and its span processor takes the spans with what went over the wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from timetracer.recording import writer

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_wishes = 0


def wished() -> bool:
    """Whether OpenTelemetry's configuration asked for Timetracer in this process."""
    return _wishes > 0


class CassetteSpanExporter(SpanExporter):
    """Records to cassettes beside whatever else a provider exports to."""

    def __init__(self) -> None:
        global _wishes  # noqa: PLW0603 - a wish for the process: OpenTelemetry keeps the object to itself
        _wishes += 1

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """The spans have been taken when they ended."""
        return SpanExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Wait until all complete units are written."""
        return writer.flush(timeout_millis / 1000)

    def shutdown(self) -> None:
        writer.flush()
