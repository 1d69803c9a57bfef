"""What a client of a replay is told without asking. Notifications are tested with the backend."""

from __future__ import annotations

from pathlib import Path
from struct import pack

import pytest

import timetracer
from services.postgresql_transcripts import (
    AUTHENTICATED,
    ID,
    IDLE,
    OPEN,
    OPENING,
    TERMINATE,
    Client,
    columns,
    complete,
    error,
    operations,
    query,
    row,
)
from timetracer.cassette import files
from timetracer.cassette.model import Exchange
from timetracer.seams.wire import TappedLine, Wire
from timetracer_instrumentors.postgresql import POSTGRESQL
from timetracer_instrumentors.postgresql import messages as m

FATAL = error("57P01", "terminating connection due to administrator command", "FATAL")
SEVEN, EIGHT = query("select 7 as id"), query("select 8 as id")
ANSWER = columns(ID) + row(b"7") + complete("SELECT 1") + IDLE


def opened(process: int) -> TappedLine:
    line = Wire(POSTGRESQL).tap()
    line.sent(OPENING[0])
    line.received(AUTHENTICATED + m.message(b"K", pack("!II", process, 99)) + IDLE)
    return line


def asks(line: TappedLine, said: bytes) -> None:
    line.sent(said)
    line.received(ANSWER)


def recorded(path: Path) -> list[Exchange]:
    (cassette,) = files.read(path)
    return operations(cassette.exchanges)


@pytest.mark.parametrize("last", [FATAL, b""])
def test_a_connection_that_was_lost_while_idle_is_lost_after_what_preceded_it(path: Path, last: bytes) -> None:
    with timetracer.record(path):
        victim, other = opened(2001), opened(2002)
        asks(victim, SEVEN)
        asks(other, EIGHT)
        if last:
            victim.received(last)
        victim.received(b"")
        victim.closed()
        asks(other, SEVEN)
        other.closed()
    assert [exchange.key for exchange in recorded(path)][2:3] == ["loss of a connection"]
    with timetracer.replay(path, strict=True):
        first, second = Client(), Client()
        assert first.says(SEVEN) == ANSWER
        assert (first.unasked, first.line.closing) == (b"", False)
        assert second.says(EIGHT) == ANSWER
        assert (first.unasked, first.line.closing) == (last, True)
        assert first.says(SEVEN) == b""
        assert second.says(SEVEN) == ANSWER
        assert (second.unasked, second.line.closing) == (b"", False)


def test_it_is_said_after_the_answer_to_what_preceded_it_on_the_same_connection(path: Path) -> None:
    with timetracer.record(path):
        line = opened(2001)
        asks(line, SEVEN)
        line.received(FATAL)
        line.received(b"")
        line.closed()
    with timetracer.replay(path, strict=True):
        client = Client()
        assert client.says(SEVEN) == ANSWER + FATAL
        assert client.line.closing


def test_what_is_incidental_and_preceded_it_comes_first(path: Path) -> None:
    begin, commit = query("begin"), query("commit")
    with timetracer.record(path):
        line, other = opened(2001), opened(2002)
        for said, answer in (
            (begin, complete("BEGIN") + OPEN),
            (SEVEN, ANSWER[: -len(IDLE)] + OPEN),
            (commit, complete("COMMIT") + IDLE),
        ):
            line.sent(said)
            line.received(answer)
        line.received(FATAL)
        asks(other, EIGHT)
    with timetracer.replay(path, strict=True):
        client, other_client = Client(), Client()
        assert client.says(begin) == complete("BEGIN") + OPEN
        assert client.says(SEVEN) == ANSWER[: -len(IDLE)] + OPEN
        assert other_client.says(EIGHT) == ANSWER
        assert (client.unasked, client.line.closing) == (b"", False)
        assert client.says(commit) == complete("COMMIT") + IDLE + FATAL
        assert client.line.closing


def test_nobody_minds_a_loss_for_which_there_is_no_connection(path: Path) -> None:
    with timetracer.record(path):
        line = opened(2001)
        line.received(FATAL)
        line.closed()
    with timetracer.replay(path, strict=True):
        pass


def test_what_its_client_ends_is_not_lost(path: Path) -> None:
    with timetracer.record(path):
        line = opened(2001)
        asks(line, SEVEN)
        line.sent(TERMINATE)
        line.received(b"")
        line.closed()
    assert len(recorded(path)) == 1


def test_what_never_stood_is_not_lost(path: Path) -> None:
    with timetracer.record(path):
        line = Wire(POSTGRESQL).tap()
        line.sent(OPENING[0])
        line.received(error("28P01", "password authentication failed", "FATAL"))
        line.received(b"")
        line.closed()
    assert recorded(path) == []


def test_what_ends_in_the_midst_of_an_answer_is_that_answer(path: Path) -> None:
    with timetracer.record(path):
        line = opened(2001)
        line.sent(SEVEN)
        line.received(FATAL)
        line.received(b"")
        line.closed()
    (exchange,) = recorded(path)
    assert exchange.key == "select 7 as id"
