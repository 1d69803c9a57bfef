"""What is under way in the processes that record into a store: a small file of each, in a hidden folder beside it.

A file is JSON Lines: one cassette for each open unit of work; the end of a span that is open is 0. It is replaced in
one step, again and again while anything is open, so its age tells whether its process still lives. That holds where the
process has an id of another namespace (a container that shares the folder), and on every system.

Nothing is told unless somebody looks: whoever does leaves a file of his own there, and touches it at every look.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from timetracer.cassette import files, layouts
from timetracer.cassette.model import Cassette
from timetracer.errors import StoreError, TimetracerError
from timetracer.store.opening import ARCHIVES

STALE: Final = 10.0
"""Seconds after which a file that nobody replaced, or touched, is that of a process which was killed."""

_FOLDER: Final = ".underway"
_SUFFIX: Final = ".open"
_LOOKING: Final = ".looking"
"""None of those of cassettes: nothing that looks for cassettes takes it for one."""


def folder(place: Path) -> Path:
    """Where it is told for the store at `place`: in a directory, or beside an archive."""
    if place.suffix in ARCHIVES or place.is_file():
        return place.with_name(f"{_FOLDER}-{place.name}")
    return place / _FOLDER


class Told:
    """What this process tells of itself.

    Args:
        place: the store.
    """

    def __init__(self, place: Path) -> None:
        self._folder = folder(place)
        self._path = self._folder / f"{os.getpid()}-{time.time_ns()}{_SUFFIX}"
        self._there = False
        self._ended = False
        self._lock = threading.Lock()

    def replace(self, units: Iterable[Cassette]) -> None:
        """Tell of these, redacted already, and of no others. A folder that cannot be written loses only this."""
        data = b"".join(map(layouts.encode_line, units))
        if not data:
            self.withdraw()
            return
        with self._lock, suppress(StoreError):
            if not self._ended:
                files.replace(self._path, data)
                self._there = True

    def withdraw(self) -> None:
        """Nothing is open any more; the last to go takes the folder with it."""
        with self._lock:
            if self._there:
                self._there = False
                _remove(self._path)

    def end(self) -> None:
        """Withdraw, and tell of nothing from here on: the process ends."""
        self._ended = True
        self.withdraw()


class Look:
    """Asks the processes that record into the store at `place` to tell what is under way.

    Args:
        place: the store, which need not exist yet.
    """

    def __init__(self, place: Path) -> None:
        self._path = folder(place) / f"{os.getpid()}-{time.time_ns()}{_LOOKING}"
        self._place = place
        self._made = False

    def renew(self) -> None:
        """Ask for `STALE` seconds more. Where nothing can be written, nothing is told."""
        with suppress(OSError):
            self._made = self._made or not self._place.exists()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch()

    def end(self) -> None:
        """Ask no more, and leave no directory behind that nobody has used since it was made for the asking."""
        _remove(self._path)
        if self._made:
            with suppress(OSError):
                self._place.rmdir()


def looked_at(place: Path, now: Callable[[], float] = time.time) -> bool:
    """Whether anybody asks what is under way."""
    return any(_age(path, now()) <= STALE for path in _files(place, _LOOKING))


def read(place: Path, now: Callable[[], float] = time.time) -> Iterator[Cassette]:
    """What is under way in all living processes that record into the store at `place`.

    Args:
        now: s since the epoch.
    """
    for path in _files(place):
        if _age(path, now()) <= STALE:
            with suppress(TimetracerError):  # withdrawn since, or not written by us
                yield from layouts.decode(_bytes(path), str(path))


def tidy(place: Path, now: Callable[[], float] = time.time) -> None:
    """Delete what killed processes left."""
    for path in (*_files(place), *_files(place, _LOOKING)):
        if _age(path, now()) > STALE:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _files(place: Path, suffix: str = _SUFFIX) -> list[Path]:
    try:
        return sorted(path for path in folder(place).iterdir() if path.suffix == suffix)
    except OSError:  # nobody tells and nobody looks
        return []


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
        path.parent.rmdir()


def _age(path: Path, now: float) -> float:
    try:
        return now - path.stat().st_mtime
    except OSError:  # withdrawn since
        return float("inf")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as cause:
        raise StoreError(f"{path}: cannot be read: {cause.strerror or cause}") from cause
