"""HTTP Archive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

import timetracer
from timetracer.cassette import files
from timetracer.cassette.model import Cassette, Exchange, Kind, Span
from timetracer.errors import CassetteDamaged
from timetracer.formats.har import har, read_har

MATCH = ["method", "host", "path", "query", "body"]
BROWSER = {
    "log": {
        "version": "1.2",
        "creator": {"name": "a browser", "version": "1"},
        "entries": [
            {
                "startedDateTime": "2025-01-02T03:04:05.678+01:00",
                "time": 12.5,
                "request": {
                    "method": "GET",
                    "url": "http://shop.test/items?id=1",
                    "headers": [{"name": ":authority", "value": "shop.test"}, {"name": "accept", "value": "*/*"}],
                },
                "response": {
                    "status": 200,
                    "headers": [
                        {"name": "content-type", "value": "application/json"},
                        {"name": "content-encoding", "value": "br"},
                        {"name": "content-length", "value": "7"},
                    ],
                    "content": {"size": 19, "mimeType": "application/json", "text": '{"sku":"A-1","n":2}'},
                },
            },
            {
                "startedDateTime": "2025-01-02T03:04:06Z",
                "time": 1,
                "request": {"method": "POST", "url": "http://shop.test/x", "headers": [], "postData": {"text": "a=1"}},
                "response": {"status": 201, "headers": [], "content": {"text": "/wA=", "encoding": "base64"}},
            },
            {
                "startedDateTime": "2025-01-02T03:04:07Z",
                "time": 0,
                "request": {"method": "GET", "url": "http://gone.test/", "headers": []},
                "response": {"status": 0, "headers": [], "content": {}, "_error": "net::ERR_CONNECTION_REFUSED"},
            },
        ],
    }
}


def test_a_browsers_file_replays(tmp_path: Path) -> None:
    cassette = read_har(json.loads(json.dumps(BROWSER)), "a.har", "httpx")
    files.write(tmp_path / "a.json", cassette)
    with timetracer.replay(tmp_path / "a.json", match=MATCH):
        answer = httpx.get("http://shop.test/items?id=1")
        assert (answer.json(), answer.headers["content-type"]) == ({"sku": "A-1", "n": 2}, "application/json")
        posted = httpx.post("http://shop.test/x", content=b"a=1")
        assert (posted.status_code, posted.content) == (201, b"\xff\x00")


def test_times_and_failures_are_kept() -> None:
    first, _, failed = read_har(BROWSER, "a.har", "httpx").spans
    assert (first.start, first.end - first.start) == (1_735_783_445_678_000_000, 12_500_000)
    assert failed.exchange
    assert failed.exchange.response is None
    assert failed.exchange.error == {"type": "net::ERR_CONNECTION_REFUSED", "args": []}


def test_what_is_written_can_be_read(order: Cassette) -> None:
    document = json.loads(json.dumps(har([order], "1")))
    again = read_har(document, "a.har", "httpx")
    asked = [(one.request["method"], one.request["url"], one.request_body) for one in order.exchanges]
    assert [(one.request["method"], one.request["url"], one.request_body) for one in again.exchanges] == asked
    assert again.exchanges[1].response_body == order.exchanges[1].response_body


SCHEMA = json.loads((Path(__file__).parent / "fixtures" / "har-1.2.schema.json").read_text())
"""The specification, as a JSON schema of our own."""


def test_it_has_all_that_the_specification_requires(order: Cassette, basket: Cassette) -> None:
    binary = Exchange("httpx", "k", {"method": "PUT", "url": "http://["}, b"\xff", {"status": 799}, b"\xfe\xff")
    odd = Cassette([Span("PUT", "t", "s", "", Kind.CLIENT, 0, 1, exchange=binary)])
    document: Any = json.loads(json.dumps(har([order, basket, odd], "1")))
    jsonschema.Draft7Validator(SCHEMA).validate(document)
    entries = document["log"]["entries"]
    assert len(entries) == 8  # SQL is no HTTP
    for entry in entries:
        assert sum(entry["timings"].values()) == pytest.approx(entry["time"])
    assert any(entry["response"]["content"].get("encoding") == "base64" for entry in entries)


def test_the_schema_sees_what_is_missing(order: Cassette) -> None:
    document: Any = json.loads(json.dumps(har([order], "1")))
    del document["log"]["entries"][0]["response"]["redirectURL"]
    with pytest.raises(jsonschema.ValidationError, match="redirectURL"):
        jsonschema.Draft7Validator(SCHEMA).validate(document)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"log": 1},
        {"log": {"entries": 1}},
        {"log": {"entries": [1]}},
        {"log": {"entries": [{"request": {}}]}},
    ],
)
def test_what_is_no_archive_says_where(document: Any) -> None:
    with pytest.raises(CassetteDamaged, match=r"a\.har"):
        read_har(document, "a.har", "httpx")
