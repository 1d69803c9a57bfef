"""The exporter that OpenTelemetry's configuration names: a wish, which exports nothing itself."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from timetracer.recording import exporter, writer
from timetracer.recording.exporter import CassetteSpanExporter


@pytest.fixture(autouse=True)
def unwished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter, "_wishes", 0)


def test_opentelemetry_finds_it_by_its_name() -> None:
    (point,) = entry_points(group="opentelemetry_traces_exporter", name="timetracer")
    assert point.load() is CassetteSpanExporter
    assert issubclass(CassetteSpanExporter, SpanExporter)


def test_building_it_is_the_wish() -> None:
    assert not exporter.wished()
    CassetteSpanExporter()
    assert exporter.wished()


def test_it_takes_spans_and_needs_none() -> None:
    one = CassetteSpanExporter()
    assert one.export(()) is SpanExportResult.SUCCESS
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(one))
    provider.get_tracer("app").start_span("a").end()
    assert provider.force_flush()
    provider.shutdown()


def test_flushing_it_writes_what_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def flush(timeout: float = 30.0) -> bool:
        asked.append(timeout)
        return len(asked) > 1

    monkeypatch.setattr(writer, "flush", flush)
    one = CassetteSpanExporter()
    assert [one.force_flush(1500), one.force_flush()] == [False, True]
    one.shutdown()
    assert asked == [1.5, 30.0, 30.0]
