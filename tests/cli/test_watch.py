"""``timetracer watch``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import recordings
from timetracer.cli import watch
from timetracer.store.opening import open_store


@pytest.mark.parametrize("name", ["directory", "archive.sqlite"])
def test_what_is_recorded_from_now_on_is_printed(
    run: Any, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / name
    store = open_store(place)
    basket = recordings.basket()
    for span in basket.spans:
        span.trace_id = "f" * 32

    def interrupted() -> object:
        raise KeyboardInterrupt

    steps: list[Callable[[], object]] = [
        lambda: store.save(recordings.order()),
        lambda: None,
        lambda: store.save(basket),
        interrupted,
    ]
    monkeypatch.setattr(watch, "sleep", lambda _: steps.pop(0)())
    ran = run("watch", place)
    store.close()
    assert ran.status == 130
    first, second = ran.out.splitlines()
    assert "POST /orders/{id}  502  1.24 s" in first
    assert "GET /basket/{id}  200  144 ms" in second


def test_what_was_there_before_is_not(run: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = iter([None])

    def sleep(_: float) -> None:
        if next(steps, "end") == "end":
            raise KeyboardInterrupt

    monkeypatch.setattr(watch, "sleep", sleep)
    assert run("watch", place).out == ""
