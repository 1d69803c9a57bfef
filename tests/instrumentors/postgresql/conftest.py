"""What the tests of PostgreSQL's drivers share."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from services.postgresql import OwnServer, run
from services.processes import Servers


def answers(url: str) -> bool:
    """Whether the server is up: it listens a little earlier."""
    try:
        run(url, "SELECT 1")
    except psycopg.errors.OperationalError as error:
        if "starting up" not in str(error):
            raise
        return False
    return True


@pytest.fixture
def own(session_servers: Servers) -> Iterator[OwnServer]:
    """A server that the test may stop."""
    server = OwnServer(session_servers)
    while not answers(server.url):
        pass
    yield server
    server.stop()
