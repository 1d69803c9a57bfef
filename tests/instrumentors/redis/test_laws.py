"""The laws of the conformance suite that look at OpenTelemetry and at the library itself: 8, 9 and 10."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis
from opentelemetry import trace
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

import timetracer
from conformance.redis_conversation import Steps, pipelines, published, talk
from conformance.tracing import Watched, reset_global_provider, stop_time
from services.processes import Server
from timetracer.cassette import files
from timetracer.seams import patching
from timetracer_instrumentors.redis.drivers import REDIS_PY

each_way = pytest.mark.parametrize("way", ["blocking", "asyncio"])


def steps(client: Any) -> Steps:
    yield client.set("a", 1)
    seen = [(yield client.get("a"))]
    seen += yield from pipelines(client)
    seen += yield from published(client)
    return seen


@each_way
@pytest.mark.parametrize("sampler", [ALWAYS_ON, ALWAYS_OFF], ids=["sampled", "unsampled"])
@pytest.mark.parametrize("first", ["us", "provider", "tracing"])
def test_the_users_exporter_sees_what_it_saw_without_us(
    way: str, sampler: Any, first: str, server: Server, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(block: Any = None) -> tuple[Any, list[dict[str, Any]]]:
        with redis.Redis(port=server.port) as admin:
            admin.flushall()
        reset_global_provider(monkeypatch)
        stop_time(monkeypatch)
        order = [first, *(who for who in ("us", "provider", "tracing") if who != first)]
        with ExitStack() as stack:
            for who in order:
                if who == "provider":
                    watched = Watched(sampler)
                    trace.set_tracer_provider(watched.provider)
                elif who == "tracing":
                    RedisInstrumentor().instrument()
                    stack.callback(RedisInstrumentor().uninstrument)
                elif block is not None:
                    stack.enter_context(block)
            return talk(way, server.port, steps), watched.spans

    plain, spans = run()
    assert bool(spans) is (sampler is ALWAYS_ON)
    assert run(timetracer.record(path)) == (plain, spans)
    assert run(timetracer.replay(path, strict=True)) == (plain, spans)
    exchanges = [span for span in files.read(path)[0].spans if span.exchange is not None]
    assert any(span.scope.name.startswith("opentelemetry") for span in exchanges)


@each_way
def test_without_any_tracing_an_exchange_has_a_span_of_ours(way: str, server: Server, path: Path) -> None:
    with timetracer.record(path):
        talk(way, server.port, steps)
    assert {span.scope.name for span in files.read(path)[0].spans} == {"timetracer"}


@each_way
def test_what_is_suppressed_is_nobodys(way: str, server: Server, path: Path) -> None:
    def suppressed(client: Any) -> Steps:
        with suppress_instrumentation():
            yield client.set("a", 1)
        yield client.set("b", 1)

    with timetracer.record(path):
        talk(way, server.port, suppressed)
    assert [exchange.key for exchange in files.read(path)[0].exchanges] == ["SET b …"]
    with redis.Redis(port=server.port) as admin:
        admin.flushall()
        with timetracer.replay(path, strict=True):
            talk(way, server.port, suppressed)
        assert admin.keys() == [b"a"]


def in_place() -> list[Any]:
    found = [patching.resolve(seam.target) for seam in REDIS_PY.seams]
    return [inspect.getattr_static(owner, name) for owner, name in found]


@pytest.mark.parametrize("block", [timetracer.record, timetracer.replay])
def test_afterwards_the_library_is_as_it_was(block: Callable[[Path], Any], server: Server, path: Path) -> None:
    before = in_place()
    with timetracer.record(path):
        talk("blocking", server.port, steps)
    with block(path):
        during = in_place()
    assert in_place() == before
    assert not {id(each) for each in before} & {id(each) for each in during}
    for ours, theirs in zip(during, before, strict=True):
        assert inspect.signature(ours) == inspect.signature(theirs)
        assert (ours.__name__, ours.__doc__) == (theirs.__name__, theirs.__doc__)
        assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(theirs)
