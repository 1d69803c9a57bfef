"""TLS that is ours: as the user asked for it, or not at all. With a real server it is tested with each driver."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from timetracer_instrumentors.postgresql import messages, tls


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for name in ("PGSSLMODE", "PGSSLROOTCERT", "PGCHANNELBINDING", *tls._NOT_OURS.values()):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".postgresql").mkdir()
    return tmp_path / ".postgresql"


@pytest.mark.parametrize("asked", [{}, {"sslmode": "prefer"}, {"sslmode": "require"}])
def test_who_asks_for_no_proof_gets_none(asked: dict[str, str]) -> None:
    context = tls.trust(asked)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


def test_who_asks_for_proof_gets_it() -> None:
    context = tls.trust({"sslmode": "verify-full", "sslrootcert": "system"})
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"sslcert": "me.crt"}, "sslcert"),
        ({"sslcrl": "revoked"}, "sslcrl"),
        ({"ssl_min_protocol_version": "TLSv1.3"}, "ssl_min_protocol_version"),
        ({"channel_binding": "require"}, "channel_binding=require"),
        ({"sslmode": "verify-ca"}, "no sslrootcert"),
        ({"sslmode": "verify-full", "sslrootcert": "/nowhere"}, "/nowhere"),
    ],
)
def test_what_only_libpq_does_is_left_to_it(asked: dict[str, str], why: str) -> None:
    with pytest.raises(tls.NotOurs, match=why):
        tls.trust(asked)


def test_files_and_variables_that_libpq_looks_at_count(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "root.crt").write_text("no certificate")
    with pytest.raises(tls.NotOurs, match="with sslrootcert="):
        tls.trust({"sslmode": "require"})  # verified, says libpq, if there is a root.crt
    (home / "postgresql.crt").write_text("")
    with pytest.raises(tls.NotOurs, match="client's certificate"):
        tls.trust({})
    monkeypatch.setenv("PGSSLCERT", "me.crt")
    with pytest.raises(tls.NotOurs, match="sslcert"):
        tls.trust({})


def test_a_server_without_tls_is_left_alone() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(b"N")
    with ours, theirs, pytest.raises(tls.NotOurs, match="answers b'N'"):
        tls.run(tls.secured(ours, tls.trust({}), "localhost"))


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TimeoutError):
        tls.run(tls.secured(ours, tls.trust({}), "localhost"), patience=0.0)


def test_a_refused_connection() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            tls.run(tls.connected(unused.getsockname(), socket.AF_INET))


OFFER = messages.message(b"R", b"\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0")
REST = (
    messages.message(b"R", bytes(4))
    + messages.message(b"K", (7).to_bytes(4, "big") + (9).to_bytes(4, "big"))
    + messages.ready("I")
)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_offer_to_bind_to_the_channel_is_struck(size: int) -> None:
    unbound = tls.Unbound()
    data = OFFER + REST
    heard = b"".join(unbound(data[at : at + size]) for at in range(0, len(data), size))
    assert heard == messages.message(b"R", b"\0\0\0\x0aSCRAM-SHA-256\0\0") + REST
    assert unbound.key == (7, 9)
    assert unbound(OFFER) == OFFER, "after the login all passes as it is"
