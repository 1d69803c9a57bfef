"""The writer thread: complete units become files here, off the app's threads.

Lossless by default: the queue is bounded by the bytes it holds, and when it must shed, it sheds whole units, counts
them and says so. It starts with the first unit and is flushed at exit. No fork happens while it runs: a child must
inherit neither half a file nor a lock that is held by a thread which it does not have.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from weakref import WeakSet, WeakValueDictionary

from timetracer.recording import faults
from timetracer.recording.unit import Unit

MAX_PENDING = 512 * 1024 * 1024
"""Bytes of bodies that may wait to be written."""

STALE = 30.0
"""Seconds after its root's end when a unit with open bodies or children is written as far as it has come."""

MOMENT = 0.25
"""Seconds for which a unit of work must be open to be told of."""

_PATIENCE = 10.0
"""Seconds that a fork waits for what is being written."""

_writers: WeakSet[Writer] = WeakSet()


def _before_fork() -> None:
    for writer in list(_writers):
        writer.pause()


def _after_fork_in_parent() -> None:
    for writer in list(_writers):
        writer.go_on()


def _after_fork_in_child() -> None:
    for writer in list(_writers):
        writer.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)


def flush(timeout: float = 30.0) -> bool:
    """Wait until every writer of this process has written all complete units; see `Writer.flush`."""
    return all([writer.flush(timeout) for writer in list(_writers)])  # noqa: C419 - every one, whatever the others say


def _wait_until_the_system_forgets(thread: threading.Thread) -> None:
    """A joined thread is still counted for a moment, and Python (3.12 on) warns of forks by the system's count."""
    task = Path(f"/proc/self/task/{thread.native_id}")
    until = monotonic() + 0.1
    while task.exists() and monotonic() < until:
        sleep(0)


def _size(unit: Unit) -> int:
    return sum(piece.tape.request_reel.length + piece.tape.response_reel.length for piece in unit.pieces if piece.tape)


class Writer:
    """A queue of complete units and the thread that writes them.

    Args:
        write: turns one unit into its cassette and stores it. Its faults are ours, never the app's.
        tell: tells what is under way; returns the seconds after which it is to be called again, None: there is nothing.
    """

    def __init__(self, write: Callable[[Unit], None], tell: Callable[[], float | None] | None = None) -> None:
        self._write = write
        self._tell = tell
        self.start_anew()
        _writers.add(self)

    def start_anew(self) -> None:
        """Forget everything: what waits in a parent process is the parent's to write."""
        self._condition = threading.Condition()
        self._queue: deque[tuple[Unit, int]] = deque()
        """Each with the bytes of its bodies."""
        self._queued: set[int] = set()
        self._waiting: dict[int, Unit] = {}
        self._held: WeakValueDictionary[int, Unit] = WeakValueDictionary()
        """Those that were written, and that somebody still holds."""
        self._pending = 0
        self._busy = False
        self._paused = False
        self._thread: threading.Thread | None = None
        self._next_told: float | None = None
        """When to tell what is under way (monotonic seconds); None: nothing is, as far as we know."""

    def begun(self) -> None:
        """A unit of work has begun. Of many at a time only the first takes the lock and wakes the thread."""
        if self._next_told is None and self._tell is not None:
            with self._condition:
                self._next_told = monotonic() + MOMENT
                self._start()
                self._condition.notify()

    def watch(self, unit: Unit) -> None:
        """A unit whose root has ended, and which others still are in."""
        with self._condition:
            self._waiting[id(unit)] = unit
            self._start()

    def put(self, unit: Unit) -> None:
        """A unit that is complete (again)."""
        size = _size(unit)
        with self._condition:
            self._waiting.pop(id(unit), None)
            if id(unit) in self._queued:
                return
            if self._queue and self._pending + size > MAX_PENDING:
                faults.warn("units shed", "recordings come faster than they can be written; whole units are being shed")
                return
            self._enqueue(unit, size)
            self._start()
            self._condition.notify()

    def flush(self, timeout: float = 30.0) -> bool:
        """Wait until everything complete is written; what is stale-to-be is written as it stands.

        Args:
            timeout: seconds.

        Returns:
            Whether all was written in time.
        """
        with self._condition:
            for unit in list(self._waiting.values()):
                self._enqueue_stale(unit)
            if self._queue and not self._start():
                self._write_here()
            self._condition.notify()
            return self._condition.wait_for(lambda: not self._queue and not self._busy, timeout)

    def pause(self) -> None:
        """End the thread, when all that waits is written."""
        with self._condition:
            self._paused = True
            self._condition.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_PATIENCE)
            _wait_until_the_system_forgets(thread)

    def go_on(self) -> None:
        """The end of a pause."""
        with self._condition:
            self._paused = False
            if self._queue or self._waiting or self._next_told is not None:
                self._start()

    def _start(self) -> bool:
        """See to it that the thread runs; False at the interpreter's end, when no thread can be started any more."""
        if self._paused:
            return True
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._run, name="timetracer-writer", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                return False
            self._thread = thread
        return True

    def _write_here(self) -> None:
        while self._queue:
            self._write_next()

    def _enqueue_stale(self, unit: Unit) -> None:
        self._waiting.pop(id(unit), None)
        if id(unit) not in self._queued:
            self._enqueue(unit, _size(unit))

    def _enqueue(self, unit: Unit, size: int) -> None:
        self._queue.append((unit, size))
        self._queued.add(id(unit))
        self._pending += size

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._queue and not self._is_to_tell():
                    if self._paused:
                        return
                    self._condition.wait(self._patience())
                    now = monotonic()
                    for unit in list(self._waiting.values()):
                        if unit.root_ended is None or now - unit.root_ended > STALE:
                            self._enqueue_stale(unit)
                if self._paused and not self._queue:
                    return
                self._busy = bool(self._queue)
            try:
                if self._busy:
                    self._write_next()
                if self._is_to_tell():
                    self._tell_now()
            finally:
                with self._condition:
                    self._busy = False
                    self._condition.notify_all()

    def _patience(self) -> float | None:
        """Seconds to wait for a unit."""
        waits = [1.0] if self._waiting else []
        if self._next_told is not None:
            waits.append(max(0.0, self._next_told - monotonic()))
        return min(waits, default=None)

    def _is_to_tell(self) -> bool:
        return self._next_told is not None and monotonic() >= self._next_told

    def _tell_now(self) -> None:
        if self._tell is not None:
            # None before it looks: what begins from here on asks for another look.
            self._next_told = None
            after = self._tell()
            if after is not None:
                self._next_told = monotonic() + after

    def _write_next(self) -> None:
        with self._condition:
            unit, size = self._queue.popleft()
            # Before it is written: whoever completes it anew from here on must queue it anew.
            self._queued.discard(id(unit))
            self._pending -= size
        with faults.harmless("writing a cassette"):
            self._write(unit)
        with self._condition:
            self._held[id(unit)] = unit
            for held in list(self._held.values()):
                if id(held) not in self._queued and held.let_go():
                    del self._held[id(held)]
