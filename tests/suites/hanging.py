"""Put beside a suite that knows no limits, as its conftest: a test that hangs fails, and the others go on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

LIMIT = 20.0
"""s for one test, and for its teardown each."""


class Hung(BaseException):
    """It took too long. No library catches this."""


def ring(*_: Any) -> None:
    signal.setitimer(signal.ITIMER_REAL, 5)  # again, if somebody swallows it
    raise Hung


signal.signal(signal.SIGALRM, ring)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    yield from limited()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    yield from limited()


def limited() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    except Hung:
        raise RuntimeError(f"took longer than {LIMIT:.0f} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
