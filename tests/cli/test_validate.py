"""``timetracer validate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import recordings
from timetracer.cassette import files
from timetracer.cassette.model import Cassette, Exchange, Plain, Redaction, Span
from timetracer.cli.validate import faults


def span(number: int, parent: int = 0, start: int = 1, end: int = 2, **exchange: Any) -> Span:
    parent_id = f"{parent:016x}" if parent else ""
    recorded = Exchange("lib", "k", {}, **exchange) if exchange else None
    return Span("s", "1" * 32, f"{number:016x}", parent_id, start=start, end=end, exchange=recorded)


def chunked(body: bytes, response: dict[str, Plain], *marks: Redaction) -> Span:
    return span(1, response=response, response_body=body, chunks=[(2, 1), (3, 2)], redactions=list(marks))


def asked(request: dict[str, Plain], response: dict[str, Plain]) -> Span:
    return Span("s", "1" * 32, f"{1:016x}", start=1, end=2, exchange=Exchange("httpx", "k", request, response=response))


@pytest.mark.parametrize(
    ("spans", "found"),
    [
        ([], []),
        ([span(1), span(2, 1), span(3, 99)], []),
        ([span(1, start=5, end=5)], []),
        (
            [span(1), span(1)],
            [(f"span {n}", "its id 0000000000000001 is not its own: 2 spans have it") for n in (1, 2)],
        ),
        ([span(1, 2), span(2, 1)], [("span 1", "its parents form a ring")]),
        ([span(1, start=9, end=4)], [("span 1", "ends 5 ns before it starts")]),
        ([span(1, start=9, end=0)], [("span 1", "never ended")]),
        ([span(1, started=9, ended=4)], [("span 1, exchange", "ends 5 ns before it starts")]),
        ([span(1, started=9, ended=0)], []),
        (
            [span(1, error={"type": 7, "args": "x"})],
            [
                ("span 1, exchange", "error.type is 7, not text"),
                ("span 1, exchange", "error.args is str, not a list"),
            ],
        ),
        ([asked({"method": "GET", "url": "/a", "headers": [["a", "b"]]}, {"status": 204, "headers": []})], []),
        (
            [asked({"method": "GET", "url": 5}, {"status": "200"})],
            [
                ("span 1, exchange", "request.url is 5, not text"),
                ("span 1, exchange", "response.status is str, not a number from 100 to 999"),
            ],
        ),
        (
            [asked({"method": None, "url": "/", "headers": ["a"]}, {"status": 7})],
            [
                ("span 1, exchange", "request.method is nothing, not text"),
                ("span 1, exchange", "request.headers is not a list of [name, value]"),
                ("span 1, exchange", "response.status is 7, not a number from 100 to 999"),
            ],
        ),
        ([chunked(b"12345", {})], []),
        ([chunked(b"1234", {})], [("span 1, exchange", "its chunks have 5 bytes, its body has 4")]),
        ([chunked(b"1234567", {"coding": "gzip"})], []),
        ([chunked(b"redacted-jwt-1", {}, Redaction("response.body.token", "jwt"))], []),
    ],
)
def test_what_a_reader_lets_through(spans: list[Span], found: list[tuple[str, str]]) -> None:
    assert list(faults(Cassette(spans))) == found


def test_all_is_well(run: Any, place: Path) -> None:
    assert run("validate", place) == (0, "3 cassettes, 5 spans: all well\n", "")


def test_problems_are_told_with_file_and_place(run: Any, tmp_path: Path, one: Path, damaged: Path) -> None:
    files.write(tmp_path / "ring.json", Cassette([span(1, 2), span(2, 1)]))
    ran = run("validate", tmp_path)
    assert (ran.status, ran.err) == (1, "")
    first, second, total = ran.out.splitlines()
    assert first.startswith(f"{damaged}: line 1")
    assert second == f"{tmp_path}/ring.json: span 1: its parents form a ring"
    assert total == "3 cassettes, 4 spans: 2 problems"


def test_a_place_inside_the_document_is_told(run: Any, one: Path) -> None:
    document = json.loads(one.read_text())
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["kind"] = "SERVER"
    one.write_text(json.dumps(document))
    ran = run("validate", one)
    assert ran.status == 1
    assert "resourceSpans[0].scopeSpans[0].spans[0]" in ran.out


def test_json(run: Any, tmp_path: Path, one: Path, damaged: Path) -> None:
    ran = run("validate", tmp_path, "--json")
    data = json.loads(ran.out)
    assert (ran.status, data["checked"]) == (1, 2)
    assert [problem["file"] for problem in data["problems"]] == [str(damaged)]
    assert json.loads(run("validate", one, "--json").out) == {"checked": 1, "problems": []}


def test_an_empty_directory_has_nothing_wrong(run: Any, tmp_path: Path) -> None:
    assert run("validate", tmp_path) == (0, "0 cassettes, 0 spans: all well\n", "")


def test_what_looks_like_a_secret_is_told_without_saying_it(run: Any, tmp_path: Path) -> None:
    cassette = recordings.order()
    assert cassette.spans[3].exchange
    cassette.spans[3].exchange.request["headers"] = [["authorization", "Bearer s3cr3t-t0ken-1"]]
    files.write(tmp_path / "leaky.json", cassette)
    ran = run("validate", tmp_path / "leaky.json", "--secrets")
    assert ran.status == 1
    assert "span 4, request.headers.authorization: looks like a secret (authorization)" in ran.out
    assert "s3cr3t" not in ran.out
    assert run("validate", tmp_path / "leaky.json").status == 0


def test_what_was_redacted_is_no_secret(run: Any, tmp_path: Path) -> None:
    files.write(tmp_path / "clean.json", recordings.order())
    assert run("validate", tmp_path / "clean.json", "--secrets").status == 0
