"""What a client asks: openings and passwords, statements that are prepared, and nothing of what is a secret."""

from __future__ import annotations

from pathlib import Path
from struct import pack

import pytest

from services.postgresql_flows import FLOWS
from services.postgresql_transcripts import (
    IDLE,
    OPENING,
    PARSED,
    SYNC,
    conversation,
    error,
    operations,
    parse,
    special,
    startup,
)
from timetracer.cassette.model import Exchange
from timetracer_instrumentors.postgresql import messages as m


def asked(exchanges: list[Exchange]) -> list[str]:
    return [exchange.key for exchange in operations(exchanges)]


def test_the_opening_is_a_fact_without_secrets(path: Path) -> None:
    scram = m.message(b"R", pack("!I", 10) + b"SCRAM-SHA-256\0\0")
    proof = m.message(b"p", m.string("SCRAM-SHA-256") + m.value(b"n,,n=,r=s3cr3t-nonce"))
    more = m.message(b"R", pack("!I", 11) + b"r=s3cr3t-nonce,s=salt,i=4096")
    (opening,) = conversation(
        path,
        (startup(), scram),
        (proof, more),
        (m.message(b"p", b"c=biws,p=s3cr3t-proof"), m.message(b"R", pack("!I", 12) + b"v=s3cr3t") + OPENING[1]),
        opening=None,
    )
    assert opening.fact
    assert opening.request == {"connect": "shop", "user": "bob"}
    assert opening.response == {
        "parameters": {"server_version": "15.4", "TimeZone": "UTC"},
        "connection": {"process": 77},
        "transaction": "idle",
    }
    written = path.read_text(encoding="utf-8")
    assert "s3cr3t" not in written
    assert "salt" not in written
    assert "99" not in str(opening.response)


def test_a_password_in_clear_is_not_stored(path: Path) -> None:
    cleartext = m.message(b"R", pack("!I", 3))
    refusal = error("28P01", 'password authentication failed for user "bob"', "FATAL")
    (opening,) = conversation(path, (startup(), cleartext), (m.message(b"p", b"hunter2\0"), refusal), opening=None)
    assert not opening.fact
    assert opening.response is not None
    assert opening.response["error"]["sqlstate"] == "28P01"  # type: ignore[index,call-overload]
    assert "hunter2" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("answer", [b"N", b"S"])
def test_requests_for_encryption_are_no_messages(path: Path, answer: bytes) -> None:
    found = conversation(
        path, (special(m.GSSENC_REQUEST), b"N"), (special(m.SSL_REQUEST), answer), OPENING, opening=None
    )
    assert [exchange.request for exchange in found] == [{"connect": "shop", "user": "bob"}]


def test_a_connection_that_is_encrypted_is_let_alone(path: Path) -> None:
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)
    assert (
        conversation(path, (special(m.SSL_REQUEST), b"S"), (hello, hello), (b"\x17\x03\x03", hello), opening=None) == []
    )
    assert conversation(path, (hello, hello), opening=None) == []
    assert conversation(path, (pack("!II", 8, 0x20000), b"Eold protocol\0"), opening=None) == []


def test_preparing_is_an_exchange_of_its_own(path: Path) -> None:
    found = conversation(path, *FLOWS["prepared, then used twice"])
    assert [(exchange.key.split()[0], exchange.fact) for exchange in operations(found)] == [
        ("prepare", False),
        ("select", False),
        ("select", False),
    ]
    prepared, first, _ = operations(found)
    assert prepared.response is not None
    assert prepared.response["types"] == [23]
    assert first.request["parameters"] == {"id": 5}
    assert first.response is not None
    assert first.response["rows"] == [{"id": 5, "name": "x"}]


def test_two_statements_that_are_prepared_at_once(path: Path) -> None:
    found = conversation(
        path, (parse("select 1", "a") + parse("selec", "b") + SYNC, PARSED + error("42601", "syntax") + IDLE)
    )
    assert asked(found) == ["prepare select 1", "prepare selec"]
    assert ["error" in (exchange.response or {}) for exchange in operations(found)] == [False, True]
