"""Recording one httpx call, on top of OpenTelemetry's own instrumentation of it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import Tracer, TracerProvider
from opentelemetry.trace import SpanKind
from typing_extensions import Self

import timetracer
from canned import URL, pooled
from measuring import Case, Row, Watch, interleaved, more
from timetracer import activation

GROUP = "recording"
CALLER = 20.0
IN_ALL = 80.0
SERVER = Path(__file__).with_name("server.py")


def rows(rounds: int, times: int) -> Iterator[Row]:
    """The same traced calls with and without us, from a transport that has its answers ready and from a real server."""
    for place, what in (("cassettes", "a directory"), ("cassettes.sqlite", "an archive")):
        for calls in (20, 1):
            with Pair(place) as pair:
                for client in pair.clients.values():
                    pooled(client)
                cases = pair.cases(URL.format(1), calls, pair.writer)
                laps = interleaved(cases, rounds=rounds, times=max(calls, times // calls * calls))
            caller = more(laps["ours"].thread, laps["otel"].thread)
            in_all = more(laps["ours"].process, laps["otel"].process)
            unit = f"{calls} calls" if calls > 1 else "1 call"
            note = f"OpenTelemetry alone {median(laps['otel'].thread):.0f} us"
            yield Row(GROUP, f"one call, caller's thread, cassettes of {unit} in {what}", caller, "us", CALLER, note)
            note = "the unit's own span and file included"
            goal = IN_ALL if calls > 1 else None  # to make and rename a file takes the kernel longer
            yield Row(GROUP, f"one call, in all, cassettes of {unit} in {what}", in_all, "us", goal, note)
    yield from _loopback(rounds, times)


def _loopback(rounds: int, times: int) -> Iterator[Row]:
    with subprocess.Popen([sys.executable, SERVER], stdout=subprocess.PIPE, stdin=subprocess.PIPE) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/items/1"
        with Pair("cassettes") as pair:
            times = max(20, times // 20 * 20)
            laps = interleaved(pair.cases(url, 20, nullcontext()), rounds=rounds, times=times)
        peers = list(_peers(url, rounds, times))
        server.terminate()
    otel = laps["otel"]
    note = f"OpenTelemetry alone {median(otel.thread):.0f} us; a real server on the loopback, much noise"
    caller = more(laps["ours"].thread, otel.thread)
    yield Row(GROUP, "one call, caller's thread, real server", caller, "us", note=note)
    yield Row(GROUP, "one call, in all, real server", more(laps["ours"].process, otel.process), "us")
    yield from peers


class Pair:
    """Two traced clients: one whose tracer nobody listens to, and one that is recorded.

    Args:
        place: the name of the directory or the archive.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.clients: dict[str, httpx.Client] = {}
        self._tracers: dict[str, Tracer] = {}
        self._add("otel")  # before the seams are placed: its transport's function stays the original one
        timetracer.instrument(self.folder / self._place)
        self.writer: Any = vars(activation)["_service"].writer._condition
        self._stack.callback(timetracer.uninstrument)
        self._add("ours")
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def _add(self, name: str) -> None:
        provider = TracerProvider()
        client = self._stack.enter_context(httpx.Client())
        HTTPXClientInstrumentor.instrument_client(client, tracer_provider=provider)
        tracer: Any = provider.get_tracer("shop")
        self.clients[name] = client
        self._tracers[name] = tracer

    def cases(self, url: str, calls: int, meanwhile: AbstractContextManager[Any]) -> dict[str, Case]:
        """Units of work of so many calls each.

        Args:
            meanwhile: held during the calls. `writer` holds the writer back: it works while a service waits for the
                network, and a transport that has its answers ready never waits.
        """
        return {name: self._case(name, url, calls, meanwhile) for name in self.clients}

    def _case(self, name: str, url: str, calls: int, meanwhile: AbstractContextManager[Any]) -> Case:
        client, tracer = self.clients[name], self._tracers[name]

        def case(watch: Watch, times: int) -> None:
            with meanwhile, watch:
                for _ in range(times // calls):
                    with tracer.start_as_current_span("GET /orders", kind=SpanKind.SERVER):
                        for _ in range(calls):
                            client.get(url)
            with watch.process_alone():
                timetracer.flush()

        return case


def _peers(url: str, rounds: int, times: int) -> Iterator[Row]:
    name = "vcrpy: one call, caller's thread, cassettes of 20 calls, real server"
    try:
        import vcr
    except ImportError as absent:
        yield Row(GROUP, name, None, "us", note=str(absent))
        return
    recorder: Any = vcr.VCR(record_mode="all")
    with tempfile.TemporaryDirectory() as folder, httpx.Client() as client:

        def plain(watch: Watch, times: int) -> None:
            with watch:
                for _ in range(times):
                    client.get(url)

        def recorded(watch: Watch, times: int) -> None:
            with watch:
                for number in range(times // 20):
                    with recorder.use_cassette(str(Path(folder) / f"{number}.yaml")):
                        for _ in range(20):
                            client.get(url)

        laps = interleaved({"plain": plain, "vcrpy": recorded}, rounds=rounds, times=times)
    yield Row(
        GROUP, name, more(laps["vcrpy"].thread, laps["plain"].thread), "us", note="no OpenTelemetry; the caller writes"
    )
