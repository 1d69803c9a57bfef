"""Deliveries: said again in the order of the recording, to those who listen."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from timetracer.cassette.model import Exchange
from timetracer.errors import UnmatchedCall
from timetracer.replaying.calls import Asked, Candidate
from timetracer.replaying.deliveries import Audience, Listener
from timetracer.replaying.matching import Index, Unneeded


def recorded(*keys: str) -> list[Candidate]:
    """``"PUT a"`` was asked, ``"! news"`` was told, ``"PING ?"`` is incidental."""
    found: list[Candidate] = []
    for order, key in enumerate(keys):
        exchange = Exchange("toy", key, {"key": key}, response={"said": key})
        candidate = Candidate(exchange, {"key": key}, order=order)
        candidate.delivery, candidate.incidental = key.startswith("!"), key.endswith("?")
        found.append(candidate)
    return found


@dataclass
class Stage:
    """A replay with whoever listens."""

    keys: tuple[str, ...]
    listeners: list[Listener] = field(default_factory=list)
    heard: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.index = Index(recorded(*self.keys))
        self.audience = Audience(self.index.due, lambda candidate: self.index.deliver(candidate).exchange)

    def listen(self, about: str = "") -> Listener:
        heard: list[str] = []
        listener = Listener(
            lambda exchange: exchange.key.encode() if about in exchange.key else None,
            lambda data: heard.append(data.decode()),
        )
        self.heard.append(heard)
        self.listeners.append(listener)
        self.audience.join("toy", listener)
        return listener

    def ask(self, key: str, *, optional: bool = False, in_turn: bool = False) -> None:
        self.index.take(Asked("toy", key, {"key": key}, False, optional=optional, in_turn=in_turn))
        self.audience.release("toy")


def test_it_waits_for_everything_that_was_issued_before_it() -> None:
    stage = Stage(("PUT a", "PUT b", "! one", "PUT c", "! two"))
    stage.listen()
    stage.ask("PUT b")
    assert stage.heard == [[]]
    stage.ask("PUT a")
    assert stage.heard == [["! one"]]
    stage.ask("PUT c")
    assert stage.heard == [["! one", "! two"]]
    assert stage.index.verdict().played == 5


def test_who_comes_late_is_told_at_once() -> None:
    stage = Stage(("PUT a", "! one", "! two"))
    stage.ask("PUT a")
    assert len(stage.index.verdict().unplayed) == 2
    stage.listen()
    assert stage.heard == [["! one", "! two"]]
    assert stage.index.verdict().unplayed == []


def test_what_is_incidental_is_not_waited_for() -> None:
    stage = Stage(("PING ?", "! one"))
    stage.listen()
    assert stage.heard == [["! one"]]


def test_each_goes_to_somebody_whom_it_is_for() -> None:
    stage = Stage(("! of nothing", "! of cats", "! of dogs", "! of cats"))
    for about in ("dogs", "cats"):
        stage.listen(about)
    assert stage.heard == [["! of dogs"], ["! of cats", "! of cats"]]


def test_what_two_were_told_two_are_told_again() -> None:
    stage = Stage(("PUT a", "! one", "! one", "! two", "! two"))
    stage.listen()
    stage.listen()
    stage.ask("PUT a")
    assert stage.heard == [["! one", "! two"]] * 2


def test_who_left_or_is_gone_is_told_nothing() -> None:
    stage = Stage(("PUT a", "! one"))
    first = stage.listen()
    stage.listen()
    stage.audience.join("toy", first)
    stage.audience.leave("toy", first)
    del stage.listeners[1]
    stage.ask("PUT a")
    assert stage.heard == [[], []]


def test_no_call_takes_a_delivery() -> None:
    with pytest.raises(UnmatchedCall):
        Stage(("! one",)).ask("! one")


def test_what_must_be_in_turn_is_needed_only_then() -> None:
    stage = Stage(("PUT a", "FAIL ?", "PUT b"))
    with pytest.raises(Unneeded):
        stage.ask("FAIL ?", optional=True, in_turn=True)
    stage.ask("PUT a")
    stage.ask("FAIL ?", optional=True, in_turn=True)
    assert stage.index.verdict().played == 2
