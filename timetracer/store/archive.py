"""One SQLite file for many cassettes: what production records, and what can be asked with SQL.

Each row is one cassette: what its `Entry` says in columns, and the line of JSON Lines as a zstd blob. Cassettes of one
service resemble each other, so as soon as there are enough of them a dictionary is trained on them, and those that
follow are compressed with it. Dictionaries are rows of their own and stay.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, Final
from weakref import WeakSet

import zstandard

from timetracer.cassette import compression, layouts
from timetracer.cassette.model import Cassette
from timetracer.errors import CassetteDamaged, CassetteError, CassetteNotFound, StoreError, TimetracerError
from timetracer.store.entry import Entry, Kind, describe, entry_of
from timetracer.store.protocol import OnDamage

SAMPLES: Final = 128
"""Cassettes that a dictionary is trained on."""

_TABLES: Final = {
    "dictionaries": "CREATE TABLE dictionaries (id INTEGER PRIMARY KEY, content BLOB NOT NULL)",
    "cassettes": """CREATE TABLE cassettes (
    id INTEGER PRIMARY KEY,
    unit TEXT UNIQUE,
    kind TEXT NOT NULL,
    start INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    method TEXT NOT NULL,
    route TEXT NOT NULL,
    target TEXT NOT NULL,
    status INTEGER,
    error INTEGER NOT NULL,
    service TEXT NOT NULL,
    spans INTEGER NOT NULL,
    size INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    dictionary INTEGER REFERENCES dictionaries (id),
    blob BLOB NOT NULL
)""",
}
_INDEX: Final = "CREATE INDEX cassettes_start ON cassettes (start)"
_APPLICATION: Final = 0x54545243
"""``TTRC``: tells ``file`` and us what the database is (https://www.sqlite.org/pragma.html#pragma_application_id)."""
_VERSION: Final = 1
_TIMEOUT: Final = 30
"""s that a writer waits for another."""
_DICTIONARY: Final = 64 * 1024
_SAMPLE: Final = 16 * 1024
_AT_ONCE: Final = 4 * 1024 * 1024
"""Bytes that are decompressed in one go, if the frame says that it has no more."""

COLUMNS: Final = Entry._fields[1:]
"""The columns that are fields of `Entry`; its name is the row's id."""


class ArchiveStore:
    """See `Store`. The names are the rows' ids.

    Args:
        path: the database; made when something is written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = RLock()
        self._pid = os.getpid()
        self._connection: sqlite3.Connection | None = None
        self._dictionaries: dict[int, zstandard.ZstdCompressionDict] = {}
        _open_archives.add(self)

    def save(self, cassette: Cassette) -> str:
        root = cassette.root
        return self._put(cassette, "unit", f"{root.trace_id}:{root.span_id}" if root else None)

    def append(self, cassette: Cassette) -> str:
        return self._put(cassette, "process", None)

    def entries(self, on_damage: OnDamage | None = None) -> Iterator[Entry]:
        damages: list[TimetracerError] = []
        columns = ", ".join(("CAST(id AS TEXT)", *COLUMNS))
        for row in self._rows(f"SELECT {columns} FROM cassettes ORDER BY start, id"):
            # SQLite lets any column hold any type, so that of a stranger's archive is not to be trusted.
            entry = entry_of(row)
            if entry is not None:
                yield entry
            else:
                damage = CassetteDamaged(f"{self.path}:{row[0]}", "a column holds the wrong type")
                (on_damage or damages.append)(damage)
        if damages:
            raise damages[0]

    def load(self, name: str) -> Cassette:
        source = f"{self.path}:{name}"
        # SQLite's integers end at 64 bits, its ids begin at 1.
        number = int(name) if name.isascii() and name.isdigit() and len(name) < 19 else 0
        for dictionary, blob in self._rows("SELECT dictionary, blob FROM cassettes WHERE id = ?", number):
            if not isinstance(blob, bytes):
                raise CassetteDamaged(source, "the blob is none")
            line = compression.decompress(blob, source, dictionary=self._dictionary(dictionary))
            cassettes = layouts.decode(line, source)
            if len(cassettes) != 1:
                raise CassetteDamaged(source, f"a row holds one cassette, not {len(cassettes)}")
            return cassettes[0]
        raise CassetteNotFound(source, "there is no such cassette")

    def raw(self, names: Iterable[str], on_damage: OnDamage) -> Iterator[tuple[str, bytes]]:
        """Each of these cassettes as its line of JSON, not yet decoded: what a search looks through first."""
        wanted = {*names}
        decoders: dict[int | None, zstandard.ZstdDecompressor] = {}
        for number, dictionary, blob in self._rows("SELECT id, dictionary, blob FROM cassettes ORDER BY start, id"):
            name = str(number)
            if name not in wanted:
                continue
            try:
                if not isinstance(blob, bytes):
                    raise CassetteDamaged(f"{self.path}:{name}", "the blob is none")
                if dictionary not in decoders:
                    decoders[dictionary] = zstandard.ZstdDecompressor(dict_data=self._dictionary(dictionary))
                yield name, self._line(blob, decoders[dictionary], dictionary, f"{self.path}:{name}")
            except CassetteError as damage:
                on_damage(damage)

    def _line(self, blob: bytes, decoder: zstandard.ZstdDecompressor, dictionary: int | None, source: str) -> bytes:
        try:
            if 0 <= zstandard.frame_content_size(blob) <= _AT_ONCE:
                return decoder.decompress(blob)
        except zstandard.ZstdError:
            pass  # the slow way says what is wrong with it
        return compression.decompress(blob, source, dictionary=self._dictionary(dictionary))

    def remove(self, *names: str) -> None:
        for name in names:
            self._rows("DELETE FROM cassettes WHERE id = ?", name)

    def process(self, on_damage: OnDamage | None = None) -> list[Cassette]:
        return [cassette for _, cassette in self.scan(on_damage, "process")]

    def scan(self, on_damage: OnDamage | None = None, kind: Kind | None = None) -> Iterator[tuple[str, Cassette]]:
        damages: list[TimetracerError] = []
        for (number,) in self._rows("SELECT id FROM cassettes WHERE kind = ifnull(?, kind) ORDER BY start, id", kind):
            try:
                cassette = self.load(str(number))
            except CassetteError as damage:
                (on_damage or damages.append)(damage)
            else:
                yield str(number), cassette
        if damages:
            raise damages[0]

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _put(self, cassette: Cassette, kind: Kind, unit: str | None) -> str:
        line = layouts.encode_line(cassette)
        with self._connected() as connection:
            newest = _one(connection, "SELECT max(id) FROM dictionaries")
            blob = compression.compress(line, ".zst", self._dictionary(newest))
            entry = describe(cassette, "", kind, len(blob))._asdict()
            row = {
                "unit": unit,
                **{name: _storable(entry[name]) for name in COLUMNS},
                "dictionary": newest,
                "blob": blob,
            }
            updates = ", ".join(f"{name} = excluded.{name}" for name in row if name != "unit")
            cursor = connection.execute(
                f"INSERT INTO cassettes ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
                f" ON CONFLICT (unit) DO UPDATE SET {updates}",
                tuple(row.values()),
            )
            name = (
                cursor.lastrowid if unit is None else _one(connection, "SELECT id FROM cassettes WHERE unit = ?", unit)
            )
            if newest is None and _one(connection, "SELECT count(*) FROM cassettes") % SAMPLES == 0:
                self._train(connection)
        return str(name)

    def _train(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute(
            "SELECT blob FROM cassettes WHERE dictionary IS NULL ORDER BY id DESC LIMIT ?", (SAMPLES,)
        )
        samples: list[Any] = [compression.decompress(blob, str(self.path))[:_SAMPLE] for (blob,) in rows]
        size = min(_DICTIONARY, sum(map(len, samples)) // 8)
        try:
            dictionary = zstandard.train_dictionary(size, samples)
        except zstandard.ZstdError:
            return  # too little to learn from: at the next round number of cassettes, perhaps
        # Of processes that come here at once, one is in time.
        connection.execute(
            "INSERT INTO dictionaries (content) SELECT ? WHERE NOT EXISTS (SELECT * FROM dictionaries)",
            (dictionary.as_bytes(),),
        )

    def _dictionary(self, number: int | None) -> zstandard.ZstdCompressionDict | None:
        if number is None:
            return None
        found = self._dictionaries.get(number)
        if found is None:
            for (content,) in self._rows("SELECT content FROM dictionaries WHERE id = ?", number):
                found = zstandard.ZstdCompressionDict(content)
                found.precompute_compress(level=compression.LEVEL)  # pyright: ignore[reportUnknownMemberType]
                self._dictionaries[number] = found
        if found is None:
            raise CassetteDamaged(str(self.path), f"dictionary {number} is missing")
        return found

    def _rows(self, query: str, *arguments: object) -> Sequence[Any]:
        if self._connection is None and not self.path.exists():
            return []
        with self._connected() as connection:
            return connection.execute(query, arguments).fetchall()

    @contextmanager
    def _connected(self) -> Generator[sqlite3.Connection, None, None]:
        if self._pid != os.getpid():
            # Forked past `before_fork`, by C code. SQLite must not touch the parent's connection, not even close it.
            _inherited.append(self._connection)
            self._lock, self._pid, self._connection = RLock(), os.getpid(), None
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = _connect(self.path)
                yield self._connection
            except (sqlite3.Error, OSError) as cause:
                raise StoreError(f"{self.path}: {cause}") from cause

    def before_fork(self) -> None:
        """Close, and keep everybody out until `after_fork`."""
        self._lock.acquire()
        self.close()

    def after_fork(self) -> None:
        """Let parent or child go on."""
        self._pid = os.getpid()
        self._lock.release()


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_TIMEOUT, isolation_level=None, check_same_thread=False)
    try:
        if _one(connection, "SELECT count(*) FROM sqlite_master") == 0:
            _create(connection)
        version = _one(connection, "PRAGMA user_version")
        ours = _one(connection, "PRAGMA application_id") == _APPLICATION
        if ours and version > _VERSION:
            raise StoreError(f"{path}: an archive of a newer Timetracer (version {version}, this one reads {_VERSION})")
        # A view in the place of a table could compute for ever.
        if not ours or dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")) != _TABLES:
            raise StoreError(f"{path}: an SQLite database, but not an archive of cassettes")
        # Write-ahead logging is a mark in the file; while others use it as it is, one of them will set it.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # whole after a kill, with write-ahead logging
    except BaseException:
        connection.close()
        raise
    return connection


def _create(connection: sqlite3.Connection) -> None:
    """Make the tables, unless another process was first."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _one(connection, "SELECT count(*) FROM sqlite_master") == 0:
            for statement in (*_TABLES.values(), _INDEX):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
    finally:
        connection.execute("COMMIT")


def _one(connection: sqlite3.Connection, query: str, *arguments: object) -> Any:
    (value,) = connection.execute(query, arguments).fetchone()
    return value


def _storable(value: Any) -> Any:
    """Text without lone surrogates, which SQLite has no bytes for."""
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


_open_archives: WeakSet[ArchiveStore] = WeakSet()
_forking: list[ArchiveStore] = []
_inherited: list[sqlite3.Connection | None] = []


def _before_fork() -> None:
    # SQLite keeps what it knows of a file's locks in the process: a child that inherits it believes in locks that it
    # does not hold (https://www.sqlite.org/howtocorrupt.html, section 2.6). So no archive is open during a fork.
    _forking.extend(_open_archives)
    for archive in _forking:
        archive.before_fork()


def _after_fork() -> None:
    for archive in _forking:
        archive.after_fork()
    _forking.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
