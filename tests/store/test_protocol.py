"""What every store promises, kept by each of them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from store.units import background, unit
from timetracer.cassette.model import Cassette, Span
from timetracer.errors import CassetteDamaged, CassetteNotFound, StoreError, TimetracerError
from timetracer.store.archive import ArchiveStore
from timetracer.store.directory import DirectoryStore
from timetracer.store.entry import describe
from timetracer.store.opening import open_store
from timetracer.store.protocol import Store


@pytest.fixture(params=["cassettes", "cassettes.sqlite"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / "deep" / str(request.param)


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = open_store(path)
    yield opened
    opened.close()


def test_what_is_saved_can_be_loaded_listed_and_scanned(store: Store) -> None:
    cassettes = [unit(number) for number in (3, 1, 2)]
    names = [store.save(cassette) for cassette in cassettes]
    assert [store.load(name) for name in names] == cassettes
    in_order = [names[1], names[2], names[0]]
    assert list(store.scan()) == [(name, store.load(name)) for name in in_order]
    entries = list(store.entries())
    assert entries == [
        describe(store.load(name), name, "unit", entry.size) for name, entry in zip(in_order, entries, strict=True)
    ]
    assert all(entry.size > 100 for entry in entries)
    assert store.process() == []


def test_saved_again_with_late_spans_it_takes_its_own_place(store: Store) -> None:
    first = store.save(unit(1))
    store.save(unit(2))
    late = unit(1)
    late.spans.append(Span("late", late.spans[0].trace_id, "f" * 16, late.spans[0].span_id, start=late.spans[0].end))
    assert store.save(late) == first
    assert store.load(first) == late
    assert [entry.spans for entry in store.entries()] == [4, 3]


def test_span_ids_are_only_unique_within_their_trace(store: Store) -> None:
    other = unit(1)
    for span in other.spans:
        span.trace_id = "e" * 32
        span.start += 10**9
    assert store.save(unit(1)) != store.save(other)


def test_what_happened_outside_of_any_unit_is_kept_apart(store: Store) -> None:
    store.save(unit(1))
    names = [store.append(background(number)) for number in (2, 2, 3)]
    assert len(set(names)) == 3
    assert store.process() == [background(2), background(2), background(3)]
    assert [store.load(name) for name in names] == store.process()
    assert Counter(entry.kind for entry in store.entries()) == {"unit": 1, "process": 3}


def test_a_store_that_nothing_was_written_to(store: Store, path: Path) -> None:
    assert list(store.entries()) == list(store.scan()) == store.process() == []
    with pytest.raises((CassetteNotFound, StoreError)):
        store.load("1")
    assert not path.parent.exists()


@pytest.mark.parametrize("name", ["", "0", "-1", "7", "9" * 30, "1 OR 1=1", "٣", "nothing.json", "nothing.jsonl:1"])
def test_a_name_that_nothing_has(store: Store, name: str) -> None:
    store.save(unit(1))
    with pytest.raises((CassetteNotFound, StoreError)):
        store.load(name)


def test_an_empty_cassette(store: Store) -> None:
    name = store.save(Cassette(name="nothing"))
    assert store.load(name) == Cassette(name="nothing")
    assert [entry.spans for entry in store.entries()] == [0]


def test_text_that_utf_8_has_no_bytes_for_in_what_is_listed(store: Store) -> None:
    name = store.save(unit(1, attributes={"http.route": "/\udcff"}, name="\ud800"))
    assert store.load(name).spans[0].name == "\\ud800"
    assert [entry.route for entry in store.entries()] == ["/\\udcff"]


def test_a_closed_store_opens_again(store: Store) -> None:
    store.save(unit(1))
    store.close()
    store.close()
    store.save(unit(2))
    assert len(list(store.entries())) == 2


def test_threads(store: Store) -> None:
    def work(number: int) -> None:
        store.save(unit(number))
        store.append(background(number))
        assert store.load(next(store.entries()).name)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert Counter(entry.kind for entry in store.entries()) == {"unit": 40, "process": 40}


def record(path: Path, first: int) -> None:
    store = open_store(path)
    for number in range(first, first + 30):
        store.save(unit(number))
        store.append(background(number))
    store.close()


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_processes_that_begin_at_once_lose_nothing(path: Path, method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    context = multiprocessing.get_context(method)
    workers = [context.Process(target=record, args=(path, first)) for first in (0, 100, 200)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    expected = {number for first in (0, 100, 200) for number in range(first, first + 30)}
    store = open_store(path)
    units = [cassette for _, cassette in store.scan() if len(cassette.spans) == 3]
    assert sorted(int(cassette.spans[0].span_id, 16) for cassette in units) == sorted(expected)
    assert sorted(int(cassette.spans[0].trace_id, 16) for cassette in store.process()) == sorted(expected)
    store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_in_the_middle_of_recording(path: Path, store: Store) -> None:
    """Threads of the parent write while it forks; each side goes on with the same store object."""
    stop = threading.Event()
    written: list[int] = []

    def go_on() -> None:
        while not stop.is_set():
            store.save(unit(1000 + len(written)))
            written.append(1)

    store.append(background(0))
    thread = threading.Thread(target=go_on)
    thread.start()
    children = []
    for child in range(4):
        process = os.fork()
        if not process:
            code = 1
            try:
                store.save(unit(child))
                store.append(background(child))
                store.close()
                code = 0
            finally:
                os._exit(code)
        children.append(process)
    codes = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in children]
    stop.set()
    thread.join()
    assert codes == [0, 0, 0, 0]
    assert len([entry for entry in store.entries() if entry.kind == "unit"]) == 4 + len(written)
    assert len(store.process()) == 5


def damage_one(store: Store, name: str) -> None:
    if isinstance(store, DirectoryStore):
        (store.path / name).write_bytes(b"{")
    else:
        assert isinstance(store, ArchiveStore)
        with store._connected() as connection:
            connection.execute("UPDATE cassettes SET blob = x'28b52ffd00', start = 'soon' WHERE id = ?", (name,))


@pytest.mark.parametrize(
    "read",
    [
        lambda store, on_damage: [entry.name for entry in store.entries(on_damage)],
        lambda store, on_damage: [name for name, _ in store.scan(on_damage)],
    ],
    ids=["entries", "scan"],
)
def test_a_damaged_cassette_never_hides_the_others(store: Store, read: Callable[..., list[str]]) -> None:
    names = [store.save(unit(number)) for number in range(3)]
    damage_one(store, names[1])
    damages: list[TimetracerError] = []
    assert sorted(read(store, damages.append)) == sorted([names[0], names[2]])
    (damage,) = damages
    assert isinstance(damage, CassetteDamaged)
    assert names[1] in damage.path
    with pytest.raises(CassetteDamaged, match=names[1]):
        store.load(names[1])


def test_without_anybody_to_tell_damage_is_raised_after_the_others(store: Store) -> None:
    names = [store.save(unit(number)) for number in range(3)]
    damage_one(store, names[0])
    for reading in (store.entries(), store.scan()):
        assert [next(reading), next(reading)]
        with pytest.raises(CassetteDamaged, match=names[0]):
            next(reading)


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("cassettes", "cassettes.sqlite"):
        store = open_store(tmp_path / "file" / name)
        for write in (store.save, store.append):
            with pytest.raises(StoreError, match=str(tmp_path / "file" / name)):
                write(unit(1))
