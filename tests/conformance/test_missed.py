"""Law 7 and the misses: never the network, never somebody else's answer, and none that can be swallowed."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import timetracer
from conformance.subject import Seen, Server, Subject
from conformance.subjects import each, each_subject
from conformance.three_ways import operations
from timetracer import FailedVerdict, UnmatchedCall

Run = Callable[..., Seen]


@each("others")
def test_a_call_that_differs_is_a_miss_that_says_how(
    subject: Subject, name: str, path: Path, upstream: Server, record: Run
) -> None:
    record(subject.once)
    (recorded,) = operations(path, subject)
    assert recorded.exchange
    upstream.restart()  # there to answer, if anybody asked
    with pytest.raises(FailedVerdict), timetracer.replay(path):
        with pytest.raises(UnmatchedCall) as miss:
            subject.others[name](upstream.url)
        assert f"nearest   {recorded.exchange.key}" in str(miss.value)
        assert "(not played yet)" in str(miss.value)
        assert f"{name}: recorded " in str(miss.value)
        assert f'timetracer.record("{path}")' in str(miss.value)
    assert upstream.calls == []


@each_subject
def test_one_call_more_than_recorded_is_a_miss(subject: Subject, path: Path, upstream: Server, record: Run) -> None:
    recorded = record(subject.once)
    upstream.restart()
    with pytest.raises(FailedVerdict), timetracer.replay(path) as block:
        assert subject.once(upstream.url) == recorded
        with pytest.raises(UnmatchedCall, match="the one recording of this call has been played"):
            subject.once(upstream.url)
    assert (block.verdict.extra, len(block.verdict.missed), block.verdict.unplayed) == (1, 1, [])
    assert upstream.calls == []


@each_subject
def test_a_miss_that_the_app_swallows_fails_the_verdict(
    subject: Subject, path: Path, upstream: Server, record: Run
) -> None:
    record(subject.once)
    name, other = next(iter(subject.others.items()))
    with pytest.raises(FailedVerdict) as verdict, timetracer.replay(path), suppress(Exception):
        other(upstream.url)
    assert re.search(rf"{re.escape(name)}: recorded .*Ada.*, asked .*Bea", str(verdict.value))


@each_subject
def test_an_unplayed_call_fails_only_where_it_must(subject: Subject, path: Path, record: Run) -> None:
    record(subject.once)
    with timetracer.replay(path) as block:
        pass
    assert len(block.verdict.unplayed) == 1
    with pytest.raises(FailedVerdict, match="unplayed"), timetracer.replay(path, strict=True):
        pass


@each_subject
def test_a_replay_opens_no_socket_and_looks_up_no_name(
    subject: Subject, upstream: Server, record: Run, replay: Run, connections: list[Any]
) -> None:
    record(subject.once)
    assert connections or upstream.calls  # what is written in C is not heard of
    connections.clear()
    replay(subject.once)
    assert connections == []


_heard: list[list[Any]] = []


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if _heard and event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        _heard[-1].append((event, args[1:]))


sys.addaudithook(_hear)


@pytest.fixture
def connections() -> Any:
    """Every connection and every look-up of a name that Python makes from here on."""
    _heard.append([])
    yield _heard[-1]
    _heard.clear()
