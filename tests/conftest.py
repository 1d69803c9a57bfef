"""What every test can ask for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings

from services.found import KINDS, url_of
from services.postgresql import Database, Databases
from services.processes import Servers, environment
from services.upstream import Upstream, Upstreams

# A busy machine says nothing of the code: how long an example, or the making of one, takes fails no test.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

OURS = ("COVERAGE_", "TIMETRACER_", "OTEL_")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees what the developer's shell, or CI, has set for us or for OpenTelemetry."""
    for name in list(os.environ):
        if name.startswith(OURS[1:]) and not name.startswith("TIMETRACER_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("CI", raising=False)


class FreshPython(Protocol):
    """Runs code in an interpreter that has loaded nothing yet, coverage included; what it printed is returned."""

    def __call__(self, code: str, /, **environ: str) -> str: ...


@pytest.fixture
def fresh_python() -> FreshPython:
    def run(code: str, /, **environ: str) -> str:
        clean = {name: value for name, value in environment().items() if not name.startswith(OURS)}
        ran = subprocess.run(
            [sys.executable, "-c", code], env=clean | environ, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    return run


@pytest.fixture(scope="session")
def upstreams() -> Iterator[Upstreams]:
    """Opens real HTTP servers for a client to call: ``upstreams.open()``."""
    home = Upstreams()
    yield home
    home.close()


@pytest.fixture
def upstream(upstreams: Upstreams) -> Iterator[Upstream]:
    """A real HTTP server for a client to call; ``upstream.stop()`` takes it away."""
    one = upstreams.open()
    yield one
    one.stop()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Starts real servers, such as ``servers.uvicorn("shop:app", cwd=…)``, and ends them after the test."""
    started = Servers(tmp_path)
    yield started
    started.close()


@pytest.fixture(scope="session")
def session_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The same, ended after the last test."""
    started = Servers(tmp_path_factory.mktemp("servers"))
    yield started
    started.close()


@pytest.fixture(scope="session")
def postgresqls(session_servers: Servers, upstreams: Upstreams) -> Databases:
    """Opens empty databases, each as if it had a server to itself: ``postgresqls.open()``."""
    return Databases(url_of(KINDS["postgresql"], session_servers), upstreams)


@pytest.fixture
def postgresql(postgresqls: Databases) -> Iterator[Database]:
    """An empty database; ``postgresql.stop()`` takes it away, with its server as far as anybody can tell."""
    one = postgresqls.open()
    yield one
    one.stop()
