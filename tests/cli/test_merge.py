"""``timetracer merge``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import recordings
from timetracer.cassette import files


def test_all_spans_come_into_one(run: Any, tmp_path: Path) -> None:
    order = recordings.order()
    basket = recordings.basket()
    for span in basket.spans:
        span.span_id = f"f{span.span_id[1:]}"
    files.write(tmp_path / "a.json", order)
    files.write(tmp_path / "b.json", basket)
    ran = run("merge", tmp_path / "a.json", tmp_path / "b.json", "--out", tmp_path / "both.json")
    assert (ran.status, ran.out) == (0, f"2 cassettes, 20 spans in {tmp_path / 'both.json'}\n")
    (both,) = files.read(tmp_path / "both.json")
    assert both.name == order.name


def test_there_must_be_something_and_a_file_for_it(run: Any, tmp_path: Path, one: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("merge", tmp_path / "empty", "--out", tmp_path / "a.json").status == 2
    assert run("merge", one, "--out", tmp_path / "a.txt").status == 2


def test_what_cannot_be_read_stops_it_unless_it_is_left_out(run: Any, tmp_path: Path, one: Path, damaged: Path) -> None:
    both = tmp_path / "both.json"
    ran = run("merge", one, damaged, "--out", both)
    assert (ran.status, ran.out, both.exists()) == (1, "", False)
    assert str(damaged) in ran.err
    assert "--skip-damaged" in ran.err
    ran = run("merge", one, damaged, "--out", both, "--skip-damaged")
    assert (ran.status, both.exists()) == (0, True)
    assert str(damaged) in ran.err
