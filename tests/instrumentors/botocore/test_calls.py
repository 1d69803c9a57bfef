"""How a call to AWS is described and recognised."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import HeadersDict
from hypothesis import given
from hypothesis import strategies as st

from timetracer.cassette.model import Exchange, Redaction
from timetracer_instrumentors.botocore import calls

OPERATION = boto3.session.Session().client("dynamodb", "eu-west-1").meta.service_model.operation_model("GetItem")
URL = "https://dynamodb.eu-west-1.amazonaws.com/"


def described(body: bytes = b"", url: str = URL, **headers: Any) -> Any:
    named = HeadersDict({name.replace("_", "-"): value for name, value in headers.items()})
    return calls.describe_request((OPERATION, "eu-west-1", "POST", url, named), body)


def identity(body: bytes = b"", url: str = URL, service: str = "dynamodb", **headers: Any) -> dict[str, str | bytes]:
    request, content = described(body, url, **headers)
    return calls.identity({**request, "service": service}, content)


def test_a_request_says_what_is_asked_of_whom() -> None:
    request, body = described(b"{}", Content_Type=b"application/x-amz-json-1.0", X_Amz_Meta_By="ada")
    assert (request["service"], request["operation"], request["region"]) == ("dynamodb", "GetItem", "eu-west-1")
    assert request["headers"] == [["Content-Type", "application/x-amz-json-1.0"], ["X-Amz-Meta-By", "ada"]]
    assert body == b"{}"
    assert calls.key(request) == f"dynamodb.GetItem {URL}"


MADE_ANEW = """
    Authorization X-Amz-Date X-Amz-Security-Token amz-sdk-invocation-id amz-sdk-request X-Amzn-Trace-Id User-Agent
    X-Amz-Content-SHA256 X-Amz-Checksum-Crc32 Content-MD5 Expect
"""


@pytest.mark.parametrize("name", MADE_ANEW.split())
def test_what_is_made_anew_for_each_request_is_not_kept(name: str) -> None:
    request, _ = described(**{name: b"x"})
    assert request["headers"] == []


def test_a_request_that_botocore_tells_nothing_of() -> None:
    request, _ = calls.describe_request((None, "", "GET", "http://host/path?q=1", HeadersDict()), b"")
    assert calls.key(request) == "AWS http://host/path"


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=4))
def test_a_body_in_chunks_is_the_body(pieces: list[bytes]) -> None:
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    wire = chunked + b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
    request, body = described(wire, Content_Encoding=b"aws-chunked", X_Amz_Trailer="x-amz-checksum-crc32")
    assert body == b"".join(pieces)
    assert request["headers"] == []


@given(st.binary(max_size=60))
def test_a_body_that_only_says_that_it_is_chunked_stays_or_ends(wire: bytes) -> None:
    _, body = described(wire, Content_Encoding="aws-chunked")
    assert body == wire or len(body) < len(wire)


def test_another_coding_beside_the_chunks_stays() -> None:
    request, _ = described(b"0\r\n\r\n", Content_Encoding="br,aws-chunked")
    assert request["headers"] == [["Content-Encoding", "br"]]


def test_the_endpoint_of_an_account_is_that_of_its_region() -> None:
    of_account = identity(url="https://123456789012.ddb.eu-west-1.amazonaws.com/")
    assert of_account == identity()
    assert of_account["host"] == "https://dynamodb.eu-west-1.amazonaws.com"


def test_the_order_of_a_set_means_nothing_that_of_a_list_does() -> None:
    one, other = ({"Item": {"t": {kind: order}}} for kind, order in (("SS", ["a", "b"]), ("SS", ["b", "a"])))
    assert identity(json.dumps(one).encode()) == identity(json.dumps(other).encode())
    assert identity(json.dumps(one).encode(), service="sqs") != identity(json.dumps(other).encode(), service="sqs")
    lists = [json.dumps({"L": [{"S": first}, {"S": second}], "Ids": []}).encode() for first, second in ("ab", "ba")]
    assert identity(lists[0]) != identity(lists[1])


def test_numbers_stay_as_they_are_written() -> None:
    texts = (b'{"ns": [], "n": 1.10}', b'{"ns": [], "n": 1.1}', b'{"ns": [], "n": "1.1"}')
    assert len({identity(text)["body"] for text in texts}) == 3


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_what_carries_a_trace_in_json_does_not_count() -> None:
    attribute = {"traceparent": {"DataType": "String", "StringValue": TRACE}}
    own = {"kind": {"DataType": "String", "StringValue": "order"}}
    for kept in ({}, {"MessageAttributes": own}):
        plain = {"MessageBody": "x", "Empty": {}, **kept}
        traced = {**plain, "MessageAttributes": {**kept.get("MessageAttributes", {}), **attribute}}
        found = json.loads(identity(json.dumps(traced).encode(), service="sqs")["body"])
        assert found == plain
    text = b'{"MessageBody": "traceparent"}'
    assert json.loads(identity(text, service="sqs")["body"]) == {"MessageBody": "traceparent"}


def test_what_carries_a_trace_in_a_form_does_not_count() -> None:
    def form(*names: str) -> bytes:
        entries = [
            f"MessageAttributes.entry.{number}.Name={name}&MessageAttributes.entry.{number}.Value.StringValue=v"
            for number, name in enumerate(names, 1)
        ]
        return "&".join(["Action=Publish", "Message=traceparent", *entries]).encode()

    assert identity(form("traceparent", "kind"), service="sns") == identity(form("kind"), service="sns")
    assert identity(form("kind", "traceparent"), service="sns") == identity(form("kind"), service="sns")
    assert identity(form("kind"), service="sns") != identity(form("other"), service="sns")


@pytest.mark.parametrize("body", [b'{"traceparent": ', b"traceparent\xff\x00", b"{" * 3000 + b"traceparent"])
def test_a_body_that_is_neither_is_a_body(body: bytes) -> None:
    assert identity(body)["body"]


@pytest.mark.parametrize("operation", ["GetItem", "BatchGetItem", "ListQueues", "DescribeTable", "HeadObject", "Query"])
def test_operations_that_read(operation: str) -> None:
    assert not calls.writes({"operation": operation})


@pytest.mark.parametrize("operation", ["PutItem", "SendMessage", "TransactWriteItems", "StartExecution", "Invoke", ""])
def test_operations_that_may_bring_a_new_identifier(operation: str) -> None:
    assert calls.writes({"operation": operation})


def test_a_redacted_body_has_no_check_sums_any_more() -> None:
    headers = [["Content-Length", "3"], ["x-amz-crc32", "1"], ["x-amz-checksum-sha256", "2"]]
    exchange = Exchange("botocore", "", {}, response={"status": 200, "headers": headers}, response_body=b"redacted")
    assert [name for name, _ in calls.headers_to_play(exchange)] == [name for name, _ in headers]
    exchange.redactions.append(Redaction("response.body.Value", "rule"))
    assert list(calls.headers_to_play(exchange)) == [("Content-Length", "8")]


def test_what_is_secret_by_service() -> None:
    assert calls.secrets({"service": "ssm"})["response.body.Parameter.Value"] is None
    assert calls.secrets({"service": "secretsmanager"})["request.body.SecretBinary"] == "cmVkYWN0ZWQ="
    assert calls.secrets({"service": "sqs"}) == {}
