"""A directory of cassettes: names, process files, and what else lies there."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store.units import background, unit
from timetracer.cassette import files
from timetracer.cassette.model import Cassette
from timetracer.errors import CassetteNotFound, StoreError
from timetracer.store.directory import DirectoryStore


def test_names_say_when_what_and_which(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    assert store.save(unit(7)) == "20260921T141327.000000Z-GET_orders_id-0000000000000007.json"
    name = store.append(background(7))
    assert re.fullmatch(rf"process-\d{{8}}T\d{{6}}\.\d{{6}}Z-{os.getpid()}\.jsonl:1", name)
    assert store.append(background(8)) == name[:-1] + "2"
    assert store.save(Cassette()) == "19700101T000000.000000Z-empty-0000000000000000.json"


@pytest.mark.parametrize("suffix", files.SUFFIXES)
def test_units_in_any_layout(tmp_path: Path, suffix: str) -> None:
    store = DirectoryStore(tmp_path, suffix)
    name = store.save(unit(1))
    assert name.endswith(suffix)
    assert files.read(tmp_path / name) == [unit(1)] == [store.load(name)]


def test_no_other_suffix(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.yaml: a cassette file ends in one of \.json, "):
        DirectoryStore(tmp_path, ".yaml")


@given(
    st.dictionaries(
        st.sampled_from(["name", "span_id", "route", "method"]),
        st.one_of(
            st.text(), st.sampled_from(["../../etc/passwd", "CON", "a\0b", "C:\\a", "x" * 500, "/", ".", "~", "*?<>|"])
        ),
    )
)
@example({"route": "x" * 500, "span_id": "y" * 500})
def test_whatever_a_cassette_says_its_file_is_in_the_directory(
    tmp_path_factory: pytest.TempPathFactory, said: dict[str, Any]
) -> None:
    store = DirectoryStore(tmp_path_factory.getbasetemp() / "names")
    attributes = {"http.route": said.get("route"), "http.request.method": said.get("method")}
    cassette = unit(1, name=said.get("name", ""), span_id=said.get("span_id", ""), attributes=attributes, exchange=None)
    name = store.save(cassette)
    assert re.fullmatch(r"20260921T141321\.000000Z-[A-Za-z0-9_]{1,60}-[A-Za-z0-9_]{0,32}\.json", name)
    assert (store.path / name).is_file()
    assert [path.name for path in store.path.iterdir()].count(name) == 1


def test_files_of_others_in_folders_are_read_under_their_paths(tmp_path: Path) -> None:
    files.write(tmp_path / "test_orders" / "test_a[1].json", unit(1))
    files.write(tmp_path / "test_orders" / "test_b.json.gz", unit(2))
    (tmp_path / "collector.jsonl").write_bytes(files.encode(unit(3), "a.jsonl") + files.encode(unit(4), "a.jsonl"))
    store = DirectoryStore(tmp_path)
    expected = {
        "collector.jsonl:1": unit(3),
        "collector.jsonl:2": unit(4),
        "test_orders/test_a[1].json": unit(1),
        "test_orders/test_b.json.gz": unit(2),
    }
    assert dict(store.scan()) == expected
    assert {name: store.load(name) for name in expected} == expected
    assert {entry.kind for entry in store.entries()} == {"unit"}


def test_what_is_hidden_half_written_or_something_else_is_passed_by(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    name = store.save(unit(1))
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "a.json").touch()
    (tmp_path / f".{name}.1234.tmp").write_bytes(b"{")
    (tmp_path / ".hidden.json").touch()
    (tmp_path / "README.md").touch()
    (tmp_path / "folder.json").mkdir()
    assert [entry.name for entry in store.entries()] == [name]


@pytest.mark.parametrize(
    "name", ["../secret.json", "/etc/passwd", "a/../../secret.json", "..", ".", "", "a\0.json", "link.json"]
)
def test_a_name_that_leads_out_of_the_directory_is_refused(tmp_path: Path, name: str) -> None:
    files.write(tmp_path / "secret.json", unit(1))
    store = DirectoryStore(tmp_path / "store")
    store.save(unit(2))
    (tmp_path / "store" / "link.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(StoreError, match="is not a file in"):
        store.load(name)


def test_a_file_with_several_cassettes_needs_a_number(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    file = store.append(background(1)).partition(":")[0]
    assert store.load(file) == background(1)
    store.append(background(2))
    with pytest.raises(CassetteNotFound, match=f"holds 2 cassettes: {file}:1 is the first"):
        store.load(file)
    for number in (0, 3):
        with pytest.raises(CassetteNotFound, match="the file holds 2"):
            store.load(f"{file}:{number}")


def test_a_process_that_was_killed_while_it_wrote_loses_the_line_in_flight_only(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    path = tmp_path / store.append(background(1)).partition(":")[0]
    path.write_bytes(path.read_bytes() * 2 + path.read_bytes()[:100])
    assert store.process() == [background(1), background(1)]


def test_a_line_that_a_full_disk_cut_short_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DirectoryStore(tmp_path)
    store.append(background(1))
    opened = Path.open

    def open_on_a_full_disk(path: Path, *arguments: Any, **options: Any) -> Any:
        file = opened(path, *arguments, **options)

        class Full:
            fileno, truncate = file.fileno, file.truncate

            def __enter__(self) -> Any:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def write(self, data: bytes) -> int:
                return int(file.write(data[:50]))

        return Full()

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", open_on_a_full_disk)
        with pytest.raises(StoreError, match="cannot be written: no space left"):
            store.append(background(2))
    store.append(background(3))
    assert store.process() == [background(1), background(3)]


def test_a_store_that_is_asked_anew_appends_to_a_file_of_its_own(tmp_path: Path) -> None:
    for number in (1, 2):
        DirectoryStore(tmp_path).append(background(number))
    assert DirectoryStore(tmp_path).process() == [background(1), background(2)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_has_a_file_of_its_own(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    mine = store.append(background(1)).partition(":")[0]
    child = os.fork()
    if not child:
        name = store.append(background(2))
        os._exit(0 if f"-{os.getpid()}.jsonl" in name else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert {path.name for path in tmp_path.iterdir()} > {mine}
    assert sorted(cassette.spans[0].start for cassette in store.process()) == [
        background(number).spans[0].start for number in (1, 2)
    ]


def test_a_file_that_vanishes_while_the_others_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_file", lambda _: True)  # it was, a moment ago
    store = DirectoryStore(tmp_path)
    names = [store.save(unit(number)) for number in range(3)]
    reading = store.scan()
    assert next(reading)[0] == names[0]
    (tmp_path / names[1]).unlink()
    assert [name for name, _ in reading] == [names[2]]
