"""``timetracer dedupe``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import recordings
from timetracer.store.opening import open_store


@pytest.mark.parametrize("name", ["directory", "archive.sqlite"])
def test_of_equal_recordings_the_newest_stays(run: Any, tmp_path: Path, name: str) -> None:
    store = open_store(tmp_path / name)
    for number in range(3):
        cassette = recordings.basket()
        for span in cassette.spans:
            span.span_id, span.parent_id = (
                f"{number + 1}{span.span_id[1:]}",
                span.parent_id and f"{number + 1}{span.parent_id[1:]}",
            )
            span.start, span.end = span.start + number * 10**9, span.end + number * 10**9
        store.save(cassette)
    store.save(recordings.order())
    store.close()
    assert "2 cassettes would be removed" in run("dedupe", tmp_path / name, "--dry-run").out
    assert "2 cassettes removed" in run("dedupe", tmp_path / name).out
    assert run("dedupe", tmp_path / name).out == "0 cassettes removed, 0 B\n"
    left = open_store(tmp_path / name)
    assert max(entry.start for entry in left.entries()) == recordings.BEGAN + 2 * 10**9
    left.close()
