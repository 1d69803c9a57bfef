"""``timetracer import``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import recordings
from timetracer.cassette import files, layouts
from timetracer.store.archive import ArchiveStore

VCR = Path(__file__).parent.parent / "formats" / "fixtures" / "vcrpy.yaml"
HAR = {
    "log": {
        "entries": [
            {
                "startedDateTime": "2025-01-02T03:04:05Z",
                "time": 1,
                "request": {
                    "method": "GET",
                    "url": "http://a/",
                    "headers": [{"name": "Authorization", "value": "Bearer s3cr3t-t0ken-1"}],
                },
                "response": {"status": 200, "headers": [], "content": {"text": "ok"}},
            }
        ]
    }
}


def test_a_directory_of_vcrpys_becomes_one_of_ours(run: Any, tmp_path: Path) -> None:
    (tmp_path / "vcr" / "shop").mkdir(parents=True)
    (tmp_path / "vcr" / "shop" / "test_items.yaml").write_bytes(VCR.read_bytes())
    ran = run("import", tmp_path / "vcr", "--from", "vcrpy", "--out", tmp_path / "cassettes", "--library", "requests")
    assert (ran.status, ran.out) == (0, f"1 cassette in {tmp_path / 'cassettes'}\n")
    (cassette,) = files.read(tmp_path / "cassettes" / "shop" / "test_items.json")
    assert [exchange.library for exchange in cassette.exchanges] == ["requests"] * 3


def test_secrets_are_taken_out(run: Any, tmp_path: Path) -> None:
    (tmp_path / "a.har").write_text(json.dumps(HAR))
    assert run("import", tmp_path / "a.har", "--from", "har", "--out", tmp_path / "a.json").status == 0
    text = (tmp_path / "a.json").read_text()
    assert "s3cr3t" not in text
    assert "redacted-authorization-1" in text


def test_what_a_collector_wrote_becomes_a_cassette_a_trace(run: Any, tmp_path: Path) -> None:
    order, basket = recordings.order(), recordings.basket()
    for span in basket.spans:
        span.trace_id = "f" * 32
    with (tmp_path / "traces.jsonl").open("wb") as file:
        for cassette in (order, basket):
            for span in reversed(cassette.spans):  # as they end
                cassette.spans = [span]
                file.write(layouts.encode_line(cassette))
    ran = run("import", tmp_path / "traces.jsonl", "--from", "otlp", "--out", tmp_path / "all.sqlite")
    assert (ran.status, ran.out) == (0, f"2 cassettes in {tmp_path / 'all.sqlite'}\n")
    store = ArchiveStore(tmp_path / "all.sqlite")
    assert sorted(entry.spans for entry in store.entries()) == [9, 11]
    store.close()


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("{", ["--from", "har", "--out", "out"], "not JSON"),
        ("{}", ["--from", "har", "--out", "out"], "expected a HAR file"),
        ("{}", ["--from", "otlp", "--out", "out"], "expected OTLP/JSON"),
        ("a: [", ["--from", "vcrpy", "--out", "out"], "not YAML"),
        ("{}", ["--from", "nothing", "--out", "out"], "one of har, vcrpy, otlp"),
    ],
)
def test_what_cannot_be_read_is_told(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text(text)
    ran = run("import", "file", *options)
    assert ran.status == 2
    assert said in ran.err
    assert not Path("out").exists()


def test_nothing_to_import(run: Any, tmp_path: Path) -> None:
    assert "no such file" in run("import", tmp_path / "none", "--from", "har", "--out", tmp_path / "a").err
    assert "ends in .har" in run("import", tmp_path, "--from", "har", "--out", tmp_path / "a").err
