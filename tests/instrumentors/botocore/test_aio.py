"""aiobotocore against a real moto server, on both of its HTTP libraries; its cassettes are boto3's."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from aiobotocore.config import AioConfig
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.httpxsession import HttpxSession
from aiobotocore.session import AioSession, get_session
from botocore.exceptions import ClientError

import timetracer
from services.ports import free_port
from services.processes import Servers, environment, script
from timetracer.cassette import files

pytestmark = pytest.mark.filterwarnings("ignore:.*httpx2:DeprecationWarning")
BACKENDS = pytest.mark.parametrize("backend", [AIOHTTPSession, HttpxSession])
LINES = b"one\ntwo\nthree\n" * 1000


async def scene(url: str, backend: type, name: str) -> list[Any]:
    """What an app does with a bucket and a queue, and sees of them."""
    config = AioConfig(http_session_cls=backend, s3={"addressing_style": "path"})
    options = {"endpoint_url": url, "region_name": "eu-west-1", "config": config}
    seen: list[Any] = []
    async with get_session().create_client("s3", **options) as s3:
        where = {"Bucket": name, "Key": "a/b ä.txt"}
        seen.append(await s3.put_object(**where, Body=LINES))
        seen.append(await s3.put_object(Bucket=name, Key="file", Body=io.BytesIO(LINES)))
        for read in ("whole", "chunks", "lines", "pieces"):
            body = (await s3.get_object(**where))["Body"]
            async with body:
                seen.append((read, type(body).__name__ if backend is AIOHTTPSession else "", await READS[read](body)))
        async with (answer := await s3.get_object(**where))["Body"]:
            seen.append(answer["ContentLength"])  # not read
        with pytest.raises(ClientError) as missing:
            await s3.get_object(Bucket=name, Key="none")
        seen.append((type(missing.value).__name__, missing.value.response))
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name, PaginationConfig={"PageSize": 1})
        seen.extend([page["Contents"] async for page in pages])
        seen.append((await s3.generate_presigned_url("get_object", Params=where)).partition("?")[0])
    async with get_session().create_client("sqs", **options) as sqs:
        queue = (await sqs.create_queue(QueueName=name))["QueueUrl"]
        await asyncio.gather(*[sqs.send_message(QueueUrl=queue, MessageBody=f"{n}") for n in range(5)])
        got = await sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        seen.append(sorted(message["Body"] for message in got["Messages"]))
    return seen


async def pieces(body: Any) -> list[bytes]:
    return [await body.read(3), await body.read(5), await body.read()]


async def chunks(body: Any) -> bytes:
    return b"".join([chunk async for chunk in body.iter_chunks(100)])


async def lines(body: Any) -> list[bytes]:
    return [line async for line in body.iter_lines()]


READS: dict[str, Callable[[Any], Any]] = {
    "whole": lambda body: body.read(),
    "chunks": chunks,
    "lines": lines,
    "pieces": pieces,
}


def bucket(url: str, name: str) -> None:
    s3 = boto3.session.Session(region_name="eu-west-1").client("s3", endpoint_url=url)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


@BACKENDS
def test_the_same_recorded_and_replayed(
    backend: type, path: Path, moto: str, no_credentials: Callable[[], None]
) -> None:
    name = backend.__name__.lower()
    bucket(moto, name)
    with timetracer.record(path):
        recorded = asyncio.run(scene(moto, backend, name))
    no_credentials()
    with timetracer.replay(path, strict=True) as block:
        assert asyncio.run(scene(moto, backend, name)) == recorded
    assert block.verdict.relaxed == []
    (cassette,) = files.read(path)
    assert {exchange.library for exchange in cassette.exchanges} == {"botocore"}, "what lies beneath is not recorded"


def test_boto3_and_aiobotocore_answer_each_other(path: Path, moto: str, no_credentials: Callable[[], None]) -> None:
    bucket(moto, "both")
    options = {"endpoint_url": moto, "region_name": "eu-west-1"}

    def by_boto3() -> Any:
        s3 = boto3.session.Session().client("s3", **options)
        s3.put_object(Bucket="both", Key="k", Body=LINES)
        return s3.get_object(Bucket="both", Key="k")["Body"].read()

    def by_aiobotocore() -> Any:
        async def call() -> Any:
            async with get_session().create_client("s3", **options) as s3:
                await s3.put_object(Bucket="both", Key="k", Body=LINES)
                return await (await s3.get_object(Bucket="both", Key="k"))["Body"].read()

        return asyncio.run(call())

    other = path.with_name("other.json")
    with timetracer.record(path):
        by_boto3()
    with timetracer.record(other):
        by_aiobotocore()
    no_credentials()
    with timetracer.replay(path, strict=True):
        assert by_aiobotocore() == LINES
    with timetracer.replay(other, strict=True):
        assert by_boto3() == LINES


def test_a_session_needs_neither_credentials_nor_a_region_and_remembers_nothing_made_up(
    path: Path, moto: str, no_credentials: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def who(session: AioSession, **more: Any) -> Any:
        async with session.create_client("sts", endpoint_url=moto, **more) as sts:
            return (await sts.get_caller_identity())["Account"]

    with timetracer.record(path):
        asyncio.run(who(get_session(), region_name="eu-west-1"))
    no_credentials()
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    session = get_session()
    with timetracer.replay(path, strict=True):
        assert asyncio.run(who(session)) == "123456789012"
    assert session._credentials is None


OVER_TLS = """
import asyncio, io, sys
import boto3, timetracer
from aiobotocore.session import get_session

way, path, url = sys.argv[1:]
options = {"endpoint_url": url, "region_name": "eu-west-1", "verify": False}
body = b"one two three " * 100_000

async def aput():
    async with get_session().create_client("s3", **options) as s3:
        await s3.put_object(Bucket="tls", Key="k", Body=io.BytesIO(body))

def put():
    if way == "boto3":
        boto3.client("s3", **options).put_object(Bucket="tls", Key="k", Body=io.BytesIO(body))
    else:
        asyncio.run(aput())

s3 = boto3.client("s3", **options)
s3.create_bucket(Bucket="tls", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
with timetracer.record(path):
    put()
assert s3.get_object(Bucket="tls", Key="k")["Body"].read() == body
with timetracer.replay(path, strict=True):
    put()
"""


@pytest.mark.parametrize("way", ["boto3", "aiobotocore"])
def test_an_upload_over_tls_with_its_check_sum_behind_it(way: str, path: Path, servers: Servers) -> None:
    """Then S3's bodies are in chunks, of which a recording keeps the content.

    In a process of its own: aiohttp leaves TLS connections behind that are not quite closed when their loop ends.
    """
    pytest.importorskip("moto")
    port = free_port()
    servers.start([script("moto_server"), "--host", "127.0.0.1", "--port", str(port), "--ssl"], port)
    arguments = [way, str(path), f"https://127.0.0.1:{port}"]
    ran = subprocess.run(
        [sys.executable, "-c", OVER_TLS, *arguments], env=environment(), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    (cassette,) = files.read(path)
    (exchange,) = cassette.exchanges
    assert exchange.request_body == b"one two three " * 100_000
    assert "unread" not in exchange.request
