"""One GET of redis-py from a real server: recorded on top of OpenTelemetry's own instrumentation, and replayed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from statistics import median
from typing import Any

import redis
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.trace import SpanKind

import timetracer
from measuring import Case, Row, Watch, interleaved, more, times_as_much, tracing
from services.found import KINDS
from services.ports import free_port
from services.processes import Servers
from timetracer import activation, sessions
from timetracer.cassette.model import Cassette, Exchange, Kind, Span
from timetracer.replaying.session import Manner, Replay
from timetracer.seams import installed

GROUP = "redis"
RECORDED = 1.15
REPLAYED = 1.0
CALLS = 20
KEY, VALUE = "shop:item:1", b"x" * 200


def rows(rounds: int, times: int) -> Iterator[Row]:
    kind, port = KINDS["redis"], free_port()
    if not kind.can_start or kind.command is None:
        yield Row(GROUP, "one GET", None, "x", note=f"{kind.program} is not installed")
        return
    with tempfile.TemporaryDirectory() as folder, closing(Servers(Path(folder))) as servers:
        servers.start(kind.command(port), port)
        with redis.Redis(port=port) as client:
            client.set(KEY, VALUE)
        times = max(CALLS, times // CALLS * CALLS)
        yield from _recorded(port, Path(folder), rounds, times)
        yield from _replayed(port, rounds, times)


def _recorded(port: int, folder: Path, rounds: int, times: int) -> Iterator[Row]:
    cases: dict[str, Case] = {}
    theirs, ours = redis.Redis(port=port), redis.Redis(port=port)
    _without_us(theirs)
    meanwhile: Any = nullcontext()
    for name, client in (("otel", theirs), ("ours", ours)):
        if name == "ours":  # its provider is one that we hear of
            timetracer.instrument(folder / "cassettes")
            meanwhile = vars(activation)["_service"].writer._condition
        provider = tracing()
        RedisInstrumentor().instrument_client(client, tracer_provider=provider)
        cases[name] = _case(client, provider.get_tracer("shop"))
    try:
        held = {name: _held(case, meanwhile) for name, case in cases.items()}
        laps = interleaved(held, rounds=rounds, times=times)
    finally:
        timetracer.uninstrument()
    otel, with_us = laps["otel"].thread, laps["ours"].thread
    note = f"OpenTelemetry alone {median(otel):.0f} us, ours {more(with_us, otel):.1f} us more"
    yield Row(
        GROUP, "recording one GET, against OpenTelemetry alone", times_as_much(with_us, otel), "x", RECORDED, note
    )


def _without_us(client: redis.Redis) -> None:
    """Its connection is open before any seam is in place, and its functions stay the original ones."""
    client.get(KEY)
    connection: Any = client.connection_pool.get_connection()
    connection.connect = connection.connect
    client.connection_pool.release(connection)


def _case(client: redis.Redis, tracer: Any) -> Case:
    def case(watch: Watch, times: int) -> None:
        with watch:
            for _ in range(times // CALLS):
                with tracer.start_as_current_span("GET /orders", kind=SpanKind.SERVER):
                    for _ in range(CALLS):
                        client.get(KEY)

    return case


def _held(case: Case, meanwhile: Any) -> Case:
    """The writer works while a service waits, which this one hardly does."""

    def held(watch: Watch, times: int) -> None:
        with meanwhile:
            case(watch, times)
        timetracer.flush()

    return held


def _replayed(port: int, rounds: int, times: int) -> Iterator[Row]:
    live, replayed = redis.Redis(port=port), redis.Redis(port=1)
    _without_us(live)
    installed.place()

    def of_live(watch: Watch, times: int) -> None:
        with watch:
            for _ in range(times):
                live.get(KEY)

    def of_replay(watch: Watch, times: int) -> None:
        replay = Replay([_cassette(times + 1)], installed.load, Manner())
        sessions.open_in_process(replay)
        try:
            replayed.get(KEY)  # the connection, and what is read once
            with watch:
                for _ in range(times):
                    replayed.get(KEY)
        finally:
            sessions.close_in_process(replay)

    try:
        laps = interleaved({"live": of_live, "replay": of_replay}, rounds=rounds, times=times)
    finally:
        installed.take_out()
    ratio = times_as_much(laps["replay"].thread, laps["live"].thread)
    note = f"live {median(laps['live'].thread):.0f} us, replayed {median(laps['replay'].thread):.0f} us"
    yield Row(GROUP, "replaying one GET, against the live call", ratio, "x", REPLAYED, note)


def _cassette(size: int) -> Cassette:
    request: dict[str, Any] = {"command": "GET", "args": [KEY]}
    response: dict[str, Any] = {"reply": VALUE.decode(), "resp": 3}
    spans = [
        Span(
            f"GET {KEY}",
            "1" * 32,
            f"{number:016x}",
            kind=Kind.CLIENT,
            start=number,
            exchange=Exchange("redis", f"GET {KEY}", dict(request), response=dict(response), started=number),
        )
        for number in range(1, size + 1)
    ]
    return Cassette(spans)
