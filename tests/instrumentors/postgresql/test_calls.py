"""In whose context a connection is used, and what its caller is told when we have ended it."""

from __future__ import annotations

from collections.abc import Generator
from contextvars import Context, ContextVar
from typing import Any

import pytest

from timetracer import sessions
from timetracer_instrumentors.postgresql.calls import Calls

who: ContextVar[str] = ContextVar("who", default="nobody")


class Lost(Exception):
    """What a driver raises when its connection is gone."""


class Line:
    """A line of a real connection, as far as its context goes."""

    context: Context | None = None

    def called(self) -> None:
        context = Context()
        context.run(who.set, who.get())
        self.context = context


class Channel:
    """Notes whose the bytes are that it takes up."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.problem: Exception | None = None
        self.written: list[bytes] = []
        self.taken: list[tuple[bytes, str]] = []

    def pump(self) -> None:
        whose = self.line.context.run(who.get) if self.line.context is not None else "nobody"
        self.taken += [(data, whose) for data in self.written]
        self.written.clear()


def calling() -> tuple[Any, Any]:
    line: Any = Line()
    channel: Any = Channel(line)
    return Calls(line, channel), channel


def as_somebody(name: str, steps: Any) -> Any:
    context = Context()
    context.run(who.set, name)
    return context.run(steps)


def test_what_is_written_in_a_call_is_the_callers_though_it_is_taken_up_later() -> None:
    calls, channel = calling()

    def call(name: str) -> None:
        with calls.during(Lost):
            channel.written.append(name.encode())

    as_somebody("one", lambda: call("one"))
    as_somebody("two", lambda: call("two"))
    assert channel.taken == [(b"one", "one"), (b"two", "two")]
    assert calls.line.context.run(sessions.inside.get), "what comes between two calls is recorded by nobody"


def test_a_call_that_is_a_generator_is_looked_after_at_each_step() -> None:
    calls, channel = calling()

    def steps() -> Generator[str, str, str]:
        channel.written.append(b"ask")
        try:
            channel.written.append((yield "read").encode())
        except ValueError:
            channel.written.append(b"interrupted")
        return "done"

    around = calls.around(steps(), Lost)
    assert next(around) == "read"
    assert [data for data, _ in channel.taken] == [b"ask"]
    with pytest.raises(StopIteration, match="done"):
        around.throw(ValueError())
    assert [data for data, _ in channel.taken] == [b"ask", b"interrupted"]


def test_our_reason_is_raised_in_place_of_the_drivers() -> None:
    calls, channel = calling()
    channel.problem = ValueError("nothing recorded answers")
    with pytest.raises(ValueError, match="nothing recorded"), calls.during(Lost):
        raise Lost
    with pytest.raises(ValueError, match="nothing recorded"):
        next(calls.around((_ for _ in [1]), Lost))
    channel.problem = None
    with pytest.raises(Lost), calls.during(Lost):
        raise Lost
