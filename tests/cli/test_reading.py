"""Finding cassettes, and telling of the damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from timetracer.cassette import files
from timetracer.cassette.layouts import encode_line
from timetracer.cassette.model import Cassette
from timetracer.cli.app import FOUND_WRONG
from timetracer.cli.reading import Reader, print_json
from timetracer.errors import CassetteNotFound


def test_nothing_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(CassetteNotFound, match="no such file or directory"):
        Reader(tmp_path / "nothing")


def test_each_name_of_the_list_opens_its_cassette(place: Path) -> None:
    reader = Reader(place)
    entries = list(reader.entries())
    assert [entry.kind for entry in entries].count("process") == 1
    for entry in entries:
        ((_, cassette),) = reader.cassettes(entry.name)
        root = cassette.root
        assert root is not None
        assert (root.start, len(cassette.spans)) == (entry.start, entry.spans)


def test_a_file_of_many_lists_and_opens_each(tmp_path: Path) -> None:
    path = tmp_path / "process-1.jsonl"
    path.write_bytes(encode_line(Cassette(name="a")) + encode_line(Cassette(name="b")))
    reader = Reader(path)
    entries = list(reader.entries())
    assert [(entry.name, entry.kind) for entry in entries] == [(f"{path}:1", "process"), (f"{path}:2", "process")]
    assert [cassette.name for _, cassette in reader.cassettes(f"{path}:2")] == ["b"]


def test_a_name_that_is_not_there_is_told(one: Path, place: Path) -> None:
    for path in (one, place):
        with pytest.raises(CassetteNotFound):
            list(Reader(path).cassettes("nobody"))


def test_damages_do_not_hide_the_others_and_are_told_at_the_end(
    one: Path, damaged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = Reader(one.parent)
    assert len(list(reader.cassettes())) == 1
    (told,) = reader.damaged()
    assert told["file"] == str(damaged)
    assert "not JSON" in told["problem"]
    with pytest.raises(typer.Exit) as ended:
        reader.finish()
    assert ended.value.exit_code == FOUND_WRONG
    assert capsys.readouterr().err == f"error: {damaged}: {told['place']}: {told['problem']}\n"


def test_without_damages_there_is_nothing_to_tell(one: Path) -> None:
    reader = Reader(one)
    assert [name for name, _ in reader.cassettes()] == [str(one)]
    reader.finish()


def test_names_that_lead_out_are_refused(tmp_path: Path, one: Path) -> None:
    (tmp_path / "inner").mkdir()
    files.write(tmp_path / "inner" / "in.json", Cassette())
    from timetracer.errors import StoreError

    with pytest.raises(StoreError):
        list(Reader(tmp_path / "inner").cassettes(f"../{one.name}"))


def test_json_is_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"x": "\x1b[2J\u202e\ud800é"})
    assert capsys.readouterr().out == '{\n  "x": "\\u001b[2J\\u202e\\ud800\\u00e9"\n}\n'
