"""The record-only sampler: unsampled traces are recorded, and the user's exporters still see none of them.

``DROP`` becomes ``RECORD_ONLY`` (https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling): the span is real and
reaches span processors, its sampled flag stays off, so exporters skip it and the next service makes its own choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Link, SpanKind
    from opentelemetry.trace.span import TraceState
    from opentelemetry.util.types import Attributes


class RecordOnlySampler(Sampler):
    """The user's sampler, with nothing dropped while a recording goes on.

    Args:
        inner: the user's sampler; its decisions to sample, attributes and trace state pass unchanged.
        recording: whether a recording goes on.
    """

    def __init__(self, inner: Sampler, recording: Callable[[], bool]) -> None:
        self.inner = inner
        self._recording = recording

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        result = self.inner.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)
        if result.decision is Decision.DROP and self._recording():
            return SamplingResult(Decision.RECORD_ONLY, attributes, result.trace_state)
        return result

    def get_description(self) -> str:
        return self.inner.get_description()
