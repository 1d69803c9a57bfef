"""One act without us, recorded, and replayed with the upstream gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

import timetracer
from conformance.subject import Server, Subject
from timetracer.cassette import files
from timetracer.cassette.model import Exchange, Span

PATIENCE = 20.0


def exchanges(path: Path) -> list[Exchange]:
    return [exchange for cassette in files.read(path) for exchange in cassette.exchanges]


def spans(path: Path) -> list[Span]:
    return [span for cassette in files.read(path) for span in cassette.spans]


def operations(path: Path, subject: Subject) -> list[Span]:
    """The spans with what the app asked for: neither facts nor what a connection does on its own account."""
    incidental = subject.instrumentor.incidental
    return [
        span
        for span in spans(path)
        if span.exchange is not None and not span.exchange.fact and not incidental(span.exchange.request)
    ]


def client(**options: Any) -> httpx.Client:
    return httpx.Client(timeout=PATIENCE, trust_env=False, **options)


def aclient(**options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=PATIENCE, trust_env=False, **options)


def three_ways(act: Callable[[], Any], path: Path, upstream: Server, **settings: Any) -> list[Any]:
    """What the act saw without us, recorded and replayed with the upstream gone."""
    plain = act()
    upstream.restart()
    with timetracer.record(path, **settings):
        recorded = act()
    upstream.stop()
    with timetracer.replay(path, strict=True, **settings):
        return [plain, recorded, act()]


def same_three_ways(act: Callable[[], Any], path: Path, upstream: Server, **settings: Any) -> Any:
    plain, recorded, replayed = three_ways(act, path, upstream, **settings)
    assert recorded == plain
    assert replayed == plain
    return plain
