"""PostgreSQL for tests: databases of their own on the server that was found, and a server that they can stop."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from services.ports import free_port
from services.processes import PATIENCE, Server, Servers
from services.upstream import Upstream, Upstreams

PROGRAM = Path(__file__).with_name("postgresql_process.py")
_numbers = count(1)


@contextmanager
def database(url: str, name: str = "") -> Iterator[str]:
    """The URL of an empty database on the server at `url`, which is gone afterwards."""
    name = name or f"timetracer_{os.getpid()}_{next(_numbers)}"
    run(url, f"CREATE DATABASE {name}")
    try:
        yield renamed(url, name)
    finally:
        run(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def run(url: str, statement: str) -> None:
    """Carries out a statement."""
    import psycopg  # here: only who needs a database needs it

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def renamed(url: str, name: str, port: int = 0) -> str:
    """The same server's, or another port's, URL of another database."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition(":")[0] + f":{port}" if port else parts.netloc
    return parts._replace(netloc=place, path=f"/{name}").geturl()


class Databases:
    """Opens empty databases that can be stopped, each as if it had a server to itself."""

    def __init__(self, url: str, upstreams: Upstreams) -> None:
        self._url = url
        self._upstreams = upstreams

    def open(self) -> Database:
        parts = urlsplit(self._url)
        assert parts.hostname
        return Database(self._url, self._upstreams.open(to=(parts.hostname, parts.port or 5432)))


class Database:
    """One of them."""

    def __init__(self, url: str, relay: Upstream) -> None:
        self._server = url
        self._relay = relay
        self._name = f"timetracer_{os.getpid()}_{next(_numbers)}"
        self._create()

    @property
    def url(self) -> str:
        return renamed(self._server, self._name, self._relay.port)

    @property
    def calls(self) -> list[str]:
        """What clients sent, a piece at a time: ``52 bytes``."""
        return self._relay.calls

    def stop(self) -> None:
        self._relay.stop()
        run(self._server, f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")

    def restart(self) -> None:
        self.stop()
        self._create()
        self._relay.restart()

    def _create(self) -> None:
        run(self._server, f"CREATE DATABASE {self._name}")


def _await(url: str) -> None:
    """A server listens before it lets anybody in."""
    import psycopg

    until = time.monotonic() + PATIENCE
    while True:
        try:
            return psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            threading.Event().wait(0.05)


class OwnServer:
    """A server that the tests can stop: over TCP, with and without TLS, and over a unix socket.

    Args:
        servers: starts it.
    """

    def __init__(self, servers: Servers) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))
        self.port = free_port()
        self._process: Server = servers.start([sys.executable, PROGRAM, str(self.port), str(self.folder)], self.port)
        _await(self.url)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def certificate(self) -> Path:
        """Which TLS clients trust. Gone when it has stopped."""
        return self.folder / "server.crt"

    def stop(self) -> None:
        self._process.stop()
