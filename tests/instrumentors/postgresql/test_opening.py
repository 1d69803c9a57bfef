"""How a connection begins, byte by byte."""

from __future__ import annotations

import pytest

from timetracer_instrumentors.postgresql.messages import Frames
from timetracer_instrumentors.postgresql.opening import Opening

HELLO = b"\x16\x03\x01"


def test_each_request_for_encryption_is_answered_by_one_byte() -> None:
    opening = Opening(Frames(startup=True))
    opening.requested()
    opening.requested()
    assert opening.received(b"G") == b""
    assert opening.received(b"NR\0\0\0\x08") == b"R\0\0\0\x08"
    assert opening.received(b"S\0\0\0\4") == b"S\0\0\0\4"


def test_an_old_server_answers_with_an_error() -> None:
    opening = Opening(Frames(startup=True))
    opening.requested()
    assert opening.received(b"E\0\0\0\5\0") == b"E\0\0\0\5\0"
    assert opening.received(b"N\0\0\0\5\0") == b"N\0\0\0\5\0"


@pytest.mark.parametrize("asked", [True, False])
def test_what_is_encrypted_is_not_read(asked: bool) -> None:
    opening = Opening(Frames(startup=True))
    if asked:
        opening.requested()
        assert opening.received(b"S") == b""
    assert opening.sent(HELLO) == b""
    assert opening.opaque
    assert (opening.sent(b"\x17"), opening.received(HELLO)) == (b"", b"")


def test_data_that_begins_like_tls_later_on_is_data() -> None:
    frames = Frames(startup=False)
    opening = Opening(frames)
    assert opening.sent(HELLO) == HELLO
    assert not opening.opaque
