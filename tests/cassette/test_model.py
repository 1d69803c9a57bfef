"""A cassette as plain data: what can be asked of it, and the numbers that OTLP gives to kinds."""

from __future__ import annotations

from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.trace import SpanKind, StatusCode

from timetracer.cassette.model import Cassette, Event, Exchange, Kind, Span, Status


def span(number: int, parent: int = 0, exchange: Exchange | None = None) -> Span:
    return Span(f"s{number}", "1" * 32, f"{number:016x}", f"{parent:016x}" if parent else "", exchange=exchange)


def test_kinds_have_otlps_numbers() -> None:
    assert {kind.name: kind.value for kind in Kind} == {
        name.removeprefix("SPAN_KIND_"): number for name, number in trace_pb2.Span.SpanKind.items()
    }
    assert [Kind(kind.value + 1).name for kind in SpanKind] == [kind.name for kind in SpanKind]


def test_statuses_have_otlps_numbers() -> None:
    assert {status.name: status.value for status in Status} == {
        name.removeprefix("STATUS_CODE_"): number for name, number in trace_pb2.Status.StatusCode.items()
    }
    assert [Status(code.value).name for code in StatusCode] == [code.name for code in StatusCode]


def test_exchanges_stand_in_the_order_of_their_spans() -> None:
    first, second = Exchange("toy", "GET a", {}), Exchange("toy", "GET b", {})
    assert Cassette([span(1, exchange=second), span(2), span(3, exchange=first)]).exchanges == [second, first]


def test_the_root_is_the_first_whose_parent_is_not_in_the_cassette() -> None:
    assert Cassette().root is None
    child, root, other = span(2, 1), span(1, 99), span(3)
    assert Cassette([child, root, other]).root is root
    assert Cassette([span(1, 2), span(2, 1)]).root is None


def test_nothing_is_shared_between_two_of_a_kind() -> None:
    for make in (Cassette, lambda: span(1), lambda: Exchange("toy", "GET a", {}), lambda: Event("e", 1)):
        one, other = make(), make()
        assert one == other
        for name in one.__slots__:
            value = getattr(one, name)
            assert not isinstance(value, list | dict) or value is not getattr(other, name), name
