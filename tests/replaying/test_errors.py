"""Recorded exceptions come back as themselves: only classes that are listed, never one that a cassette names."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from timetracer.cassette.model import Plain
from timetracer.errors import ReplayError
from timetracer.recording.raised import error_of
from timetracer.replaying.errors import BUILT_IN, name_of, rebuild
from toy import ToyError


class Picky(Exception):
    """One that cannot be built from its `args`."""

    def __init__(self, *, code: int) -> None:
        super().__init__(code)


class Strict(Exception):
    """One that checks what it is given."""

    def __init__(self, status: str) -> None:
        super().__init__(int(status))


def keywords(error: BaseException) -> Mapping[str, Plain]:
    return {"code": error.args[0]} if isinstance(error, Picky) else {}


def test_one_that_is_built_from_named_arguments_and_its_cause() -> None:
    recorded = error_of(ToyError("broken", Picky(code=7)), keywords)
    assert recorded["args"][1]["kwargs"] == {"code": 7}  # type: ignore[index, call-overload]
    rebuilt = rebuild(recorded, (ToyError, Picky), "GET a")
    assert isinstance(rebuilt, ToyError)
    assert isinstance(rebuilt.args[1], Picky)
    assert repr(rebuilt) == "ToyError('broken', Picky(7))"


def test_a_cause_that_nobody_lists_is_told_by_its_text() -> None:
    rebuilt = rebuild(error_of(ToyError("broken", Strict("7"))), (ToyError,), "GET a")
    assert rebuilt.args == ("broken", f"{__name__}.Strict")


def again(error: BaseException, *classes: type[BaseException]) -> BaseException:
    return rebuild(error_of(error), classes, "GET a")


@pytest.mark.parametrize("kind", BUILT_IN, ids=name_of)
def test_whatever_is_built_in_can_be_rebuilt(kind: type[BaseException]) -> None:
    error = kind(7, "went wrong")
    rebuilt = again(error)
    assert type(rebuilt) is type(error)
    assert rebuilt.args == error.args
    assert str(rebuilt) == str(error)


def test_what_an_instrumentor_lists_can_be_rebuilt() -> None:
    rebuilt = again(ToyError("slow", 3, None, b"\0"), ToyError)
    assert isinstance(rebuilt, ToyError)
    assert rebuilt.args == ("slow", 3, None, b"\0")


def test_an_error_number_is_an_attribute_again() -> None:
    rebuilt = again(ConnectionRefusedError(111, "Connection refused"))
    assert isinstance(rebuilt, ConnectionRefusedError)
    assert (rebuilt.errno, rebuilt.strerror) == (111, "Connection refused")


def test_a_timeout_of_asyncio_is_one_on_every_version_of_python() -> None:
    """Before Python 3.11 it was a class of its own, with a name of its own."""
    rebuilt = rebuild({"type": "asyncio.exceptions.TimeoutError", "args": []}, (), "GET a")
    assert isinstance(rebuilt, asyncio.TimeoutError)


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        ({"type": "toy.ToyError", "args": ["slow"]}, "'toy.ToyError' (['slow'])"),
        ({"type": "builtins.SystemExit", "args": [3]}, "'builtins.SystemExit'"),
        ({"type": "subprocess.CalledProcessError", "args": [1, "rm"]}, "'subprocess.CalledProcessError'"),
        ({"type": "x.Y", "args": [], "message": "told in full"}, "told in full"),
        ({"type": ["builtins.ValueError"], "args": []}, "['builtins.ValueError']"),
        ({"type": "builtins.ValueError", "args": "abc"}, "'builtins.ValueError'"),
        ({"type": "builtins.ValueError"}, "'builtins.ValueError'"),
        ({}, "None"),
    ],
)
def test_nothing_else_can_and_the_message_says_what_it_was(recorded: Mapping[str, Plain], said: str) -> None:
    rebuilt = rebuild(recorded, (), "GET a")
    assert type(rebuilt) is ReplayError
    assert "GET a was recorded with an error of" in str(rebuilt)
    assert said in str(rebuilt)


@pytest.mark.parametrize("kind", [Picky, Strict])
def test_a_class_that_refuses_its_arguments_is_told(kind: type[Exception]) -> None:
    rebuilt = rebuild({"type": name_of(kind), "args": ["none"]}, (kind,), "GET a")
    assert type(rebuilt) is ReplayError
    assert f"{kind.__name__}' of ['none'], which cannot be built" in str(rebuilt)
