"""A Redis server for each file of tests, empty at the beginning of each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from services.found import KINDS, own
from services.ports import free_port
from services.processes import Server, Servers


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    servers = Servers(tmp_path_factory.mktemp("redis"))
    yield own(KINDS["redis"], servers)
    servers.close()


@pytest.fixture
def server(shared: Server) -> Server:
    with redis.Redis(port=shared.port) as client:
        client.flushall()
        client.script_flush()
    return shared


@pytest.fixture
def nobody() -> int:
    """A port that nobody listens on."""
    return free_port()
