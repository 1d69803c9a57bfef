"""The archive as a database: its rows, its dictionaries, and databases that are none."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store.units import background, unit
from timetracer.errors import CassetteDamaged, CassetteNotFound, StoreError, TimetracerError
from timetracer.store import archive
from timetracer.store.archive import ArchiveStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassettes.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[ArchiveStore]:
    opened = ArchiveStore(path)
    yield opened
    opened.close()


def ask(path: Path, query: str, *arguments: object) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        with connection:
            return connection.execute(query, arguments).fetchall()
    finally:
        connection.close()


def test_rows_can_be_asked_with_sql(store: ArchiveStore, path: Path) -> None:
    store.save(unit(7, attributes={"http.route": "/orders/{id}"}))
    store.append(background(8))
    assert ask(path, "SELECT id, kind, method, route, target, status, error, service, spans FROM cassettes") == [
        (1, "unit", "GET", "/orders/{id}", "/orders/7", 200, 0, "shop", 3),
        (2, "process", "GET", "/orders/8", "/orders/8", 200, 0, "shop", 2),
    ]
    assert ask(path, "PRAGMA journal_mode") == [("wal",)]


def test_a_dictionary_is_trained_once_there_are_enough(
    store: ArchiveStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "SAMPLES", 64)
    names = [store.save(unit(number)) for number in range(200)]
    assert ask(path, "SELECT count(*) FROM dictionaries") == [(1,)]
    (before, large), (after, small) = ask(
        path, "SELECT dictionary IS NOT NULL, avg(size) FROM cassettes GROUP BY 1 ORDER BY 1"
    )
    assert (before, after) == (0, 1)
    assert isinstance(small, float)
    assert isinstance(large, float)
    assert small < 0.6 * large
    assert [store.load(name) for name in names] == [unit(number) for number in range(200)]
    store.close()
    assert store.load(names[-1]) == unit(199)
    with closing(ArchiveStore(path)) as other:
        assert other.load(names[-1]) == unit(199)


def test_too_little_to_learn_from_is_no_error(store: ArchiveStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SAMPLES", 2)
    for number in range(6):
        store.save(unit(number))
    assert len(list(store.entries())) == 6


def test_a_dictionary_that_is_gone_is_damage(store: ArchiveStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SAMPLES", 64)
    names = [store.save(unit(number)) for number in range(80)]
    store.close()
    ask(path, "DELETE FROM dictionaries")
    damages: list[TimetracerError] = []
    with closing(ArchiveStore(path)) as other:
        assert other.load(names[0]) == unit(0)
        with pytest.raises(CassetteDamaged, match="dictionary 1 is missing"):
            other.load(names[-1])
        assert len(list(other.scan(damages.append))) == 64
    assert len(damages) == 16


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("blob = 'text'", "the blob is none"),
        ("blob = x''", "not JSON"),
        ("blob = x'7b7d'", "expected OTLP/JSON"),
        ("""blob = CAST('{"resourceSpans":[]}' AS BLOB)""", "a row holds one cassette, not 0"),
        ("blob = x'28b52ffd0000'", "cannot be decompressed|breaks off"),
        ("dictionary = 99", "dictionary 99 is missing"),
        ("dictionary = 'one'", "dictionary one is missing"),
    ],
)
def test_a_row_that_is_no_cassette(store: ArchiveStore, path: Path, change: str, problem: str) -> None:
    name = store.save(unit(1))
    ask(path, f"UPDATE cassettes SET {change}")
    with pytest.raises(CassetteDamaged, match=problem):
        store.load(name)


@pytest.mark.parametrize("column", [*archive.COLUMNS])
def test_a_column_of_the_wrong_type(store: ArchiveStore, path: Path, column: str) -> None:
    store.save(unit(1))
    store.save(unit(2))
    ask(path, f"UPDATE cassettes SET {column} = x'00' WHERE id = 1")
    damages: list[TimetracerError] = []
    assert [entry.name for entry in store.entries(damages.append)] == ["2"]
    assert str(damages[0]) == f"{path}:1: a column holds the wrong type"


def foreign(path: Path) -> None:
    ask(path, "CREATE TABLE users (id INTEGER)")


def a_view_that_never_ends(path: Path) -> None:
    with closing(ArchiveStore(path)) as store:
        store.save(unit(1))
    ask(path, "ALTER TABLE cassettes RENAME TO others")
    ask(
        path,
        "CREATE VIEW cassettes AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)"
        " SELECT id, 'unit' AS kind, 0 AS start FROM n",
    )


def newer(path: Path) -> None:
    with closing(ArchiveStore(path)) as store:
        store.save(unit(1))
    ask(path, "PRAGMA user_version = 2")


def garbage(path: Path) -> None:
    path.write_bytes(b"garbage" * 1000)


def cut(path: Path) -> None:
    store = ArchiveStore(path)
    store.save(unit(1))
    store.close()
    os.truncate(path, 5000)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (foreign, "an SQLite database, but not an archive of cassettes"),
        (a_view_that_never_ends, "an SQLite database, but not an archive of cassettes"),
        (newer, r"an archive of a newer Timetracer \(version 2, this one reads 1\)"),
        (garbage, "file is not a database"),
        (cut, "malformed"),
        (Path.mkdir, "unable to open database file"),
    ],
)
def test_a_file_that_is_no_archive_is_one_clear_error_and_stays_as_it_is(
    path: Path, make: object, problem: str
) -> None:
    assert callable(make)
    make(path)
    before = path.read_bytes() if path.is_file() else None
    store = ArchiveStore(path)
    for use in (lambda: store.save(unit(2)), lambda: list(store.entries()), lambda: store.load("1")):
        with pytest.raises(StoreError, match=problem) as caught:
            use()
        assert str(caught.value).startswith(str(path))
    assert (path.read_bytes() if path.is_file() else None) == before


def test_an_empty_file_becomes_an_archive(store: ArchiveStore, path: Path) -> None:
    path.touch()
    assert list(store.entries()) == []
    store.save(unit(1))
    assert len(list(store.entries())) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_no_archive_is_open_while_a_process_forks(store: ArchiveStore) -> None:
    name = store.save(unit(1))
    child = os.fork()
    if not child:
        os._exit(0 if store._connection is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store._connection is None
    assert store.load(name) == unit(1)


def test_a_connection_of_a_parent_that_forked_past_us_is_left_alone(store: ArchiveStore, path: Path) -> None:
    name = store.save(unit(1))
    before = store._connection
    store._pid = -1
    assert store.load(name) == unit(1)
    assert store._connection is not before
    assert before in archive._inherited
    archive._inherited.clear()
    assert before is not None
    before.close()


def test_a_lost_write_is_told(store: ArchiveStore, path: Path) -> None:
    store.save(unit(1))
    with store._connected() as connection:
        connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreError, match="database or disk is full"):
        [store.save(unit(number)) for number in range(2, 100)]
    with pytest.raises(CassetteNotFound):
        store.load("99")
    assert store.load("1") == unit(1)
