"""A cassette as a test."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import timetracer
from timetracer.analysis.pytest_code import pytest_code
from timetracer.cassette.model import Cassette


def test_it_asks_again_and_compares(order: Cassette, monkeypatch: Any) -> None:
    asked: list[Any] = []

    class Block:
        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    def replay(path: str) -> Block:
        asked.append(path)
        return Block()

    def request(*arguments: Any, **more: Any) -> Any:
        asked.append((arguments, more))
        return SimpleNamespace(status_code=502, content=b'{"detail":"payment failed"}')

    monkeypatch.setattr(timetracer, "replay", replay)
    written: dict[str, Any] = {}
    exec(pytest_code(order, "cassettes/it's.json"), written)  # noqa: S102
    written["test_post_orders_id"](SimpleNamespace(request=request))
    path, (arguments, more) = asked
    assert path == "cassettes/it's.json"
    assert arguments == ("POST", "/orders/7?x=1")
    assert more["headers"] == [("content-type", "application/json")]
    assert more["content"].startswith(b'{"items"')


def test_without_an_inbound_request_the_rest_is_left_to_the_reader() -> None:
    code = pytest_code(Cassette(name="nightly: import ünïcode"), "a.json")
    compile(code, "a", "exec")
    assert "def test_nightly_import" in code
