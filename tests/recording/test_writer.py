"""Units are written once, whole, in order; nothing is lost by a fork, a late call or a fault."""

from __future__ import annotations

import gc
import os
import queue
import threading
from time import monotonic
from weakref import ref

import pytest

from timetracer.recording import faults, writer
from timetracer.recording import unit as unit_module
from timetracer.recording.session import Choice, Recording
from timetracer.recording.unit import Unit
from timetracer.recording.writer import Writer
from toy import TOY


class Kept:
    """What a writer wrote; `hold` keeps it from writing."""

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.hold = threading.Event()
        self.hold.set()
        self.entered = threading.Event()

    def __call__(self, unit: Unit) -> None:
        self.entered.set()
        assert self.hold.wait(10)
        self.units.append(unit)


@pytest.fixture(autouse=True)
def counted() -> None:
    faults.forget()


def unit(size: int = 0) -> Unit:
    """A unit of one call with a body of this many bytes."""
    complete: list[Unit] = []
    recording = Recording(Choice(), complete.append)
    tape = recording.begin(TOY, ("GET", "a"))
    assert tape is not None
    tape.request_reel.whole(b"x" * size)
    tape.finish()
    return complete[0]


def test_everything_put_is_written_in_order() -> None:
    kept = Kept()
    one = Writer(kept)
    units = [unit() for _ in range(1000)]
    for each in units:
        one.put(each)
    assert one.flush(10)
    assert kept.units == units


def test_a_unit_that_waits_already_is_written_once_and_a_late_call_writes_it_again() -> None:
    kept = Kept()
    kept.hold.clear()
    one = Writer(kept)
    first, second = unit(), unit()
    one.put(first)
    assert kept.entered.wait(10)
    one.put(second)
    one.put(second)
    one.put(first)  # completed anew while it is being written
    kept.hold.set()
    assert one.flush(10)
    assert kept.units == [first, second, first]


def test_a_fault_of_one_unit_does_not_keep_the_next_from_being_written() -> None:
    written: list[Unit] = []

    def write(each: Unit) -> None:
        if each is bad:
            raise ValueError("ours")
        written.append(each)

    bad, good = unit(), unit()
    one = Writer(write)
    one.put(bad)
    one.put(good)
    assert one.flush(10)
    assert written == [good]
    assert faults.counts() == {"writing a cassette: ValueError": 1}


def test_when_memory_runs_short_whole_units_are_shed_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_PENDING", 100)
    kept = Kept()
    kept.hold.clear()
    one = Writer(kept)
    first, second, third = unit(10), unit(80), unit(80)
    one.put(first)
    assert kept.entered.wait(10)
    one.put(second)
    one.put(third)
    kept.hold.set()
    assert one.flush(10)
    assert kept.units == [first, second]
    assert faults.counts() == {"units shed": 1}


def test_what_was_written_makes_room_though_something_always_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_PENDING", 200)
    go, written = threading.Semaphore(0), threading.Semaphore(0)

    def write(_: Unit) -> None:
        assert go.acquire(timeout=10)
        written.release()

    one = Writer(write)
    for _ in range(3):
        one.put(unit(40))
    for _ in range(10):
        go.release()
        assert written.acquire(timeout=10)
        one.put(unit(40))
    go.release(3)
    assert one.flush(10)
    assert faults.counts() == {}


def test_nothing_of_what_was_written_is_kept() -> None:
    written: list[ref[Unit]] = []
    one = Writer(lambda unit: written.append(ref(unit)))
    tape = Recording(Choice(), one.put).begin(TOY, ("GET", "a"))
    assert tape is not None
    gc.disable()
    try:
        tape.finish()
        assert one.flush(10)
        assert [there() for there in written] == [None]
    finally:
        gc.enable()


def test_a_unit_that_a_pooled_connection_holds_for_ever_is_emptied_when_nobody_can_join_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = Writer(lambda _: None)
    held, other = unit(100), unit()
    (tape,) = [piece.tape for piece in held.pieces]
    assert tape is not None
    one.put(held)
    assert one.flush(10)
    assert tape.request_reel.bytes() == b"x" * 100
    now = monotonic()
    monkeypatch.setattr(unit_module, "monotonic", lambda: now + unit_module.LINGER + 1)
    one.put(other)
    assert one.flush(10)
    assert (held.pieces, tape.request_reel.bytes(), held.enter()) == ([], b"", False)


def test_flush_writes_what_still_waits_for_open_bodies() -> None:
    kept = Kept()
    one = Writer(kept)
    open_unit = unit()
    open_unit.end_root()
    one.watch(open_unit)
    assert one.flush(10)
    assert kept.units == [open_unit]


def test_flush_tells_when_time_ran_out() -> None:
    kept = Kept()
    kept.hold.clear()
    one = Writer(kept)
    one.put(unit())
    assert not one.flush(0.0)
    kept.hold.set()
    assert one.flush(10)


def test_what_is_under_way_is_told_as_often_as_asked_for_and_again_when_something_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer, "MOMENT", 0.0)
    pauses, told = queue.SimpleQueue[float | None](), threading.Semaphore(0)

    def tell() -> float | None:
        told.release()
        return pauses.get(timeout=10)

    one = Writer(lambda _: None, tell)
    one.put(unit())
    assert one.flush(10)
    assert not told.acquire(blocking=False)  # nothing has begun
    for pause in (0.0, None, None):
        pauses.put(pause)
    one.begun()
    assert told.acquire(timeout=10)
    assert told.acquire(timeout=10)
    one.put(unit())
    assert one.flush(10)
    assert not told.acquire(blocking=False)  # nothing is under way any more
    one.begun()
    assert told.acquire(timeout=10)
    one.pause()


def test_a_pause_ends_the_telling_and_its_end_goes_on_with_it() -> None:
    told = threading.Event()
    pauses = [0.0]

    def tell() -> float | None:
        told.set()
        return pauses[0]

    one = Writer(lambda _: None, tell)
    one.begun()
    assert told.wait(10)
    one.pause()
    told.clear()
    assert one._thread is not None
    assert not one._thread.is_alive()
    one.go_on()
    assert told.wait(10)
    one.pause()
    one.start_anew()  # a child knows of nothing that is under way
    assert one._next_told is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_writes_its_own_units_and_not_its_parents() -> None:
    kept = Kept()
    one = Writer(kept)
    parents = unit()
    one.pause()
    one.put(parents)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            mine = unit()
            one.put(mine)
            flushed = one.flush(10)
            os.write(write, b"ok" if flushed and kept.units == [mine] else b"no")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    assert os.read(read, 2) == b"ok"
    os.close(read)
    assert one.flush(10)
    assert kept.units == [parents]
