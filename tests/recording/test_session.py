"""Which unit of work a call and a span join, which span an exchange claims, and when a unit is complete."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind

from timetracer import sessions
from timetracer.cassette.model import Cassette, Kind
from timetracer.recording import faults, providers, unit
from timetracer.recording.assembler import assemble
from timetracer.recording.session import Choice, Recording
from timetracer.recording.unit import Unit
from toy import TOY, instrumentor

SERVER = instrumentor(Kind.SERVER, "opentelemetry.instrumentation.toyserver")


@pytest.fixture(autouse=True)
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "raising", True)


@pytest.fixture
def provider() -> Iterator[TracerProvider]:
    made = TracerProvider()
    providers.adopt(made, lambda timeout: True)
    yield made
    providers.forget()
    made.shutdown()


class Service:
    """A service recording whose complete units are kept as cassettes."""

    def __init__(self, **choice: object) -> None:
        self.units: list[Unit] = []
        self.waiting: list[Unit] = []
        self.recording = Recording(Choice(**choice), self.units.append, self.waiting.append)  # type: ignore[arg-type]

    @property
    def cassettes(self) -> list[Cassette]:
        return [assemble(one.snapshot()) for one in self.units if not one.discarded]


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    sessions.open_in_process(made.recording)
    yield made
    sessions.close_in_process(made.recording)


def call(recording: Recording, verb: str = "GET", address: str = "a") -> None:
    tape = recording.begin(TOY, (verb, address))
    assert tape is not None
    tape.answered((200,))
    tape.finish()


def toy_span(provider: TracerProvider, name: str = "send", scope: str = "toy"):  # type: ignore[no-untyped-def]
    tracer = provider.get_tracer(f"opentelemetry.instrumentation.{scope}")
    return tracer.start_as_current_span(name, kind=SpanKind.CLIENT)


def test_an_exchange_claims_the_span_of_its_own_instrumentor(service: Service, provider: TracerProvider) -> None:
    with toy_span(provider):
        call(service.recording)
    (cassette,) = service.cassettes
    (span,) = cassette.spans
    assert (span.name, span.scope.name) == ("send", "opentelemetry.instrumentation.toy")
    assert span.exchange is not None
    assert span.exchange.key == "GET a"


@pytest.mark.parametrize(
    ("kind", "claimed"), [(SpanKind.PRODUCER, True), (SpanKind.INTERNAL, False), (SpanKind.SERVER, False)]
)
def test_a_call_that_leaves_may_sit_on_a_producer(
    kind: SpanKind, claimed: bool, service: Service, provider: TracerProvider
) -> None:
    with provider.get_tracer("opentelemetry.instrumentation.toy").start_as_current_span("publish", kind=kind):
        call(service.recording)
    (cassette,) = service.cassettes
    assert len(cassette.spans) == (1 if claimed else 2)


def test_a_scope_within_its_own_is_its_own(service: Service, provider: TracerProvider) -> None:
    with toy_span(provider, scope="toy.sqs"):
        call(service.recording)
    ((span,),) = [cassette.spans for cassette in service.cassettes]
    assert (span.scope.name, span.exchange is not None) == ("opentelemetry.instrumentation.toy.sqs", True)


@pytest.mark.parametrize("scope", ["other", "my.app", "toy2", "to"])
def test_an_exchange_never_claims_another_librarys_span(service: Service, provider: TracerProvider, scope: str) -> None:
    with toy_span(provider, scope=scope):
        call(service.recording)
    (cassette,) = service.cassettes
    theirs, ours = cassette.spans
    assert theirs.exchange is None
    assert (ours.name, ours.scope.name, ours.parent_id) == ("GET a", "timetracer", theirs.span_id)
    assert ours.trace_id == theirs.trace_id


def test_a_second_round_trip_gets_a_span_of_its_own(service: Service, provider: TracerProvider) -> None:
    with toy_span(provider):
        call(service.recording, address="first")
        call(service.recording, address="second")
    (cassette,) = service.cassettes
    assert [(span.scope.name, span.exchange.key) for span in cassette.spans if span.exchange] == [
        ("opentelemetry.instrumentation.toy", "GET first"),
        ("timetracer", "GET second"),
    ]


def test_without_any_provider_calls_are_background_work_one_by_one(service: Service) -> None:
    call(service.recording, address="a")
    call(service.recording, address="b")
    assert [one.background for one in service.units] == [True, True]
    assert [span.parent_id for cassette in service.cassettes for span in cassette.spans] == ["", ""]


def test_a_server_span_makes_a_unit_and_any_other_root_is_background(
    service: Service, provider: TracerProvider
) -> None:
    tracer = provider.get_tracer("app")
    for kind in (SpanKind.SERVER, SpanKind.CONSUMER, SpanKind.INTERNAL, SpanKind.CLIENT):
        with tracer.start_as_current_span("root", kind=kind):
            call(service.recording)
    assert [one.background for one in service.units] == [False, False, True, True]


def test_two_requests_of_one_trace_are_two_units(service: Service, provider: TracerProvider) -> None:
    tracer = provider.get_tracer("app")
    remote = trace.SpanContext(7, 9, is_remote=True, trace_flags=trace.TraceFlags(1))
    parent = trace.set_span_in_context(trace.NonRecordingSpan(remote))
    for name in ("one", "two"):
        with tracer.start_as_current_span(name, context=parent, kind=SpanKind.SERVER):
            pass
    assert [cassette.spans[0].name for cassette in service.cassettes] == ["one", "two"]
    assert {cassette.spans[0].trace_id for cassette in service.cassettes} == {format(7, "032x")}


def test_a_unit_waits_for_open_bodies(service: Service, provider: TracerProvider) -> None:
    with provider.get_tracer("app").start_as_current_span("root", kind=SpanKind.SERVER):
        tape = service.recording.begin(TOY, ("GET", "slow"))
        assert tape is not None
        tape.answered((200,))
    assert service.units == []
    (waiting,) = service.waiting
    with tape.response_reel as body:
        body.heard(b"late")
    assert service.units == [waiting]
    (exchange,) = service.cassettes[0].exchanges
    assert exchange.response_body == b"late"


@pytest.mark.asyncio
async def test_a_task_that_outlives_its_request_completes_the_unit_again(
    service: Service, provider: TracerProvider
) -> None:
    gate = asyncio.Event()

    async def later() -> None:
        await gate.wait()
        call(service.recording, address="late")

    with provider.get_tracer("app").start_as_current_span("root", kind=SpanKind.SERVER):
        task = asyncio.create_task(later())
    assert len(service.units) == 1
    gate.set()
    await task
    first, again = service.units
    assert first is again
    assert [exchange.key for exchange in assemble(again.snapshot()).exchanges] == ["GET late"]


def test_a_call_long_after_its_request_is_background_work(
    service: Service, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    with provider.get_tracer("app").start_as_current_span("root", kind=SpanKind.SERVER) as span:
        pass
    monkeypatch.setattr(unit, "LINGER", -1.0)
    with trace.use_span(span):
        call(service.recording)
    assert [one.background for one in service.units] == [False, True]


def test_an_arrival_is_claimed_by_the_server_span_beneath_it(service: Service, provider: TracerProvider) -> None:
    tracer = provider.get_tracer("opentelemetry.instrumentation.toyserver")
    with service.recording.arrival(SERVER, ("GET", "/in")) as tape:
        with tracer.start_as_current_span("GET /in", kind=SpanKind.SERVER):
            call(service.recording, address="out")
        tape.answered((204,))
    (cassette,) = service.cassettes
    server, client = cassette.spans
    assert server.exchange is not None
    assert server.exchange.response == {"status": 204}
    assert (server.scope.name, client.parent_id) == ("opentelemetry.instrumentation.toyserver", server.span_id)


def test_an_arrival_claims_the_server_span_above_it(service: Service, provider: TracerProvider) -> None:
    tracer = provider.get_tracer("opentelemetry.instrumentation.toyserver")
    with (
        tracer.start_as_current_span("GET /in", kind=SpanKind.SERVER),
        service.recording.arrival(SERVER, ("GET", "/in")),
    ):
        pass
    (cassette,) = service.cassettes
    (span,) = cassette.spans
    assert span.exchange is not None


def test_an_arrival_without_opentelemetry_has_a_span_of_its_own_and_children_below_it(service: Service) -> None:
    with service.recording.arrival(SERVER, ("GET", "/in")):
        call(service.recording, address="out")
    (cassette,) = service.cassettes
    server, client = cassette.spans
    assert (server.kind, client.kind) == (Kind.SERVER, Kind.CLIENT)
    assert (client.trace_id, client.parent_id) == (server.trace_id, server.span_id)


def test_an_app_that_raises_is_an_outcome(service: Service) -> None:
    with suppress(LookupError), service.recording.arrival(SERVER, ("GET", "/in")):
        raise LookupError("gone")
    (exchange,) = service.cassettes[0].exchanges
    assert exchange.error == {"type": "builtins.LookupError", "args": ["gone"]}


def test_threads_without_a_context_are_background_work(service: Service, provider: TracerProvider) -> None:
    with provider.get_tracer("app").start_as_current_span("root", kind=SpanKind.SERVER):
        thread = threading.Thread(target=call, args=(service.recording,))
        thread.start()
        thread.join()
    assert [one.background for one in service.units] == [True, False]


def test_unsampled_spans_are_recorded_and_stay_unsampled() -> None:
    service = Service()
    provider = TracerProvider(sampler=ALWAYS_OFF)
    providers.adopt(provider, lambda timeout: True)
    sessions.open_in_process(service.recording)
    try:
        with provider.get_tracer("app").start_as_current_span("root", kind=SpanKind.SERVER) as span:
            assert not span.get_span_context().trace_flags.sampled
    finally:
        sessions.close_in_process(service.recording)
        providers.forget()
    with provider.get_tracer("app").start_as_current_span("afterwards") as span:
        assert not span.is_recording()
    assert [cassette.spans[0].name for cassette in service.cassettes] == ["root"]


def test_a_sample_rate_of_nothing_keeps_nothing(provider: TracerProvider) -> None:
    service = Service(sample_rate=0.0)
    with (
        sessions.in_context(service.recording),
        provider.get_tracer("app").start_as_current_span("root", kind=SpanKind.SERVER),
    ):
        assert service.recording.begin(TOY, ("GET", "a")) is None
    assert service.cassettes == []


def test_services_sample_the_same_traces() -> None:
    half = Choice(sample_rate=0.5)
    assert half.samples(0)
    assert half.samples(2**127 + 1)
    assert not half.samples(2**64 - 1)


def test_a_single_recording_has_everything_in_one_unit(provider: TracerProvider) -> None:
    recording = Recording(Choice(), lambda one: None, single=True)
    with sessions.in_context(recording):
        with provider.get_tracer("app").start_as_current_span("root", kind=SpanKind.SERVER):
            call(recording, address="a")
        call(recording, address="b")
        open_tape = recording.begin(TOY, ("GET", "unread"))
        assert open_tape is not None
        open_tape.answered((200,))
    cassette = assemble(recording.pieces())
    assert [exchange.key for exchange in cassette.exchanges] == ["GET a", "GET b", "GET unread"]
    assert cassette.exchanges[-1].response == {"status": 200, "abandoned": True}
