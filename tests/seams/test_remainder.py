"""A body that is read when the function has returned it (PEP 3333): the request lasts until it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from seams.test_serving import SERVER, OneAnswer, exchanges, recording, units
from timetracer import sessions
from timetracer.recording.session import Recording
from timetracer.recording.unit import Unit, scene
from timetracer.replaying.session import Manner, Replay
from timetracer.seams.declaration import Message, ServerSeam
from timetracer.seams.exchange import Invoke, drive
from timetracer.seams.serving import serving
from toy import ToyError, load

__all__ = ["recording", "units"]


def take(args: tuple[Any, ...]) -> tuple[tuple[Any, ...], bytes]:
    return (args[0], f"{args[1]}, received"), b"asked"


def head(args: tuple[Any, ...], tape: Any) -> tuple[Any, ...]:
    tape.answered((200,))
    return args


GATEWAY = ServerSeam("", lambda verb, address: Message((verb, address), None), head, take, body_follows=True)


class Pages:
    """A body that says in which place each of its chunks is made, and where it is closed."""

    def __init__(self, address: str, fails: bool = False) -> None:
        self.address = address
        self.fails = fails
        self.closed: list[str] = []

    def __iter__(self) -> Iterator[bytes]:
        yield f"{self.address} {where()}".encode()
        yield b""
        if self.fails:
            raise ToyError("broken")
        yield where().encode()

    def close(self) -> None:
        self.closed.append(where())


def where() -> str:
    return "within" if scene.get() else "replayed" if isinstance(sessions.current(), Replay) else "alone"


def enter(session: Any, app: Any) -> Any:
    with sessions.in_context(session):
        return drive(serving(SERVER, GATEWAY, Invoke(app, ("GET", "a"), {})))


def test_a_request_lasts_until_its_body_is_closed(recording: Recording, units: list[Unit]) -> None:
    pages = Pages("a")
    body = enter(recording, lambda verb, address: pages)
    assert not hasattr(body, "__len__")
    chunks = iter(body)
    assert (next(chunks), where()) == (b"a within", "alone")
    assert [*chunks] == [b"", b"within"]
    assert (units, pages.closed) == ([], [])
    body.close()
    assert pages.closed == ["within"]
    (exchange,) = [each for unit in units for each in exchanges(unit)]
    assert (exchange.response, exchange.response_body) == ({"status": 200}, b"a withinwithin")
    assert [length for length, _ in exchange.chunks or []] == [8, 6]


def test_a_list_of_chunks_has_its_length(recording: Recording) -> None:
    body = enter(recording, lambda verb, address: [b"one"])
    assert (len(body), [*body]) == (1, [b"one"])


def test_a_body_that_fails_and_one_that_nobody_reads(recording: Recording, units: list[Unit]) -> None:
    body = enter(recording, lambda verb, address: Pages("a", fails=True))
    with pytest.raises(ToyError):
        b"".join(body)
    body.close()
    enter(recording, lambda verb, address: Pages("b")).close()
    broken, unread = [each for unit in units for each in exchanges(unit)]
    assert (broken.error or {})["args"] == ["broken"]
    assert (unread.response_body, unread.error) == (b"", None)


def test_a_server_that_never_closes_does_not_keep_the_request(recording: Recording, units: list[Unit]) -> None:
    assert [*enter(recording, lambda verb, address: Pages("a"))] == [b"a within", b"", b"within"]
    assert len(units) == 1


def test_the_next_request_is_another_though_the_one_before_is_unread(recording: Recording, units: list[Unit]) -> None:
    bodies = [enter(recording, lambda verb, address: Pages(address)) for _ in range(2)]
    for body in bodies:
        body.close()
    assert [len(exchanges(unit)) for unit in units] == [1, 1]


def test_a_body_is_replayed_in_its_request() -> None:
    pages = Pages("a, received")
    replay = Replay([], load, Manner())
    body = enter(OneAnswer(replay), lambda verb, address: pages if address == "a, received" else None)
    assert [*body] == [b"a, received replayed", b"", b"replayed"]
    body.close()
    assert pages.closed == ["replayed"]
    assert where() == "alone"
