"""OpenTelemetry as a user has it: a provider with an exporter in memory, ids and moments that can be foretold."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Sampler


class Ids(IdGenerator):
    """Random, and the same in each run."""

    def __init__(self) -> None:
        self._random = Random(7)

    def generate_trace_id(self) -> int:
        return self._random.getrandbits(128) or 1

    def generate_span_id(self) -> int:
        return self._random.getrandbits(64) or 1


class Watched:
    """A provider, and what it exports.

    Args:
        sampler: None: the SDK's default.
    """

    def __init__(self, sampler: Sampler | None = None) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(sampler=sampler, id_generator=Ids(), shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    @property
    def spans(self) -> list[dict[str, Any]]:
        """The exported spans, whole. Only the text of a traceback is left out: it names the frames of whoever stands
        between the app and the library, and we do."""
        spans = [json.loads(span.to_json()) for span in self.exporter.get_finished_spans()]
        for span in spans:
            for event in span["events"]:
                event["attributes"].pop("exception.stacktrace", None)
        return spans


def reset_global_provider(monkeypatch: Any) -> None:
    """The process has no provider of its own, and may be given one: once more for each test."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace._TRACER_PROVIDER_SET_ONCE, "_done", False)


def stop_time(monkeypatch: Any) -> None:
    """For OpenTelemetry time stands still: each span starts and ends at one moment."""
    monkeypatch.setattr("opentelemetry.sdk.trace.time_ns", lambda: 1_700_000_000_000_000_000)
