"""A cassette that somebody has spoilt: the backend says which exchange, and which field of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import timetracer
from services.postgresql_flows import FLOWS
from services.postgresql_transcripts import Client, conversation, operations
from timetracer.cassette import files
from timetracer.errors import ReplayError


def spoilt(path: Path, **changes: object) -> None:
    (cassette,) = files.read(path)
    (exchange,) = operations(cassette.exchanges)
    assert exchange.response is not None
    exchange.response.update(changes)  # type: ignore[arg-type]
    files.write(path, cassette)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rows": [{"id": 1}]}, r"response\.rows\[0\]"),
        ({"rows": [{"id": 1, "nome": "x"}]}, r"response\.rows\[0\]"),
        ({"rows": [{"id": 1, "name": "x", "more": 1}]}, r"response\.rows\[0\]"),
        ({"rows": [{"id": 1, "name": "x"}, [1]]}, r"response\.rows\[1\]"),
        ({"rows": [{"id": "x", "name": "x"}]}, r"response\.rows\[0\]\.id"),
        ({"rows": [{"id": 1 << 40, "name": {"raw": 7}}]}, r"response\.rows\[0\]\.name"),
        ({"rows": 7}, r"response\.rows"),
        ({"columns": 7}, r"response\.columns"),
        ({"columns": [["id", 23]]}, r"response\.columns"),
        ({"columns": [["id", 1 << 70, 4, -1, 0, 0], ["name", 25, -1, -1, 0, 0]]}, r"response\.columns"),
        ({"formats": [0]}, r"response\.formats"),
        ({"formats": "x"}, r"response\.formats"),
        ({"results": {}}, r"response\.results"),
        ({"results": [1]}, r"response\.results"),
        ({"error": "x"}, r"response\.error"),
        ({"error": {"sqlstate": "22012"}}, r"response\.error"),
        ({"notices": [1]}, r"response\.notices"),
        ({"parameters": [1]}, r"response\.parameters"),
        ({"copy": ["up"]}, r"response\.copy"),
        ({"copy": ["out", 0, ["x"]]}, r"response\.copy"),
        ({"copy": ["out", 0, []], "pieces": [99]}, r"response\.pieces"),
    ],
)
def test_a_damaged_cassette_is_one_clear_error(path: Path, changes: dict[str, object], field: str) -> None:
    conversation(path, *FLOWS["extended"])
    spoilt(path, **changes)
    with timetracer.replay(path), pytest.raises(ReplayError, match=rf"(?s)select id, name.*{field}.*record it again"):
        Client().says(FLOWS["extended"][0][0])
