"""Finding the cassettes that a command is about, and telling of those that cannot be read."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import typer

from timetracer.cassette import compression, files
from timetracer.cassette.model import Cassette
from timetracer.cli.app import FOUND_WRONG
from timetracer.errors import CassetteError, CassetteNotFound, StoreError, TimetracerError
from timetracer.store.directory import PROCESS
from timetracer.store.entry import Entry, Kind, describe
from timetracer.store.index import Index, listed
from timetracer.store.opening import open_store, read_any
from timetracer.store.protocol import Store
from timetracer.terminal.paper import complain


class Reader:
    """The cassettes at `path`; what could not be read is kept in `damages` and told by `finish`.

    Raises:
        CassetteNotFound: there is nothing at `path`.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise CassetteNotFound(str(path), "there is no such file or directory")
        self.path = path
        self.damages: list[TimetracerError] = []

    def entries(self) -> Iterator[Entry]:
        """What the store says of each that can be read; of those in a single file, what it would say."""
        if self.path.is_dir():
            yield from Index(self.path).entries(self.damages.append)
            return
        store = open_or_none(self.path)
        if store:
            with closing(store):
                yield from store.entries(self.damages.append)
            return
        size = self.path.stat().st_size
        kind: Kind = "process" if self.path.name.startswith(PROCESS) else "unit"
        for name, cassette in self.cassettes():
            yield describe(cassette, name, kind, size)

    def cassettes(self, name: str = "") -> Iterator[tuple[str, Cassette]]:
        """(what to call it, cassette) of each that can be read; of the one that `entries` calls `name`, if given.

        Raises:
            CassetteNotFound: there is none of that name.
        """
        store = open_or_none(self.path) if name else None
        if store:
            with closing(store):
                yield name, store.load(name)
            return
        found = 0
        for called, cassette in read_any(self.path, self.damages.append):
            if name in ("", called):
                found += 1
                yield called, cassette
        if name and not found:
            raise CassetteNotFound(str(self.path), f"it holds no cassette called {name}")

    def scan(self) -> Iterator[tuple[str, Cassette]]:
        """Each under the name that `entries` has for it; of damages, `entries` has told."""
        store = open_or_none(self.path)
        if store is None:
            yield from read_any(self.path, lambda _: None)
            return
        with closing(store):
            yield from store.scan(lambda _: None)

    def how_many(self) -> int | None:
        """Roughly how many there are, for those who wait: the rows of an archive, the files of a directory."""
        if self.path.is_dir():
            return sum(1 for _ in listed(self.path))
        store = open_or_none(self.path)
        if store is None:
            return None
        with closing(store):
            return sum(1 for _ in store.entries(lambda _: None))

    def raw(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The bytes of cassettes that `entries` named so, decompressed and not decoded; of a file of several all of it.

        Each file comes once, under the first of its names.
        """
        if not self.path.is_dir() and (store := open_or_none(self.path)):
            from timetracer.store.archive import ArchiveStore

            store.close()
            with closing(ArchiveStore(self.path)) as archive:
                yield from archive.raw(names, self.damages.append)
            return
        files_of = {file_of(name): name for name in reversed(names)}
        for file in sorted(files_of):
            path = self.path / file if self.path.is_dir() else self.path
            try:
                yield files_of[file], compression.decompress(path.read_bytes(), str(path))
            except FileNotFoundError:
                continue  # deleted since
            except CassetteError as damage:
                self.damages.append(damage)

    def damaged(self) -> list[dict[str, str]]:
        """What could not be read, as plain data."""
        return [
            {"file": damage.path, "place": damage.place, "problem": damage.problem}
            if isinstance(damage, CassetteError)
            else {"file": str(self.path), "place": "", "problem": str(damage)}
            for damage in self.damages
        ]

    def finish(self) -> None:
        """Tells of each damage on standard error.

        Raises:
            typer.Exit: there is one.
        """
        for damage in self.damages:
            complain(str(damage))
        if self.damages:
            raise typer.Exit(FOUND_WRONG)


def file_of(name: str) -> str:
    """``file.jsonl:2`` is the second cassette of ``file.jsonl``."""
    file, sign, number = name.rpartition(":")
    return file if sign and number.isdecimal() and file.endswith(files.SUFFIXES) else name


def one(path: Path) -> Cassette:
    """The one cassette at ``PATH``, or of several the one that is called so: ``PATH:NAME``.

    Raises:
        CassetteNotFound: there is none, or more than one.
    """
    name = ""
    if not path.exists() and ":" in path.name:
        parent, _, name = str(path).rpartition(":")
        path = Path(parent)
        name = name if open_or_none(path) else str(path) + f":{name}"
    reader = Reader(path)
    found = [cassette for _, cassette in islice(reader.cassettes(name), 2)]
    if reader.damages:
        raise reader.damages[0]
    if len(found) != 1:
        what = "more than one cassette: say which, as PATH:NAME" if found else "no cassette"
        raise CassetteNotFound(str(path), f"it holds {what}")
    return found[0]


def open_or_none(path: Path) -> Store | None:
    """The store at a path; None where it is a file of cassettes."""
    try:
        return open_store(path)
    except StoreError:  # a file that is no archive: of cassettes, then
        return None


def print_json(data: Any) -> None:
    """JSON in ASCII: nothing in it can steer a terminal, and every encoding has it."""
    json.dump(data, sys.stdout, indent=2)
    sys.stdout.write("\n")
