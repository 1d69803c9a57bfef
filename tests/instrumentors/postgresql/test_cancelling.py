"""What is under way is cancelled on another connection: the answer comes then, as it came when it was recorded."""

from __future__ import annotations

from pathlib import Path
from struct import pack
from typing import Any

import pytest

import timetracer
from services.postgresql_transcripts import (
    BOUND,
    IDLE,
    NO_DATA,
    OPENING,
    PARSED,
    SYNC,
    Client,
    conversation,
    copy_fail,
    error,
    query,
    replayed,
    run,
    special,
)
from timetracer.seams.wire import Wire
from timetracer_instrumentors.postgresql import POSTGRESQL, cancelling
from timetracer_instrumentors.postgresql import messages as m


def test_a_cancelled_answer_waits_for_the_cancel(path: Path) -> None:
    with timetracer.record(path):
        line = backend_free_recording()
        line.sent(run("select pg_sleep(9)") + SYNC)
        cancel_on_another_connection(77, 99)
        line.received(PARSED + BOUND + NO_DATA + error("57014", "canceling statement due to user request") + IDLE)
        line.closed()
    with timetracer.replay(path):
        client = Client()
        assert client.says(run("select pg_sleep(9)") + SYNC) == PARSED + BOUND + NO_DATA
        cancel(client)
        assert client.unasked == error("57014", "canceling statement due to user request") + IDLE
        assert client.says(query("select 1")).endswith(IDLE)


def cancel(client: Client) -> None:
    canceller = Client(None)
    canceller.says(special(m.CANCEL_REQUEST, pack("!II", *client.identity)))
    assert canceller.line.closing


def backend_free_recording() -> Any:
    line = Wire(POSTGRESQL).tap()
    line.sent(OPENING[0])
    line.received(OPENING[1])
    return line


def cancel_on_another_connection(pid: int, secret: int) -> None:
    line = Wire(POSTGRESQL).tap()
    line.sent(special(m.CANCEL_REQUEST, pack("!II", pid, secret)))
    line.closed()


COPY = query("copy t from stdin")
ASKED_FOR_DATA = m.copy_response(b"G", 0, [0])
GIVEN_UP = error("57014", "COPY from stdin failed: late") + IDLE


@pytest.mark.parametrize("first", ["the cancel", "the end"])
def test_an_upload_is_cancelled_and_given_up_in_either_order(path: Path, first: str) -> None:
    with timetracer.record(path):
        line = backend_free_recording()
        line.sent(COPY)
        line.received(ASKED_FOR_DATA)
        cancel_on_another_connection(77, 99)
        line.sent(copy_fail("late"))
        line.received(GIVEN_UP)
        line.closed()
    with timetracer.replay(path):
        client = Client()
        assert client.says(COPY) == ASKED_FOR_DATA
        if first == "the cancel":
            cancel(client)
            assert client.unasked == b""
            assert client.says(copy_fail("late")) == GIVEN_UP
        else:
            assert client.says(copy_fail("late")) == b""
            cancel(client)
            assert client.unasked == GIVEN_UP
        assert client.says(query("select 1")).endswith(IDLE)


def test_an_upload_that_is_cancelled_and_never_ended(path: Path) -> None:
    with timetracer.record(path):
        line = backend_free_recording()
        line.sent(COPY)
        line.received(ASKED_FOR_DATA)
        cancel_on_another_connection(77, 99)
        line.received(GIVEN_UP)
        line.closed()
    with timetracer.replay(path):
        client = Client()
        assert client.says(COPY) == ASKED_FOR_DATA
        cancel(client)
        assert client.unasked == GIVEN_UP
        assert client.says(query("select 1")).endswith(IDLE)


def test_a_cancel_for_nobody_is_nothing() -> None:
    cancelling.cancel(123_456, 0)


def test_what_was_never_answered_is_not_answered(path: Path) -> None:
    conversation(path, (query("select pg_sleep(9)"), b""))
    assert replayed(path, query("select pg_sleep(9)")) == [b""]
