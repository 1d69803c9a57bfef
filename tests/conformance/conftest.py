"""What the laws stand on: a recording and a replay of the same calls, with the server there and gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import timetracer
from conformance.subject import Act, Home, Seen, Server, Subject
from services.celery_workers import Workers
from services.found import KINDS, url_of
from services.mongodb import Databases
from services.processes import Servers
from services.redis_servers import RedisServers
from services.upstream import Upstreams
from timetracer.recording import faults
from timetracer.redaction.rules import DEFAULT

OPEN = DEFAULT.also(keep=("cookie", "setcookie"))
"""Cookies are compared as they are. What redaction does to a replay is tested with the library."""


@pytest.fixture(autouse=True)
def faults_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours is kept from an app, and not from a test."""
    monkeypatch.setattr(faults, "raising", True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassette.json"


@pytest.fixture(scope="session")
def mongodbs(upstreams: Upstreams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    servers = Servers(tmp_path_factory.mktemp("mongodb"))
    yield Databases(upstreams, url_of(KINDS["mongodb"], servers))
    servers.close()


@pytest.fixture(scope="session")
def redises(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServers]:
    servers = Servers(tmp_path_factory.mktemp("redises"))
    yield RedisServers(servers)
    servers.close()


@pytest.fixture(scope="session")
def workers(upstreams: Upstreams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    servers = Servers(tmp_path_factory.mktemp("workers"))
    yield Workers(upstreams, servers)
    servers.close()


@pytest.fixture
def home(request: pytest.FixtureRequest, upstreams: Upstreams) -> Home:
    """Where the servers of the test's subject come from; without a subject: HTTP servers."""
    if "subject" not in request.fixturenames:
        return upstreams
    subject: Subject = request.getfixturevalue("subject")
    found: Home = request.getfixturevalue(subject.home)
    return found


@pytest.fixture
def upstream(home: Home) -> Iterator[Server]:
    """A real server for the test's subject to call; ``upstream.stop()`` takes it away."""
    one = home.open()
    yield one
    one.stop()


@pytest.fixture
def record(path: Path, upstream: Server) -> Callable[..., Seen]:
    """``record(act)``: what the act sees of an upstream that remembers nothing, while it is recorded."""

    def run(act: Act, **settings: Any) -> Seen:
        upstream.restart()
        with timetracer.record(path, **{"redact": OPEN, **settings}):
            return act(upstream.url)

    return run


@pytest.fixture
def replay(path: Path, upstream: Server) -> Callable[..., Seen]:
    """``replay(act)``: what the act sees with the upstream gone. All that was recorded must be played, and no more."""

    def run(act: Act, **settings: Any) -> Seen:
        upstream.stop()
        with timetracer.replay(path, **{"redact": OPEN, "strict": True, **settings}) as block:
            seen = act(upstream.url)
        assert block.verdict.relaxed == []
        assert block.verdict.played > 0
        return seen

    return run
