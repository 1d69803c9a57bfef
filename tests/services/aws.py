"""A scenario of AWS: what an app does with a dozen services, and everything that it sees of them.

``python -m services.aws URL`` prints a line for each operation. It gives no credentials: whoever records it has some in
the environment, whoever replays it has none.
"""

from __future__ import annotations

import io
import json
import sys
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import boto3
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

REGION = "eu-west-1"
ACCOUNT = "123456789012"
TOKEN = "made-once-and-for-all-0123456789"
"""A request's idempotency token is what AWS calls the version of a secret; botocore makes one up otherwise."""
BIG = bytes(range(256)) * 4096 * 6
"""6 MiB: two parts of an upload."""
PARTS = TransferConfig(multipart_threshold=5 * 2**20, multipart_chunksize=5 * 2**20, max_concurrency=4)

Operation = tuple[str, Callable[[], Any]]


class Cloud:
    """Clients of one endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = boto3.Session(region_name=REGION)

    def client(self, service: str, **config: Any) -> Any:
        return self.session.client(service, endpoint_url=self.url, config=Config(**config))

    def resource(self, service: str) -> Any:
        return self.session.resource(service, endpoint_url=self.url)


def shown(value: Any) -> Any:
    """A result with its types: what is no plain value is shown as its class and its parts; bodies are read."""
    if isinstance(value, dict):
        return {key: shown(value[key]) for key in sorted(value)}
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, list):
        return [shown(each) for each in value]
    if isinstance(value, ClientError):
        return type(value).__qualname__, str(value), shown(value.response)
    if hasattr(value, "iter_chunks"):
        return type(value).__qualname__, value.read()
    return value if isinstance(value, str | int | bytes | bool | Decimal | Binary | datetime | None) else repr(value)


def refused(call: Callable[..., Any], **parameters: Any) -> Any:
    """An operation that AWS refuses: its error."""
    try:
        return call(**parameters)
    except (ClientError, WaiterError) as error:
        return error


def s3(cloud: Cloud) -> Iterator[Operation]:
    s3 = cloud.client("s3", s3={"addressing_style": "path"})
    where = {"Bucket": "shop", "Key": "orders/2026 ä.txt"}
    lines = b"one\ntwo\r\nthree\n" * 200
    yield "create", lambda: s3.create_bucket(Bucket="shop", CreateBucketConfiguration={"LocationConstraint": REGION})
    yield "exists", lambda: s3.get_waiter("bucket_exists").wait(Bucket="shop")
    yield "put", lambda: s3.put_object(**where, Body=lines, Metadata={"by": "ada"}, ContentType="text/plain")
    yield "put a file", lambda: s3.put_object(Bucket="shop", Key="file", Body=io.BytesIO(lines))
    yield (
        "put with a check sum",
        lambda: s3.put_object(Bucket="shop", Key="sum", Body=b"sum", ChecksumAlgorithm="SHA256"),
    )
    yield "head", lambda: s3.head_object(**where)
    yield "get", lambda: s3.get_object(**where)
    yield "get with a check sum", lambda: s3.get_object(Bucket="shop", Key="sum", ChecksumMode="ENABLED")
    yield "get in chunks", lambda: list(s3.get_object(**where)["Body"].iter_chunks(100))
    yield "get by lines", lambda: list(s3.get_object(**where)["Body"].iter_lines())
    yield "get piece by piece", lambda: pieces(s3.get_object(**where)["Body"])
    yield "get a range", lambda: s3.get_object(**where, Range="bytes=4-9")
    yield "get, not read", lambda: s3.get_object(**where)["ContentLength"]
    yield "404", lambda: refused(s3.get_object, Bucket="shop", Key="none")
    yield "404 of a head", lambda: refused(s3.head_object, Bucket="shop", Key="none")
    yield "403", lambda: refused(s3.get_object, Bucket="nobody-s", Key="none")
    yield "304", lambda: refused(s3.get_object, **where, IfNoneMatch=s3.head_object(**where)["ETag"])
    yield "412", lambda: refused(s3.get_object, **where, IfMatch='"other"')
    yield "copy", lambda: s3.copy_object(Bucket="shop", Key="copy", CopySource=where)
    yield "list", lambda: s3.list_objects_v2(Bucket="shop", Prefix="orders/")
    pager = s3.get_paginator("list_objects_v2")
    yield "list by pages", lambda: list(pager.paginate(Bucket="shop", PaginationConfig={"PageSize": 2}))
    yield "tag", lambda: s3.put_object_tagging(**where, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    yield "tags", lambda: s3.get_object_tagging(**where)
    yield "upload in parts", lambda: s3.upload_fileobj(io.BytesIO(BIG), "shop", "big", Config=PARTS)
    yield "download in parts", lambda: downloaded(s3) == BIG
    yield "delete many", lambda: s3.delete_objects(Bucket="shop", Delete={"Objects": [{"Key": "copy"}, {"Key": "x"}]})
    yield "delete", lambda: s3.delete_object(Bucket="shop", Key="file")
    yield "buckets", lambda: [bucket.name for bucket in cloud.resource("s3").buckets.all()]
    yield "sign", lambda: s3.generate_presigned_url("get_object", Params=where).partition("?")[0]


def pieces(body: Any) -> list[Any]:
    with body as raw:
        return [body.read(3), body.read(0), body.tell(), raw.read(5), body.readlines()[:2], body.readable()]


def downloaded(s3: Any) -> bytes:
    into = io.BytesIO()
    s3.download_fileobj("shop", "big", into, Config=PARTS)
    return into.getvalue()


def dynamodb(cloud: Cloud) -> Iterator[Operation]:
    client, resource = cloud.client("dynamodb"), cloud.resource("dynamodb")
    table = resource.Table("orders")
    yield (
        "create",
        lambda: client.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "id", "AttributeType": "S"},
                {"AttributeName": "n", "AttributeType": "N"},
            ],
            BillingMode="PAY_PER_REQUEST",
        ),
    )
    yield "exists", lambda: client.get_waiter("table_exists").wait(TableName="orders")
    item = {"id": "a", "n": Decimal("1.10"), "raw": b"\x00\xff", "tags": {"x", "y"}, "deep": {"list": [None, True]}}
    yield "put", lambda: table.put_item(Item=item)
    yield "get", lambda: table.get_item(Key={"id": "a", "n": Decimal("1.10")})
    yield "get none", lambda: client.get_item(TableName="orders", Key={"id": {"S": "z"}, "n": {"N": "0"}})

    def batch() -> None:
        with table.batch_writer() as writer:
            for number in range(30):
                writer.put_item(Item={"id": "b", "n": number, "price": Decimal(number) / 4})

    yield "batch write", batch
    yield (
        "batch get",
        lambda: client.batch_get_item(
            RequestItems={"orders": {"Keys": [{"id": {"S": "b"}, "n": {"N": str(number)}} for number in (1, 2)]}}
        ),
    )
    yield "query", lambda: table.query(KeyConditionExpression=Key("id").eq("b") & Key("n").between(3, 6))
    scan = client.get_paginator("scan")
    yield (
        "scan by pages",
        lambda: [page["Count"] for page in scan.paginate(TableName="orders", PaginationConfig={"PageSize": 10})],
    )
    yield (
        "update",
        lambda: table.update_item(
            Key={"id": "b", "n": 1},
            UpdateExpression="SET price = price + :p",
            ExpressionAttributeValues={":p": Decimal("0.5")},
            ReturnValues="ALL_NEW",
        ),
    )
    yield "condition", lambda: refused(table.put_item, Item=item, ConditionExpression=Attr("id").not_exists())
    yield (
        "transaction",
        lambda: client.transact_write_items(
            TransactItems=[{"Put": {"TableName": "orders", "Item": {"id": {"S": "t"}, "n": {"N": "1"}}}}]
        ),
    )
    yield "no table", lambda: refused(client.get_item, TableName="none", Key={"id": {"S": "a"}})
    yield "delete", lambda: table.delete_item(Key={"id": "t", "n": 1}, ReturnValues="ALL_OLD")


def messages(cloud: Cloud) -> Iterator[Operation]:
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    made = sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "30"})
    url = made["QueueUrl"]
    yield "sqs create", lambda: made
    yield "sqs url", lambda: sqs.get_queue_url(QueueName="work")
    yield "sqs empty", lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)
    attributes = {"kind": {"DataType": "String", "StringValue": "order"}}
    yield "sqs send", lambda: sqs.send_message(QueueUrl=url, MessageBody="Grüße", MessageAttributes=attributes)
    entries = [{"Id": str(number), "MessageBody": f"message {number}"} for number in range(3)]
    yield "sqs send many", lambda: sqs.send_message_batch(QueueUrl=url, Entries=entries)
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    yield "sqs receive", lambda: got
    for message in got["Messages"][:2]:
        yield (
            "sqs delete",
            lambda message=message: sqs.delete_message(  # type: ignore[misc]
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]
            ),
        )
    yield "sqs attributes", lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    yield "sqs none", lambda: refused(sqs.get_queue_url, QueueName="none")
    fifo = sqs.create_queue(QueueName="work.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    yield (
        "sqs fifo",
        lambda: sqs.send_message(
            QueueUrl=fifo, MessageBody="x", MessageGroupId="g", MessageDeduplicationId=str(uuid.uuid4())
        ),
    )
    topic = sns.create_topic(Name="news")["TopicArn"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:work"
    yield "sns subscribe", lambda: sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    yield "sns publish", lambda: sns.publish(TopicArn=topic, Message="hello", MessageAttributes=attributes)
    yield "sns topics", sns.list_topics


def streams_and_events(cloud: Cloud) -> Iterator[Operation]:
    kinesis, events = cloud.client("kinesis"), cloud.client("events")
    yield "kinesis create", lambda: kinesis.create_stream(StreamName="clicks", ShardCount=1)
    yield "kinesis put", lambda: kinesis.put_record(StreamName="clicks", Data=b"\x00click", PartitionKey="a")
    yield "kinesis describe", lambda: kinesis.describe_stream(StreamName="clicks")
    shard = {"StreamName": "clicks", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    yield "kinesis get", lambda: kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(**shard)["ShardIterator"])
    yield "events rule", lambda: events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    yield "events rules", events.list_rules
    entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"id": 1})}
    yield "events put", lambda: events.put_events(Entries=[entry])


def functions(cloud: Cloud) -> Iterator[Operation]:
    iam, functions = cloud.client("iam"), cloud.client("lambda")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}", Path="/my/")
    yield "iam role", lambda: role
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("f.py", (2026, 1, 1, 0, 0, 0)), "def f(event, context): return event")
    yield (
        "lambda create",
        lambda: functions.create_function(
            FunctionName="echo",
            Runtime="python3.11",
            Role=role["Role"]["Arn"],
            Handler="f.f",
            Code={"ZipFile": packed.getvalue()},
        ),
    )
    yield "lambda invoke", lambda: functions.invoke(FunctionName="echo", Payload=json.dumps({"n": 1}))
    yield "lambda none", lambda: refused(functions.invoke, FunctionName="none", Payload=b"{}")


def secrets(cloud: Cloud) -> Iterator[Operation]:
    manager, ssm, sts, kms = (cloud.client(name) for name in ("secretsmanager", "ssm", "sts", "kms"))
    text = json.dumps({"user": "ada", "port": 5432})
    yield "secret create", lambda: manager.create_secret(Name="db", SecretString=text, ClientRequestToken=f"db-{TOKEN}")
    yield "secret get", lambda: manager.get_secret_value(SecretId="db")
    yield (
        "secret bytes",
        lambda: manager.create_secret(Name="raw", SecretBinary=b"\x00raw", ClientRequestToken=f"raw-{TOKEN}"),
    )
    yield "secret get bytes", lambda: manager.get_secret_value(SecretId="raw")
    yield "secret none", lambda: refused(manager.get_secret_value, SecretId="none")
    yield "ssm put", lambda: ssm.put_parameter(Name="/app/key", Value="open sesame", Type="SecureString")
    yield "ssm get", lambda: ssm.get_parameter(Name="/app/key", WithDecryption=True)
    yield "ssm path", lambda: list(ssm.get_paginator("get_parameters_by_path").paginate(Path="/app"))
    yield "sts who", sts.get_caller_identity
    yield "sts role", lambda: sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", RoleSessionName="shop")
    yield "kms key", lambda: kms.create_key(Description="key")


def watching(cloud: Cloud) -> Iterator[Operation]:
    """CloudWatch speaks CBOR, its logs JSON."""
    watch, logs = cloud.client("cloudwatch"), cloud.client("logs")
    metric = [{"MetricName": "orders", "Value": 1.5, "Unit": "Count", "Timestamp": datetime(2026, 1, 1)}]
    yield "metric", lambda: watch.put_metric_data(Namespace="shop", MetricData=metric)
    yield "metrics", lambda: watch.list_metrics(Namespace="shop")
    yield "log group", lambda: logs.create_log_group(logGroupName="g")
    yield "log groups", logs.describe_log_groups


SERVICES = (s3, dynamodb, messages, streams_and_events, functions, secrets, watching)


def scene(url: str) -> Iterator[tuple[str, Any]]:
    """Each operation with what the app saw of it."""
    cloud = Cloud(url)
    for service in SERVICES:
        for name, operation in service(cloud):
            yield f"{service.__name__}: {name}", shown(operation())


if __name__ == "__main__":
    for line in scene(sys.argv[1]):
        print(line)
