"""The boundary that keeps our faults from the app: told once a kind, counted, and raised under tests of ours."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Iterator

import pytest

from timetracer.recording import faults
from timetracer.recording.faults import harmless


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in production, and with nothing counted yet."""
    monkeypatch.setattr(faults, "raising", False)
    faults.forget()
    yield
    faults.forget()


def fail(error: BaseException, doing: str = "capturing a response") -> None:
    with harmless(doing):
        raise error


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_counts_though_a_thread_of_its_parents_was_counting() -> None:
    with faults._lock:
        child = os.fork()
        if not child:
            signal.alarm(10)  # a deadlock ends here
            fail(KeyError("a"))
            os._exit(len(faults.counts()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_a_fault_stays_within_and_is_counted_by_kind() -> None:
    for error in (KeyError("a"), KeyError("b"), ValueError("c")):
        fail(error)
    fail(KeyError("d"), "capturing a request")
    assert faults.counts() == {
        "capturing a response: KeyError": 2,
        "capturing a response: ValueError": 1,
        "capturing a request: KeyError": 1,
    }


def test_without_a_fault_nothing_is_counted() -> None:
    with harmless("doing well"):
        pass
    assert faults.counts() == {}


def test_the_first_of_a_kind_is_told_with_where_it_happened(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        fail(KeyError("a"))
    (told,) = caplog.records
    assert (told.name, told.levelno) == ("timetracer", logging.WARNING)
    assert "capturing a response failed; the app is not affected" in told.getMessage()
    assert told.exc_info
    assert told.exc_info[0] is KeyError
    assert told.exc_text is None or "fail" in told.exc_text


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_what_is_no_fault_passes(kind: type[BaseException]) -> None:
    with pytest.raises(kind):
        fail(kind())
    assert faults.counts() == {}


def test_under_our_own_tests_faults_are_raised_and_counted_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "raising", True)
    with pytest.raises(KeyError):
        fail(KeyError("a"))
    assert faults.counts() == {"capturing a response: KeyError": 1}


def test_what_is_lost_for_a_reason_outside_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    for text in ("the disk is full", "the disk is full again"):
        faults.warn("cassettes not written", text)
    assert caplog.messages == ["timetracer: the disk is full"]
    assert faults.counts() == {"cassettes not written": 2}


def test_counts_are_a_copy_and_can_be_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    fail(KeyError("a"))
    faults.counts().clear()
    assert len(faults.counts()) == 1
    faults.forget()
    assert faults.counts() == {}
    fail(KeyError("a"))
    assert len(caplog.records) == 2
