"""A unit of work: who is in it, when it is complete, and whom it still takes in."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from timetracer.recording import faults, unit
from timetracer.recording.tape import Tape
from timetracer.recording.unit import Own, Piece, Unit
from toy import TOY


class Units:
    """Opens units and hears when they are complete."""

    def __init__(self) -> None:
        self.complete: list[Unit] = []

    def open(self) -> Unit:
        return Unit(self, background=False, complete=self.complete.append)


@pytest.fixture
def units() -> Units:
    return Units()


def piece(number: int) -> Piece:
    return Piece(None, Own(1, number, 0), None)


def test_whoever_leaves_last_completes_it(units: Units) -> None:
    one = units.open()
    assert [one.enter(), one.enter()] == [True, True]
    one.add(piece(1))
    one.leave()
    assert units.complete == []
    one.add(piece(2))
    one.leave()
    assert units.complete == [one]
    assert one.snapshot() == [piece(1), piece(2)]


def test_a_late_one_completes_it_once_more(units: Units) -> None:
    one = units.open()
    for _ in range(2):
        assert one.enter()
        one.leave()
    assert units.complete == [one, one]


def test_nobody_is_taken_in_long_after_the_end(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(unit, "monotonic", lambda: now)
    one = units.open()
    one.enter()
    assert one.end_root()
    now += 2 * unit.LINGER
    assert one.enter(), "as long as somebody is in it, it goes on"
    one.leave()
    one.leave()
    assert not one.enter(), "the root's end counts, not when the last one left"


def test_it_lingers_a_while(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(unit, "monotonic", lambda: now)
    one = units.open()
    one.enter()
    one.leave()
    now += unit.LINGER
    assert one.enter()
    one.leave()
    now += 0.1
    assert not one.enter()


def test_the_end_of_its_root_says_whether_others_are_still_in_it(units: Units) -> None:
    one = units.open()
    one.enter()
    assert one.end_root()
    one.leave()
    assert not one.end_root()


def test_the_root_ends_once(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([10.0, 20.0])
    monkeypatch.setattr(unit, "monotonic", lambda: next(moments))
    one = units.open()
    one.enter()
    one.end_root()
    one.end_root()
    one.leave()
    assert one.root_ended == 10.0


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_neither_joins_nor_completes_its_parents_nor_waits_for_its_threads(units: Units) -> None:
    one = units.open()
    one.enter()
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with one._lock:
            held.set()
            over.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    child = os.fork()
    if not child:
        signal.alarm(10)  # a deadlock ends here
        joined = one.enter()
        one.leave()
        os._exit(0 if not joined and not one.end_root() and not units.complete else 1)
    over.set()
    thread.join()
    assert os.waitpid(child, 0)[1] == 0


def test_who_leaves_while_the_garbage_collector_runs_within_it_does_not_wait_for_itself(units: Units) -> None:
    one = units.open()
    one.enter()

    def leave() -> None:
        with one._lock:
            one.leave()

    thread = threading.Thread(target=leave, daemon=True)
    thread.start()
    thread.join(10)
    assert units.complete == [one]


def test_a_snapshot_is_of_its_moment(units: Units) -> None:
    one = units.open()
    one.add(piece(1))
    before = one.snapshot()
    one.add(piece(2))
    assert before == [piece(1)]


def test_many_threads_complete_it_once_each_time_it_is_empty(units: Units) -> None:
    one = units.open()
    one.enter()

    def work() -> None:
        for number in range(100):
            assert one.enter()
            one.add(piece(number))
            one.leave()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(one.snapshot()), one.open, units.complete) == (800, 1, [])
    one.leave()
    assert units.complete == [one]


def test_ids_of_spans_that_exist_in_the_cassette_only() -> None:
    first, second = Own.under(7, 9), Own.under(7, 9)
    assert (first.trace_id, first.parent_id) == (7, 9)
    assert first.span_id != second.span_id
    assert 0 < first.span_id < 2**64
    root = Own.under(0, 0)
    assert 0 < root.trace_id < 2**128
    assert root.parent_id == 0


def gather(one: Unit, many: int) -> None:
    """Somebody stays in the unit, and others bring pieces."""
    one.enter()
    for number in range(many):
        one.enter()
        one.leave(piece(number))


def test_background_work_without_an_end_is_complete_in_parts(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit, "PART", 4)
    one = Unit(units, background=True, complete=units.complete.append)
    running = Tape(TOY, ("GET", "a"), 100, lambda: None)
    one.add(Piece(None, Own(1, 2, 3), running))
    gather(one, 8)
    one.leave()
    assert [part.pieces for part in units.complete] == [
        [piece(0), piece(1), piece(2)],
        [piece(3), piece(4), piece(5)],
        [Piece(None, Own(1, 2, 3), running), piece(6), piece(7)],
    ]
    assert all(part.background for part in units.complete)


def test_a_request_without_an_end_is_shed_and_counted(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    faults.forget()
    monkeypatch.setattr(unit, "MOST", 4)
    one = units.open()
    gather(one, 6)
    assert (one.discarded, one.pieces) == (True, [piece(4), piece(5)])
    assert faults.counts() == {"units shed": 1}
    faults.forget()


def test_a_recording_of_one_unit_gathers_as_long_as_it_lasts(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit, "MOST", 4)
    one = Unit(units, background=False, complete=units.complete.append, bounded=False)
    gather(one, 6)
    assert len(one.pieces) == 6
