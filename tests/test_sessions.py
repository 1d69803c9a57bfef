"""Which session a call belongs to: the one of its context, else the one of the process."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextvars import Context, copy_context

import pytest
from opentelemetry.instrumentation.utils import suppress_http_instrumentation, suppress_instrumentation

from timetracer import sessions
from timetracer.recording.session import Choice, Recording


def recording() -> Recording:
    return Recording(Choice(), lambda unit: None)


@pytest.fixture
def process() -> Iterator[Recording]:
    """The session of the process."""
    made = recording()
    sessions.open_in_process(made)
    yield made
    sessions.close_in_process(made)


def test_without_any_there_is_none() -> None:
    assert sessions.current() is None


def test_the_context_comes_before_the_process(process: Recording) -> None:
    own = recording()
    with sessions.in_context(own):
        assert sessions.current() is own
    assert sessions.current() is process


def test_contexts_nest() -> None:
    outer, inner = recording(), recording()
    with sessions.in_context(outer):
        with sessions.in_context(inner):
            assert sessions.current() is inner
        assert sessions.current() is outer
    assert sessions.current() is None


def test_a_failing_block_leaves_its_context() -> None:
    with pytest.raises(LookupError), sessions.in_context(recording()):
        raise LookupError
    assert sessions.current() is None


def test_a_context_that_is_left_falls_back_to_the_process(process: Recording) -> None:
    with sessions.in_context(recording()):
        sessions.leave()
        assert sessions.current() is process


def test_a_block_may_be_left_in_another_context_than_it_was_entered_in(process: Recording) -> None:
    """The two halves of an async fixture may run in tasks of their own."""
    for inherits in (False, True):
        entered = copy_context()
        block = sessions.in_context(recording())
        entered.run(block.__enter__)
        other = entered.copy() if inherits else copy_context()
        other.run(block.__exit__, None, None, None)
        assert other.run(sessions.current) is process


@pytest.mark.asyncio
async def test_tasks_inherit_the_session_and_concurrent_ones_do_not_mix() -> None:
    async def ask() -> object:
        await asyncio.sleep(0)
        return sessions.current()

    async def within(session: Recording) -> object:
        with sessions.in_context(session):
            return await asyncio.create_task(ask())

    first, second = recording(), recording()
    assert await asyncio.gather(within(first), within(second), ask()) == [first, second, None]


def test_a_thread_has_the_session_of_the_process(process: Recording) -> None:
    found: list[object] = []
    with sessions.in_context(recording()):
        thread = threading.Thread(target=lambda: found.append(sessions.current()), **no_context())
        thread.start()
        thread.join()
    assert found == [process]


def no_context() -> dict[str, Context]:
    """Free-threaded builds of Python let threads inherit the context; the others do not."""
    return {"context": Context()} if sys.version_info >= (3, 14) else {}


def test_the_session_opened_last_in_the_process_counts_until_it_is_closed(process: Recording) -> None:
    second, third = recording(), recording()
    sessions.open_in_process(second)
    sessions.open_in_process(third)
    sessions.close_in_process(second)
    assert sessions.current() is third
    sessions.close_in_process(third)
    sessions.close_in_process(third)
    assert sessions.current() is process


def test_we_look_away_where_opentelemetry_does() -> None:
    assert not sessions.suppressed(http=True)
    for off in (suppress_instrumentation, suppress_http_instrumentation):
        with off():
            assert sessions.suppressed(http=True)
            assert sessions.suppressed() is (off is suppress_instrumentation)
        assert not sessions.suppressed(http=True)
