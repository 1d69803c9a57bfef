"""Recording one ``dynamodb.get_item`` against moto, on top of OpenTelemetry's own instrumentation of botocore."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

import timetracer
from measuring import Row, Watch, interleaved, more, times_as_much
from services.found import moto_server
from services.ports import free_port
from services.processes import Servers

GROUP = "recording"
NAME = "one dynamodb.get_item, {}, moto"
SHARE = 10.0
CALLS = 20
"""In each unit of work."""


def rows(rounds: int, times: int) -> Iterator[Row]:
    """The same traced calls with and without us."""
    if not find_spec("boto3") or not find_spec("moto"):
        yield Row(GROUP, NAME.format("caller's thread"), None, "%", SHARE, "boto3 or moto is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        servers, port = Servers(Path(folder)), free_port()
        try:
            yield from _measured(servers.start(moto_server(port), port).url, Path(folder), rounds, times)
        finally:
            servers.close()


def _measured(url: str, folder: Path, rounds: int, times: int) -> Iterator[Row]:
    from opentelemetry.instrumentation.botocore import BotocoreInstrumentor

    os.environ.update(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b", AWS_EC2_METADATA_DISABLED="true")
    provider = TracerProvider()
    trace.set_tracer_provider(provider)  # so that it is found, and listened to, each time that we come
    BotocoreInstrumentor().instrument()
    table, tracer = _table(url), provider.get_tracer("shop")

    def called(watch: Watch, count: int) -> None:
        with watch:
            for _ in range(count // CALLS):
                with tracer.start_as_current_span("GET /orders", kind=SpanKind.SERVER):
                    for _ in range(CALLS):
                        table.get_item(TableName="orders", Key={"id": {"S": "a"}})

    def recorded(watch: Watch, count: int) -> None:
        timetracer.instrument(folder / "cassettes.sqlite")
        try:
            called(watch, count)
            with watch.process_alone():
                timetracer.flush()
        finally:
            timetracer.uninstrument()

    try:
        laps = interleaved({"otel": called, "ours": recorded}, rounds=rounds, times=max(CALLS, times // CALLS * CALLS))
    finally:
        BotocoreInstrumentor().uninstrument()
    otel, ours = laps["otel"], laps["ours"]
    note = f"OpenTelemetry alone {median(otel.thread):.0f} us"
    share = 100 * (times_as_much(ours.thread, otel.thread) - 1)
    yield Row(GROUP, NAME.format("caller's thread"), share, "%", SHARE, note)
    yield Row(GROUP, NAME.format("caller's thread"), more(ours.thread, otel.thread), "us")
    yield Row(GROUP, NAME.format("in all"), more(ours.process, otel.process), "us")


def _table(url: str) -> Any:
    import boto3

    client = boto3.client("dynamodb", endpoint_url=url, region_name="eu-west-1")
    client.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"id": {"S": "a"}, "total": {"N": "12.50"}, "lines": {"L": [{"S": f"line {n}"} for n in range(10)]}}
    client.put_item(TableName="orders", Item=item)
    return client
