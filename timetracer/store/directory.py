"""A directory of cassette files: what git keeps, and what a person can look into."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Lock
from typing import Final

from timetracer.cassette import compression, files, layouts
from timetracer.cassette.model import Cassette
from timetracer.errors import CassetteError, CassetteNotFound, StoreError, TimetracerError
from timetracer.store.entry import Entry, Kind, describe
from timetracer.store.protocol import OnDamage

PROCESS: Final = "process-"
"""What the name of a file begins with that holds what a process did outside of any unit of work."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


class DirectoryStore:
    """One file for each unit of work, one for each process: see `Store`. Folders in it are read as well.

    Args:
        path: the directory; made when something is written.
        suffix: what the files of units end in, one of `files.SUFFIXES`.
    """

    def __init__(self, path: str | Path, suffix: str = ".json") -> None:
        if suffix not in files.SUFFIXES:
            raise ValueError(f"{suffix}: a cassette file ends in one of {', '.join(files.SUFFIXES)}")
        self.path = Path(path)
        self._suffix = suffix
        self._appender = _Appender(self.path)

    def save(self, cassette: Cassette) -> str:
        name = _file_name(cassette) + self._suffix
        files.write(self.path / name, cassette)
        return name

    def append(self, cassette: Cassette) -> str:
        if self._appender.pid != os.getpid():
            # After a fork the file is the parent's, and its lock may be held by a thread that is not here.
            self._appender = _Appender(self.path)
        return self._appender.append(layouts.encode_line(cassette))

    def entries(self, on_damage: OnDamage | None = None) -> Iterator[Entry]:
        for path, name, cassette in self._scan(on_damage):
            yield describe(cassette, name, _kind(path), _size(path))

    def scan(self, on_damage: OnDamage | None = None) -> Iterator[tuple[str, Cassette]]:
        for _, name, cassette in self._scan(on_damage):
            yield name, cassette

    def load(self, name: str) -> Cassette:
        file, line = _numbered(name)
        number = 1 if line is None else line
        cassettes = files.read(self._inside(file))
        if line is None and len(cassettes) > 1:
            raise CassetteNotFound(name, f"holds {len(cassettes)} cassettes: {name}:1 is the first")
        if not 1 <= number <= len(cassettes):
            raise CassetteNotFound(name, f"there is no such cassette, the file holds {len(cassettes)}")
        return cassettes[number - 1]

    def remove(self, *names: str) -> None:
        """See `Store`. What is left in a file of several is numbered anew."""
        gone: dict[str, set[int | None]] = {}
        for name in names:
            file, line = _numbered(name)
            gone.setdefault(file, set()).add(line)
        for file, lines in gone.items():
            path = self._inside(file)
            try:
                recorded = enumerate(files.read(path), 1) if None not in lines else ()
                left = [cassette for line, cassette in recorded if line not in lines]
                if left:
                    files.replace(path, compression.compress(b"".join(map(layouts.encode_line, left)), path.suffix))
                else:
                    path.unlink(missing_ok=True)
            except CassetteNotFound:
                continue
            except OSError as cause:
                raise StoreError(f"{path}: cannot be removed: {cause.strerror or cause}") from cause

    def process(self, on_damage: OnDamage | None = None) -> list[Cassette]:
        return [cassette for _, _, cassette in self._scan(on_damage, f"{PROCESS}*")]

    def close(self) -> None:
        """Nothing stays open."""

    def _scan(self, on_damage: OnDamage | None, pattern: str = "*") -> Iterator[tuple[Path, str, Cassette]]:
        """Each cassette with its file and its name: ``file.json``, or ``file.jsonl:2``."""
        damages: list[TimetracerError] = []
        for path in sorted(self.path.rglob(pattern)):
            name = path.relative_to(self.path).as_posix()
            if not name.endswith(files.SUFFIXES) or name.startswith(".") or "/." in name or not path.is_file():
                continue
            try:
                cassettes = files.read(path)
            except CassetteNotFound:
                continue  # deleted between the listing and the reading
            except (CassetteError, StoreError) as damage:
                (on_damage or damages.append)(damage)
                continue
            several = len(cassettes) > 1 or _kind(path) == "process"
            for number, cassette in enumerate(cassettes, 1):
                yield path, f"{name}:{number}" if several else name, cassette
        if damages:
            raise damages[0]

    def _inside(self, name: str) -> Path:
        try:
            path = (self.path / name).resolve()
            if path != self.path.resolve() and path.is_relative_to(self.path.resolve()):
                return path
        except (ValueError, OSError):  # a NUL, a loop of links
            pass
        raise StoreError(f"{name!r} is not a file in {self.path}")


class _Appender:
    """Adds lines to the file of this process. Each is one write at the end of the file, so a reader never sees half."""

    def __init__(self, directory: Path) -> None:
        self.pid = os.getpid()
        self._path = directory / f"{PROCESS}{_moment(time.time_ns())}-{self.pid}.jsonl"
        self._lock = Lock()
        self._lines = 0

    def append(self, line: bytes) -> str:
        with self._lock:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("ab", buffering=0) as file:
                    before = os.fstat(file.fileno()).st_size
                    if file.write(line) != len(line):
                        file.truncate(before)  # half a line would spoil the next one
                        raise OSError(0, "no space left")
            except OSError as cause:
                raise StoreError(f"{self._path}: cannot be written: {cause.strerror or cause}") from cause
            self._lines += 1
            return f"{self._path.name}:{self._lines}"


def _numbered(name: str) -> tuple[str, int | None]:
    """``file.jsonl:2`` in its parts; None where a name has no number."""
    match = re.fullmatch(r"(.*\.jsonl(?:\.\w+)?):([0-9]{1,9})", name, re.DOTALL)
    return (match[1], int(match[2])) if match else (name, None)


def _file_name(cassette: Cassette) -> str:
    """``20261123T133605.123456Z-GET_orders-00f067aa0ba902b7``: safe on every file system, whatever is in it."""
    root = cassette.root
    if root is None:
        return f"{_moment(0)}-empty-{'0' * 16}"
    entry = describe(cassette, "", "unit", 0)
    words = re.sub("[^A-Za-z0-9]+", "_", f"{entry.method} {entry.route}").strip("_")[:60]
    own = re.sub("[^A-Za-z0-9]+", "_", root.span_id)[:32]
    return f"{_moment(root.start)}-{words or 'unit'}-{own}"


def _moment(nanoseconds: int) -> str:
    moment = _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    return moment.strftime("%Y%m%dT%H%M%S.%fZ")


def _kind(path: Path) -> Kind:
    return "process" if path.name.startswith(PROCESS) else "unit"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
