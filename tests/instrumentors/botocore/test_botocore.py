"""botocore against a real moto server: recorded, and replayed with the server gone and no credentials."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from opentelemetry import trace
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor

import timetracer
from conformance.tracing import Watched, reset_global_provider
from services.aws import SERVICES
from services.ports import free_port
from services.processes import Server, environment
from services.upstream import Upstream
from timetracer import FailedVerdict, UnmatchedCall
from timetracer.cassette import files
from timetracer.cassette.model import Exchange, Kind, Span
from timetracer.errors import ReplayError

TESTS = Path(__file__).parents[2]
REGION = "eu-west-1"
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import timetracer
from services.aws import scene
from timetracer.redaction.rules import DEFAULT, Rules

_, mode, path, url, rules = sys.argv[1:]
open_ = Rules(names=frozenset(), keep=frozenset({"request.**", "response.**"}))
with timetracer.use(path, mode, redact=DEFAULT if rules == "redacted" else open_, strict=True) as block:
    for line in scene(url):
        print(line)
print(*block.verdict.relaxed, sep="\\n", file=sys.stderr)
print(block.verdict.played, file=sys.stderr)
"""


def scenario(path: Path, mode: str, url: str, rules: str, **environ: str) -> tuple[list[str], list[str]]:
    """The scenario in a fresh process, whose whole environment is given: what the app saw, what the verdict says."""
    arguments = [str(TESTS), mode, str(path), url, rules]
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], env=environ, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines(), ran.stderr.splitlines()


@pytest.mark.parametrize("rules", ["open", "redacted"])
def test_a_scenario_replays_without_server_environment_or_credentials(rules: str, path: Path, own_moto: Server) -> None:
    recorded, _ = scenario(path, "record", own_moto.url, rules, **environment())
    assert len(recorded) >= 60
    assert len(SERVICES) == 7, "of which some are several of AWS's"
    own_moto.stop()
    replayed, verdict = scenario(path, "replay", own_moto.url, rules)
    assert len({exchange.request["service"] for exchange in exchanges(path)}) >= 8
    assert int(verdict[-1]) == len(exchanges(path))
    assert [line.partition(" ")[0] for line in verdict[:-1]] == ["('dynamodb.TransactWriteItems", "('sqs.SendMessage"]
    assert all("generated identifier" in line for line in verdict[:-1])
    differ = [one.split("'")[1] for one, other in zip(recorded, replayed, strict=True) if one != other]
    assert differ == {"open": [], "redacted": REDACTED}[rules]
    if rules == "redacted":
        assert not [secret for secret in SECRETS if secret in path.read_bytes()]


REDACTED = [
    f"secrets: {name}" for name in ("secret get", "secret get bytes", "ssm get", "ssm path", "sts who", "sts role")
]
SECRETS = (b"ada\\\\", b"open sesame", b"AHJhdw", b"AKIAIOSFODNN7EXAMPLE", b"ASIA")


def client(service: str, url: str, **config: Any) -> Any:
    return boto3.session.Session(region_name=REGION).client(service, endpoint_url=url, config=Config(**config))


def spans(path: Path) -> list[Span]:
    return [span for cassette in files.read(path) for span in cassette.spans]


def exchanges(path: Path) -> list[Exchange]:
    return [span.exchange for span in spans(path) if span.exchange is not None]


def bucket(url: str, name: str) -> Any:
    s3 = client("s3", url)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


# What a replay must do without


def test_a_client_that_was_made_before_the_replay_needs_no_credentials(
    path: Path, moto: str, no_credentials: Callable[[], None]
) -> None:
    with timetracer.record(path):
        recorded = client("sts", moto).get_caller_identity()["ResponseMetadata"]["RequestId"]
    no_credentials()
    with timetracer.replay(path):
        within = boto3.session.Session(region_name=REGION)
        assert within.get_credentials().access_key == "timetracer"
        made_within = within.client("sts", endpoint_url=moto)
    assert within._session._credentials is None, "nothing made up outlives the replay"
    for sts in (made_within, client("sts", moto)):
        sts._request_signer._credentials = None
        with timetracer.replay(path):
            assert sts.get_caller_identity()["ResponseMetadata"]["RequestId"] == recorded


