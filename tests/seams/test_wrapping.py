"""What stands in a function's place: as synchronous as the original was, its arguments in their places."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from timetracer import sessions
from timetracer.recording.session import Choice, Recording
from timetracer.seams.declaration import EndSeam, OwnSeam, Prelude
from timetracer.seams.wrapping import wrapper
from toy import TOY


def plain(first: int, second: int = 2, *, third: int = 3) -> tuple[int, int, int]:
    return first, second, third


async def coroutine(first: int, second: int = 2, *, third: int = 3) -> tuple[int, int, int]:
    return first, second, third


def called(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    result = function(*args, **kwargs)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def doubled(first: int, second: int = 2, *, third: int = 3) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (first * 10, second * 10), {"third": third}


@pytest.fixture
def recording() -> Any:
    session = Recording(Choice(), lambda unit: None, single=True)
    with sessions.in_context(session):
        yield session


@pytest.mark.parametrize("original", [plain, coroutine])
class TestPrelude:
    seam = Prelude("x:y", doubled)

    def test_arguments_are_replaced(self, original: Callable[..., Any], recording: Any) -> None:
        ours = wrapper(TOY, self.seam)(original)
        assert called(ours, 1, third=5) == (10, 20, 5)
        assert called(ours, second=7, first=1) == (10, 70, 3)
        assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(original)

    def test_without_a_session_they_are_not(self, original: Callable[..., Any]) -> None:
        assert called(wrapper(TOY, self.seam)(original), 1) == (1, 2, 3)

    def test_nor_in_a_recording_if_only_a_replay_wants_it(self, original: Callable[..., Any], recording: Any) -> None:
        assert called(wrapper(TOY, Prelude("x:y", doubled, replaying=True))(original), 1) == (1, 2, 3)

    def test_wrong_arguments_are_the_functions_own_affair(self, original: Callable[..., Any]) -> None:
        with pytest.raises(TypeError, match="fourth"):
            called(wrapper(TOY, self.seam)(original), 1, fourth=4)


def test_a_librarys_own_business_is_within_an_exchange(recording: Any) -> None:
    assert wrapper(TOY, OwnSeam("x:y"))(sessions.inside.get)() is True
    assert sessions.inside.get() is False


def test_the_end_of_a_process_is_its_own() -> None:
    assert wrapper(TOY, EndSeam("x:y"))(plain)(1) == (1, 2, 3)
