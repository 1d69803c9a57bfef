"""A recorded response as messages."""

from __future__ import annotations

from typing import Any

import pytest

from services.postgresql_transcripts import ID, NAME, complete, error, row
from timetracer.cassette.model import Exchange, Redaction
from timetracer.errors import ReplayError
from timetracer_instrumentors.postgresql import messages as m
from timetracer_instrumentors.postgresql.answers import described, reported, results_of, settings_of

COLUMNS = [["id", 23, 4, -1, 16400, 1], ["name", 25, -1, -1, 16400, 2]]


def exchange(response: dict[str, Any], body: bytes | None = None, **more: Any) -> Exchange:
    return Exchange("postgresql", "a key", {"sql": "x"}, response=response, response_body=body, **more)


def said(recorded: Exchange, *results: int) -> bytes:
    return b"".join(results_of(recorded, results, lambda columns: b"T" if columns else b""))


def test_rows_are_given_in_the_format_that_is_asked_for() -> None:
    recorded = exchange({"columns": COLUMNS, "rows": [{"id": 1, "name": None}, [2, "x"]], "tag": "SELECT 2"})
    assert said(recorded) == b"T" + row(b"1", None) + row(b"2", b"x") + complete("SELECT 2")
    assert said(recorded, 1, 0) == b"T" + row(b"\0\0\0\1", None) + row(b"\0\0\0\2", b"x") + complete("SELECT 2")


def test_raw_values_are_given_in_the_format_that_they_came_in() -> None:
    recorded = exchange({"columns": COLUMNS[:1], "rows": [[{"raw": b"\xff"}]], "formats": [1]})
    assert said(recorded, 1) == b"T" + row(b"\xff")
    with pytest.raises(ReplayError, match=r"a key: response\.rows\[0\]\.id .*raw bytes"):
        said(recorded)


def test_several_results() -> None:
    recorded = exchange(
        {"results": [{"tag": "BEGIN"}, {"columns": COLUMNS[:1], "rows": [[1]], "suspended": True}, {"tag": ""}]}
    )
    assert said(recorded) == complete("BEGIN") + b"T" + row(b"1") + m.message(b"s") + m.message(b"I")


def test_downloads_come_in_the_pieces_that_they_came_in() -> None:
    head = m.copy_response(b"H", 0, [0])
    done = m.message(b"c") + complete("COPY 2")
    response = {"copy": ["out", 0, [0]], "pieces": [1, 2], "tag": "COPY 2"}
    assert said(exchange(response, b"abc")) == head + m.message(b"d", b"a") + m.message(b"d", b"bc") + done
    with pytest.raises(ReplayError, match=r"response\.pieces .*are 3 bytes, and the data has 4"):
        said(exchange(response, b"abcd"))
    redacted = exchange(response, b"abcd", redactions=[Redaction("response.body", "token")])
    assert said(redacted) == head + m.message(b"d", b"a") + m.message(b"d", b"bc") + m.message(b"d", b"d") + done


def test_descriptions() -> None:
    assert described([], ()) == m.message(b"n")
    assert described([ID, NAME], (1,)) == m.row_description([ID._replace(format=1), NAME._replace(format=1)])


def test_reports_and_settings() -> None:
    fields = {"severity": "ERROR", "severity_nonlocalized": "ERROR", "sqlstate": "22012", "message": "division by zero"}
    recorded = exchange({"parameters": {"TimeZone": "UTC"}})
    assert reported(recorded, b"E", "error", fields) == error()
    assert settings_of(recorded) == {"TimeZone": "UTC"}
    assert settings_of(exchange({})) == {}
    for broken in (None, "x", {"message": 7}, {"sqlstate": "x"}, {"message": "\ud800"}):
        with pytest.raises(ReplayError, match=r"a key: response\.error"):
            reported(recorded, b"E", "error", broken)
