"""Exceptions as plain data, described when they are raised."""

from __future__ import annotations

import gc
from weakref import ref

import pytest

from timetracer.recording import faults
from timetracer.recording.raised import error_of
from timetracer.recording.tape import Tape
from toy import TOY, ToyError


class Odd(Exception):
    """Its message is not made of its arguments."""

    def __str__(self) -> str:
        return "odd"


@pytest.mark.parametrize(
    ("error", "described"),
    [
        (ValueError("a", 1, None, b"x"), {"type": "builtins.ValueError", "args": ["a", 1, None, b"x"]}),
        (KeyError("k"), {"type": "builtins.KeyError", "args": ["k"], "message": "'k'"}),
        (Odd([1]), {"args": ["[1]"], "message": "odd"}),
        (KeyboardInterrupt(), {"type": "cancelled"}),
    ],
)
def test_errors_are_plain_data(error: BaseException, described: dict[str, object]) -> None:
    told = error_of(error)
    assert {name: told[name] for name in described} == described


class Held:
    """Something that the app holds while it calls."""


def test_what_the_app_held_when_its_call_failed_is_freed_at_once() -> None:
    tape = Tape(TOY, ("GET", "a"), 100, lambda: None)

    def call() -> ref[Held]:
        held = Held()
        try:
            raise ToyError("no")
        except ToyError as error:
            tape.fail(error)
        return ref(held)

    gc.disable()
    try:
        assert call()() is None
    finally:
        gc.enable()
    assert tape.error == {"type": "toy.ToyError", "args": ["no"]}


class Unspeakable(Exception):
    """An exception whose own text cannot be had."""

    def __str__(self) -> str:
        raise ValueError("no text")


def test_an_exception_that_cannot_be_described_ends_the_call_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "raising", False)
    ended: list[str] = []
    tape = Tape(TOY, ("GET", "a"), 100, lambda: ended.append("ended"))
    tape.fail(Unspeakable(1))
    assert ended == ["ended"]
    assert tape.error == {"type": f"{__name__}.Unspeakable", "args": []}
