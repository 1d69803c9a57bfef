"""A real server for the tests of MongoDB's drivers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pymongo
import pytest

from services.found import KINDS, url_of
from services.processes import Servers

_names = count()


@pytest.fixture(scope="module")
def servers_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    started = Servers(tmp_path_factory.mktemp("servers"))
    yield started
    started.close()


@pytest.fixture(scope="module")
def url(servers_of_module: Servers) -> str:
    """``mongodb://127.0.0.1:27017``: it stays there."""
    return url_of(KINDS["mongodb"], servers_of_module)


@pytest.fixture
def name(url: str) -> Iterator[str]:
    """The name of a database that is the test's alone."""
    database = f"timetracer_{next(_names)}"
    yield database
    with pymongo.MongoClient(url) as client:
        client.drop_database(database)
