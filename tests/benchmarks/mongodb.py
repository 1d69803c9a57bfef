"""One ``find_one`` of pymongo: recorded on top of OpenTelemetry's own instrumentation, and replayed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import timetracer
from measuring import Row, Watch, interleaved, more, times_as_much, tracing
from services.found import secantus
from services.ports import free_port
from services.processes import NotStarted, Servers
from timetracer import activation

GROUP = "mongodb"
RECORDED = 1.15
REPLAYED = 1.0
CALLS = 20


def rows(rounds: int, times: int) -> Iterator[Row]:
    """Against a real server on the loopback; the same client goes through all of it, with one connection."""
    name = "one find_one, caller's thread, a real server"
    try:
        import pymongo
        from opentelemetry.instrumentation.pymongo import CommandTracer
    except ImportError as absent:
        yield Row(GROUP, name, None, "x", RECORDED, str(absent))
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            url = stack.enter_context(server(folder))
        except NotStarted as absent:
            yield Row(GROUP, name, None, "x", RECORDED, str(absent))
            return
        provider = tracing()
        listener = CommandTracer(provider.get_tracer("opentelemetry.instrumentation.pymongo"))
        traced = stack.enter_context(pymongo.MongoClient(url, event_listeners=[listener]))
        plain = stack.enter_context(pymongo.MongoClient(url))
        plain.bench.items.drop()
        plain.bench.items.insert_one({"_id": 1, "sku": "a", "qty": 3, "tags": ["a", "b"], "price": 1.5})
        yield from _recording(Finding(traced, provider.get_tracer("shop"), folder / "cassettes"), rounds, times)
        yield from _replaying(plain, folder / "one.json", rounds, times)


class Finding:
    """Units of work of so many calls each, recorded or not."""

    def __init__(self, client: Any, tracer: Any, folder: Path) -> None:
        self._items = client.bench.items
        self._tracer = tracer
        self._folder = folder

    def unit(self) -> None:
        with self._tracer.start_as_current_span("GET /items/1"):
            for _ in range(CALLS):
                self._items.find_one({"_id": 1})

    def otel(self, watch: Watch, times: int) -> None:
        self.unit()
        with watch:
            for _ in range(times // CALLS):
                self.unit()

    def ours(self, watch: Watch, times: int) -> None:
        timetracer.instrument(self._folder)
        try:
            self.unit()  # opens a connection that is heard
            timetracer.flush()
            # The writer works while a service waits for the network.
            with vars(activation)["_service"].writer._condition, watch:
                for _ in range(times // CALLS):
                    self.unit()
            with watch.process_alone():
                timetracer.flush()
        finally:
            timetracer.uninstrument()


def _recording(finding: Finding, rounds: int, times: int) -> Iterator[Row]:
    times = max(CALLS, times // CALLS * CALLS)
    laps = interleaved({"otel": finding.otel, "ours": finding.ours}, rounds=rounds, times=times)
    ours, otel = laps["ours"], laps["otel"]
    note = f"{more(ours.thread, otel.thread):.0f} us more"
    ratio = times_as_much(ours.thread, otel.thread)
    yield Row(GROUP, "one find_one, caller's thread, a real server", ratio, "x", RECORDED, note)
    yield Row(GROUP, "one find_one, in all, a real server", more(ours.process, otel.process), "us")


def _replaying(client: Any, path: Path, rounds: int, times: int) -> Iterator[Row]:
    items = client.bench.items
    with timetracer.record(path):
        for _ in range(times + 1):
            items.find_one({"_id": 1})

    def live(watch: Watch, times: int) -> None:
        items.find_one({"_id": 1})
        with watch:
            for _ in range(times):
                items.find_one({"_id": 1})

    def replayed(watch: Watch, times: int) -> None:
        with timetracer.replay(path):
            items.find_one({"_id": 1})
            with watch:
                for _ in range(times):
                    items.find_one({"_id": 1})

    laps = interleaved({"live": live, "replayed": replayed}, rounds=rounds, times=times)
    ratio = times_as_much(laps["replayed"].thread, laps["live"].thread)
    yield Row(GROUP, "one find_one replayed, against a live one's client", ratio, "x", REPLAYED)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The one that ``TIMETRACER_TEST_MONGODB`` names, or one of our own. Raises NotStarted where there is none."""
    if named := os.environ.get("TIMETRACER_TEST_MONGODB"):
        yield named
        return
    port = free_port()
    with closing(Servers(folder)) as servers:
        servers.start(secantus(port), port)
        yield f"mongodb://127.0.0.1:{port}"
