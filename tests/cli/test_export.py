"""``timetracer export``, read back by others."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

import recordings
from timetracer.cassette import files


@pytest.fixture
def order(tmp_path: Path) -> Path:
    files.write(tmp_path / "order.json", recordings.order())
    return tmp_path / "order.json"


def exported(run: Any, path: Path, to: str) -> Path:
    out = path.with_suffix(f".{to}")
    ran = run("export", path, "--to", to, "--out", out)
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    return out


def test_otlp_is_what_the_protobuf_definitions_say(run: Any, order: Path) -> None:
    from google.protobuf.json_format import ParseDict

    def protobuf_ids(value: Any) -> Any:
        """OTLP/JSON has ids in hexadecimal where Protobuf's JSON mapping has base64."""
        if isinstance(value, dict):
            return {
                key: b64encode(bytes.fromhex(item)).decode()
                if key in ("traceId", "spanId", "parentSpanId")
                else protobuf_ids(item)
                for key, item in value.items()
            }
        return [protobuf_ids(item) for item in value] if isinstance(value, list) else value

    (line,) = exported(run, order, "otlp").read_text().splitlines()
    parsed = ParseDict(protobuf_ids(json.loads(line)), TracesData())
    spans = [span for scope in parsed.resource_spans[0].scope_spans for span in scope.spans]
    assert [span.name for span in spans] == [span.name for span in recordings.order().spans]
    assert spans[0].trace_id.hex() == recordings.TRACE


def test_otlp_is_read_by_duckdb(run: Any, order: Path) -> None:
    import duckdb

    path = exported(run, order, "otlp")
    rows = duckdb.sql(
        "WITH lines AS (SELECT unnest(resourceSpans) AS r FROM read_json(?)),"
        " scopes AS (SELECT unnest(r.scopeSpans) AS s FROM lines),"
        " spans AS (SELECT unnest(s.spans) AS span FROM scopes)"
        " SELECT span.name, CAST(span.endTimeUnixNano AS BIGINT) - CAST(span.startTimeUnixNano AS BIGINT) FROM spans",
        params=[str(path)],
    ).fetchall()
    assert rows == [(span.name, span.end - span.start) for span in recordings.order().spans]


def test_the_other_formats_are_what_they_are_called(run: Any, order: Path) -> None:
    assert json.loads(exported(run, order, "har").read_bytes())["log"]["version"] == "1.2"
    assert len(json.loads(exported(run, order, "perfetto").read_bytes())["traceEvents"]) == 10
    assert exported(run, order, "curl").read_text().count("curl \\\n") == 5
    assert len(json.loads(exported(run, order, "json").read_bytes())["cassettes"][0]["spans"]) == 9


def test_an_unknown_format_is_wrong_usage(run: Any, order: Path) -> None:
    assert run("export", order, "--to", "nothing").status == 2


def test_what_cannot_be_read_is_told(run: Any, damaged: Path) -> None:
    ran = run("export", damaged, "--to", "curl", "--out", damaged.with_suffix(".sh"))
    assert ran.status == 1
