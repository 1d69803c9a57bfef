"""Cassettes of vcrpy; ``fixtures/vcrpy.yaml`` was written by vcrpy itself, around urllib."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

import timetracer
from timetracer.cassette import files
from timetracer.errors import CassetteDamaged, TimetracerError
from timetracer.formats.vcrpy import read_vcrpy

WRITTEN = Path(__file__).parent / "fixtures" / "vcrpy.yaml"
URL = "http://127.0.0.1:8765"
MATCH = ["method", "host", "path", "query", "body"]


def test_what_vcrpy_recorded_replays(tmp_path: Path) -> None:
    cassette = read_vcrpy(WRITTEN.read_bytes(), "a.yaml", "httpx", 10**18)
    assert [span.start for span in cassette.spans] == [10**18, 10**18 + 2_000_000, 10**18 + 4_000_000]
    files.write(tmp_path / "a.json", cassette)
    with timetracer.replay(tmp_path / "a.json", match=MATCH, strict=True):
        assert httpx.get(f"{URL}/items?id=1").json() == {"sku": "A-1", "n": 2}
        zipped = httpx.get(f"{URL}/gz")
        assert (zipped.json(), zipped.headers["content-encoding"]) == ({"zipped": True}, "gzip")
        missing = httpx.post(f"{URL}/orders", content=b'{"n":1}')
        assert (missing.status_code, missing.text) == (404, "nope")


def test_json_is_read_too() -> None:
    text = (
        b'{"version": 1, "interactions": [{"request": {"method": "GET", "uri": "http://a/", "body": null},'
        b' "response": {"status": {"code": 204, "message": ""}, "headers": {"x": "1"}, "body": {"string": ""}}}]}'
    )
    (exchange,) = read_vcrpy(text, "a.json", "httpx", 0).exchanges
    assert exchange.response == {"status": 204, "headers": [["x", "1"]]}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"interactions: 1",
        b"interactions: [1]",
        b"interactions: [{request: {}}]",
        b"a: [",
        b"interactions: !!python/object/apply:os.system ['touch hacked']",
        b"\xff\xfe\x00",
    ],
)
def test_what_is_none_says_so_and_runs_nothing(text: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CassetteDamaged, match=r"a\.yaml"):
        read_vcrpy(text, "a.yaml", "httpx", 0)
    assert not (tmp_path / "hacked").exists()


def test_without_pyyaml_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(TimetracerError, match=r"timetracer-otel\[yaml\]"):
        read_vcrpy(b"", "a.yaml", "httpx", 0)
