"""Event streams, function errors and throttling: moto cannot serve them, so a small HTTP server of the tests does.

The server sends the frames of the protocol, one by one, over real connections. (Transcribe's streams need a client of
their own, which is not botocore.)
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from aiobotocore.session import get_session
from botocore.config import Config
from botocore.exceptions import EventStreamError

import timetracer
from services.event_streams import PAUSE, STREAMS, serving
from timetracer.cassette import files

SELECT: dict[str, Any] = {
    "Bucket": "shop",
    "Key": "orders.csv",
    "Expression": "SELECT * FROM S3Object",
    "ExpressionType": "SQL",
    "InputSerialization": {"CSV": {}},
    "OutputSerialization": {"CSV": {}},
}


def client(service: str, url: str) -> Any:
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 3})
    return boto3.session.Session(region_name="eu-west-1").client(service, endpoint_url=url, config=config)


def selected(url: str) -> list[Any]:
    return list(client("s3", url).select_object_content(**SELECT)["Payload"])


def said(url: str) -> list[Any]:
    return list(client("bedrock-runtime", url).invoke_model_with_response_stream(modelId="talker", body=b"{}")["body"])


def broken(url: str) -> list[Any]:
    answer = client("bedrock-runtime", url).invoke_model_with_response_stream(modelId="breaks", body=b"{}")
    seen: list[Any] = []
    with pytest.raises(EventStreamError) as error:
        seen.extend(answer["body"])
    answer["body"].close()
    return [*seen, str(error.value), error.value.response]


def failed_function(url: str) -> list[Any]:
    answer = client("lambda", url).invoke(FunctionName="f", Payload=b"{}")
    return [answer["FunctionError"], answer["StatusCode"], answer["Payload"].read()]


def throttled(url: str) -> list[Any]:
    return [client("dynamodb", url).list_tables()]


def aselected(url: str) -> list[Any]:
    async def call() -> list[Any]:
        async with get_session().create_client("s3", endpoint_url=url, region_name="eu-west-1") as s3:
            return [event async for event in (await s3.select_object_content(**SELECT))["Payload"]]

    return asyncio.run(call())


@pytest.mark.parametrize("act", [selected, said, broken, failed_function, throttled, aselected])
def test_the_same_recorded_and_replayed(
    act: Callable[[str], list[Any]], path: Path, monkeypatch: pytest.MonkeyPatch, no_credentials: Callable[[], None]
) -> None:
    pause = time.sleep
    monkeypatch.setattr(time, "sleep", lambda _: pause(PAUSE))  # nobody waits longer for another attempt
    with serving() as url, timetracer.record(path):
        recorded = act(url)
    no_credentials()
    with timetracer.replay(path, strict=True):
        assert act(url) == recorded
    if act is throttled:
        (cassette,) = files.read(path)
        assert recorded[0]["ResponseMetadata"]["RetryAttempts"] == len(cassette.exchanges) - 1 == 2


def test_an_event_comes_as_soon_as_its_frame(path: Path) -> None:
    with serving() as url, timetracer.record(path):
        selected(url)
    (cassette,) = files.read(path)
    (exchange,) = cassette.exchanges
    assert exchange.chunks is not None
    assert [length for length, _ in exchange.chunks] == [len(frame) for frame in STREAMS["/shop/orders.csv"]]
    times = [at for _, at in exchange.chunks]
    assert times == sorted(set(times)), "none waited for the next one"
    assert exchange.request["operation"] == "SelectObjectContent"
