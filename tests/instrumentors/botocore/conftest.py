"""A real moto server, in a process of its own."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from services.found import KINDS, url_of
from services.ports import free_port
from services.processes import Server, Servers


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of one for all tests: each takes names of its own. One that was there before may have them already."""
    servers, kind = Servers(tmp_path_factory.mktemp("moto")), KINDS["moto"]
    if find_spec(kind.package) and kind.command:
        port = free_port()
        yield servers.start(kind.command(port), port).url
    else:
        yield url_of(kind, servers)
    servers.close()


@pytest.fixture
def own_moto(servers: Servers) -> Server:
    """One that has nothing in it, and that the test may stop. Its Lambda needs no Docker: it always says the same."""
    pytest.importorskip("moto")
    kind, port = KINDS["moto"], free_port()
    assert kind.command
    server = servers.start(kind.command(port), port)
    body = json.dumps({"lambda": {"use_docker": False}}).encode()
    urllib.request.urlopen(f"{server.url}/moto-api/config", body).close()
    return server


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Those of nobody, in the environment, and no files: as a developer has who records."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "recorder")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "shh")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def no_credentials(credentials: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``no_credentials()``: from here on there are none."""

    def forget() -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)

    return forget
