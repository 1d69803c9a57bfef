"""Connection parameters of libpq, and a connection that is joined late."""

from __future__ import annotations

from typing import Any

import pytest

from timetracer_instrumentors.postgresql import libpq, messages
from timetracer_instrumentors.postgresql.messages import Frames


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_is_asked_of_a_server_that_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGREQUIREAUTH", "scram-sha-256")
    asked = {
        "host": "db1,db2",
        "port": "5433,5434",
        "hostaddr": "10.0.0.1",
        "sslmode": "verify-full",
        "sslrootcert": "system",
        "channel_binding": "require",
        "target_session_attrs": "read-write",
        "user": "somebody",
        "connect_timeout": "3",
    }
    assert libpq.redirected(asked, "/tmp/here") == {
        "host": "/tmp/here",
        "port": "5433",
        "hostaddr": "",
        "sslmode": "disable",
        "sslrootcert": "",
        "channel_binding": "prefer",
        "require_auth": "",
        "target_session_attrs": "any",
        "user": "somebody",
        "connect_timeout": "3",
    }
    assert libpq.redirected({}, "/tmp/here") == {"host": "/tmp/here", "port": "5432", "require_auth": ""}


def test_the_sockets_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert libpq.socket_name({}) == ".s.PGSQL.5432"
    monkeypatch.setenv("PGPORT", "5440")
    assert libpq.socket_name({}) == ".s.PGSQL.5440"
    assert libpq.socket_name({"port": 5441}) == ".s.PGSQL.5441"


def test_what_a_connection_that_fails_is_known_by(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"host": "db", "port": "5433", "user": "somebody"}
    assert libpq.opening(asked) == ("connect", "somebody", "somebody", "db:5433")
    assert libpq.opening({**asked, "dbname": "shop"}) == ("connect", "shop", "somebody", "db:5433")
    monkeypatch.setenv("PGDATABASE", "other")
    monkeypatch.setenv("PGUSER", "me")
    monkeypatch.setenv("PGHOST", "/run")
    assert libpq.opening({}) == ("connect", "other", "me", "/run:5432")


def test_a_line_that_comes_late_is_told_how_it_began() -> None:
    heard: list[tuple[str, bytes]] = []

    class Line:
        def sent(self, data: bytes) -> None:
            heard.append(("sent", data))

        def received(self, data: bytes) -> None:
            heard.append(("received", data))

    line: Any = Line()
    libpq.join(line, "me", "shop", 77, {"server_version": "15.2", "TimeZone": ""}.get)
    ((_, said), (_, answered)) = heard
    ((_, startup),) = Frames(startup=True).cut(said)
    assert messages.settings(startup) == {"user": "me", "database": "shop"}
    assert [(chr(kind), payload) for kind, payload in Frames().cut(answered)] == [
        ("R", bytes(4)),
        ("S", b"server_version\x0015.2\0"),
        ("K", (77).to_bytes(4, "big") + bytes(4)),
        ("Z", b"I"),
    ]