def test_nobody_asks_the_machine_for_credentials(
    path: Path, moto: str, no_credentials: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with timetracer.record(path):
        client("sts", moto).get_caller_identity()
    no_credentials()
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/credentials")
    with timetracer.replay(path, strict=True) as block:  # a connection would fail its verdict
        client("sts", moto).get_caller_identity()
    assert block.verdict.played == 1


def test_credentials_that_are_there_are_taken(path: Path, moto: str) -> None:
    with timetracer.record(path):
        client("sts", moto).get_caller_identity()
    with timetracer.replay(path):
        session = boto3.session.Session(region_name=REGION)
        assert session.get_credentials().access_key == "recorder"
        session.client("sts", endpoint_url=moto).get_caller_identity()


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_signed_url_is_made_and_fetched(
    version: str, path: Path, moto: str, no_credentials: Callable[[], None]
) -> None:
    bucket(moto, f"signed-{version}")

    def fetch() -> Any:
        signer = client("s3", moto, signature_version=version)
        signer.put_object(Bucket=f"signed-{version}", Key="k", Body=b"content")
        url = signer.generate_presigned_url("get_object", Params={"Bucket": f"signed-{version}", "Key": "k"})
        post = signer.generate_presigned_post(f"signed-{version}", "k")
        return httpx.get(url, trust_env=False).content, sorted(post["fields"])

    with timetracer.record(path):
        recorded = fetch()
    no_credentials()
    with timetracer.replay(path, strict=True) as block:
        assert fetch() == recorded
    assert block.verdict.relaxed == []


# Attempts


def test_every_attempt_is_an_exchange_and_the_first_claims_the_span(
    path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that fails twice: what it says each time is played in that order."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    reset_global_provider(monkeypatch)
    watched = Watched()
    trace.set_tracer_provider(watched.provider)

    def call() -> Any:
        sqs = client("sqs", upstream.url + "/unavailable", retries={"max_attempts": 2, "mode": "standard"})
        with pytest.raises(ClientError) as refused:
            sqs.list_queues()
        return refused.value.response

    BotocoreInstrumentor().instrument()
    try:
        with timetracer.record(path):
            recorded = call()
        assert recorded["ResponseMetadata"]["RetryAttempts"] == 2
        upstream.stop()
        with timetracer.replay(path, strict=True) as block:
            assert call() == recorded
    finally:
        BotocoreInstrumentor().uninstrument()
    assert block.verdict.played == 3
    first, *others = spans(path)
    assert first.scope.name.startswith("opentelemetry.instrumentation.botocore")
    assert [(span.scope.name, span.parent_id) for span in others] == [("timetracer", first.span_id)] * 2
    assert [span["name"] for span in watched.spans] == ["SQS.ListQueues"] * 2


def test_an_endpoint_that_cannot_be_reached_and_one_that_says_nothing(
    path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    closed = f"http://127.0.0.1:{free_port()}"

    def call() -> list[str]:
        with pytest.raises(EndpointConnectionError) as unreached:
            client("sqs", closed, retries={"total_max_attempts": 2}).list_queues()
        with pytest.raises(ReadTimeoutError) as late:
            client("sqs", upstream.url + "/hangs", retries={"total_max_attempts": 2}, read_timeout=0.1).list_queues()
        return [str(unreached.value), str(late.value), *unreached.value.kwargs, *late.value.kwargs]

    with timetracer.record(path):
        recorded = call()
    upstream.stop()
    with timetracer.replay(path, strict=True) as block:
        assert call() == recorded
    assert block.verdict.played == 4


# OpenTelemetry


@pytest.mark.parametrize("traced", [(True, False), (False, True), (True, True)], ids=["recorded", "replayed", "both"])
def test_trace_ids_in_messages_do_not_count(
    traced: tuple[bool, bool], path: Path, moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenTelemetry's instrumentor puts them into SQS and SNS messages and into Lambda's payloads; and it is a
    producer when it publishes."""
    sqs, sns = client("sqs", moto), client("sns", moto)
    queue = sqs.create_queue(QueueName="traced")["QueueUrl"]
    topic = sns.create_topic(Name="traced")["TopicArn"]
    own = {"kind": {"DataType": "String", "StringValue": "order"}, "size": {"DataType": "Number", "StringValue": "1"}}

    def call() -> None:
        for attributes in ({}, own):
            sqs.send_message(QueueUrl=queue, MessageBody="x", MessageAttributes=dict(attributes))
            sns.publish(TopicArn=topic, Message="x", MessageAttributes=dict(attributes))
        with pytest.raises(ClientError):
            client("lambda", moto).invoke(FunctionName="none", Payload=b'{"n": 1}')

    for mode, tracing in zip(("record", "replay"), traced, strict=True):
        reset_global_provider(monkeypatch)
        trace.set_tracer_provider(Watched().provider)
        if tracing:
            BotocoreInstrumentor().instrument()
        try:
            with timetracer.use(path, mode, strict=True) as block:
                call()
        finally:
            if tracing:
                BotocoreInstrumentor().uninstrument()
    assert (block.verdict.played, block.verdict.relaxed) == (5, [])
    if traced[0]:
        assert b"traceparent" in b"".join(exchange.request_body or b"" for exchange in exchanges(path))
        published = [span for span in spans(path) if span.kind is Kind.PRODUCER]
        assert [span.exchange.request["operation"] for span in published if span.exchange] == ["Publish"] * 2
        assert len(spans(path)) == 5


# Misses


def test_a_changed_argument_is_a_miss_that_names_it(path: Path, own_moto: Server) -> None:
    """In JSON, in a form, in a path, in a query, in a header; and what changes something reaches nothing."""
    url = own_moto.url
    sqs, sns, s3, dynamodb = client("sqs", url), client("sns", url), bucket(url, "missed"), client("dynamodb", url)
    key, queue = {"id": {"S": "a"}}, sqs.create_queue(QueueName="missed")["QueueUrl"]
    calls: dict[str, Callable[[str], Any]] = {
        "request.body.MessageBody": lambda value: sqs.send_message(QueueUrl=queue, MessageBody=value),
        "request.body.Name": lambda value: sns.create_topic(Name=value),
        "request.path": lambda value: s3.put_object(Bucket="missed", Key=value, Body=b"x"),
        "request.query.prefix": lambda value: s3.list_objects_v2(Bucket="missed", Prefix=value),
        "request.headers.x-amz-meta-by": lambda value: s3.put_object(
            Bucket="missed", Key="k", Body=b"x", Metadata={"by": value}
        ),
        "request.body": lambda value: s3.put_object(Bucket="missed", Key="l", Body=value),
        "request.region": lambda value: (
            boto3.session.Session(region_name=value).client("sqs", endpoint_url=url).list_queues()
        ),
        "request.body.Key.id.S": lambda value: dynamodb.get_item(TableName="none", Key={**key, "id": {"S": value}}),
    }

    def tried(call: Callable[[str], Any], value: str) -> None:
        with suppress(dynamodb.exceptions.ResourceNotFoundException):
            call(value)

    with timetracer.record(path):
        for call in calls.values():
            tried(call, "eu-west-1")
    before = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    with pytest.raises(FailedVerdict), timetracer.replay(path):
        for name, call in calls.items():
            with pytest.raises(UnmatchedCall) as miss:
                tried(call, "eu-west-2")
            assert f"{name}: recorded" in str(miss.value)
    after = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    assert after == before == {"ApproximateNumberOfMessages": "1"}


def test_many_threads_with_one_client(path: Path, moto: str) -> None:
    s3 = bucket(moto, "threads")

    def call(number: int) -> bytes:
        s3.put_object(Bucket="threads", Key=f"{number}", Body=f"{number}".encode())
        return bytes(s3.get_object(Bucket="threads", Key=f"{number}")["Body"].read())

    for mode in ("record", "replay"):
        with timetracer.use(path, mode, strict=True), ThreadPoolExecutor(10) as threads:
            assert list(threads.map(call, range(20))) == [b"%d" % number for number in range(20)]


def test_a_body_that_was_not_read_may_be_left_unread_again(path: Path, moto: str) -> None:
    s3 = bucket(moto, "unread")
    s3.put_object(Bucket="unread", Key="k", Body=b"x" * 100_000)
    with timetracer.record(path):
        s3.get_object(Bucket="unread", Key="k")["Body"].read(10)
        s3.get_object(Bucket="unread", Key="k")["Body"].close()
    with timetracer.replay(path, strict=True):
        assert s3.get_object(Bucket="unread", Key="k")["Body"].read(10) == b"x" * 10
        s3.get_object(Bucket="unread", Key="k")["Body"].close()
    with pytest.raises(FailedVerdict, match="the recording ends here"), timetracer.replay(path):
        with pytest.raises(ReplayError):
            s3.get_object(Bucket="unread", Key="k")["Body"].read()


def test_botocore_may_be_live(path: Path, moto: str) -> None:
    with timetracer.record(path):
        pass
    with timetracer.replay(path, live=["botocore"]) as block:
        assert client("sts", moto).get_caller_identity()["Account"] == "123456789012"
    assert block.verdict.live == 1


def test_the_example_of_the_docs(tmp_path: Path, own_moto: Server) -> None:
    """Recorded with credentials and a region in the environment, replayed with neither."""
    page = (TESTS.parent / "docs" / "aws.md").read_text(encoding="utf-8")
    for title, code in re.findall(r'^```python title="(.+?)"\n(.*?)^```$', page, re.MULTILINE | re.DOTALL):
        (tmp_path / title).write_text(code, encoding="utf-8")
    dynamodb, sqs = client("dynamodb", own_moto.url), client("sqs", own_moto.url)
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    queue = sqs.create_queue(QueueName="shipping")["QueueUrl"]
    item = {"id": {"S": "o-1"}, "total": {"N": "12.50"}, "queue": {"S": queue}}
    dynamodb.put_item(TableName="orders", Item=item)
    endpoint = {"AWS_ENDPOINT_URL": own_moto.url}
    for environ in ({**environment(), **endpoint, "AWS_DEFAULT_REGION": REGION}, endpoint):
        ran = subprocess.run(
            [sys.executable, "-c", "from test_orders import test_ship; test_ship()"],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        own_moto.stop()
