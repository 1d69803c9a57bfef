"""A whole process, recorded and replayed: what cannot be written, one cassette for all, what a fork leaves behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.kept import calls
from services.processes import environment, script
from services.upstream import Upstream
from timetracer.cassette import files

CALLS = """
import os, resource, sys
import httpx, timetracer
def call(name): return httpx.get(os.environ["UPSTREAM"] + "/counter?" + name).text
"""


def run(
    code: str, folder: Path, upstream: Upstream, *options: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A script; under ``timetracer run`` if there are options for it."""
    under = [script("timetracer"), "run", *options, "--"] if options else []
    line = [*under, sys.executable, "-c", CALLS + code]
    whole = environment({"UPSTREAM": upstream.url, **(env or {})})
    return subprocess.run(line, cwd=folder, env=whole, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("place", ["file/cassettes", "file/archive.sqlite"])
def test_where_nothing_can_be_written_nothing_is_run(place: str, tmp_path: Path, upstream: Upstream) -> None:
    (tmp_path / "file").write_text("in the way")
    ran = run("print(call('a'))", tmp_path, upstream, "--dir", place)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"error: {place}: nothing can be recorded there: file: ")


@pytest.mark.parametrize("option", ["--dir", "--cassette"])
def test_what_can_be_written_no_more_is_kept_elsewhere(option: str, tmp_path: Path, upstream: Upstream) -> None:
    gone = "import pathlib; pathlib.Path('there').write_text('in the way'); print(call('a'))"
    (tmp_path / "tmp").mkdir()
    place = "there/cassettes" if option == "--dir" else "there/one.json"
    ran = run(gone, tmp_path, upstream, option, place, env={"TMPDIR": str(tmp_path / "tmp")})
    assert (ran.returncode, ran.stdout) == (2, '{"n": 1}\n')
    (refuge,) = (tmp_path / "tmp").glob("timetracer-refuge-*")
    assert f"timetracer: 1 cassette could not be written to {place}; they are kept in {refuge}\n" in ran.stderr
    (kept,) = [cassette for path in refuge.glob("*.json") for cassette in files.read(path)]
    assert [exchange.request["url"] for exchange in kept.exchanges] == [f"{upstream.url}/counter?a"]


def test_an_app_that_switches_us_on_goes_on_where_nothing_can_be_written(tmp_path: Path, upstream: Upstream) -> None:
    (tmp_path / "file").write_text("in the way")
    ran = run("timetracer.instrument('file/cassettes'); print(call('a'))", tmp_path, upstream)
    assert (ran.returncode, ran.stdout) == (0, '{"n": 1}\n')
    warning, where = ran.stderr.splitlines()
    assert warning.startswith("timetracer: a cassette could not be written, and the app goes on: ")
    assert where.startswith("timetracer: what cannot be written is kept in ")


@pytest.mark.parametrize("place", ["cassettes", "archive.sqlite"])
def test_when_the_disk_is_full_what_was_written_is_whole(place: str, tmp_path: Path, upstream: Upstream) -> None:
    # A limit on the size of files stands for a full disk: the system refuses to write, at any byte.
    code = (
        f"timetracer.instrument({place!r}, max_body_bytes='1MB')\n"
        "call('before'); timetracer.flush()\n"
        "limits = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, limits[1]))\n"
        "for name in 'ab': print(len(httpx.get(os.environ['UPSTREAM'] + '/big?bytes=300000').content), flush=True)\n"
        "timetracer.flush()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, limits)\n"
        "call('after')\n"
    )
    ran = run(code, tmp_path, upstream)
    assert (ran.returncode, ran.stdout) == (0, "300000\n300000\n")
    first, second = ran.stderr.splitlines()
    assert first.startswith("timetracer: a cassette could not be written, and the app goes on: ")
    assert second.startswith("timetracer: a cassette could not be kept anywhere else either: ")
    kept = [exchange.request["url"] for cassette in calls(tmp_path / place) for exchange in cassette.exchanges]
    assert kept == [f"{upstream.url}/counter?before", f"{upstream.url}/counter?after"]


def test_one_cassette_of_a_process(tmp_path: Path, upstream: Upstream) -> None:
    one = ("--cassette", "one.json")
    code = "print(call('a')); print(httpx.get(os.environ['UPSTREAM'] + '/text').text, end='')"
    recorded = run(code, tmp_path, upstream, "--mode", "record", *one)
    assert recorded.stderr == "timetracer: recorded 1 process in one.json\n"
    (cassette,) = files.read(tmp_path / "one.json")
    assert len(cassette.exchanges) == 2
    before = (tmp_path / "one.json").read_bytes()
    replayed = run(code, tmp_path, upstream, "--mode", "auto", *one)
    assert (replayed.returncode, replayed.stdout) == (0, recorded.stdout)
    assert len(upstream.calls) == 2
    drifted = run(code, tmp_path, upstream, "--mode", "verify", *one)
    assert drifted.returncode == 3
    assert "response.body.n: recorded 1, now 2" in drifted.stderr
    assert (tmp_path / "one.json").read_bytes() == before
    rewritten = run("call('b')", tmp_path, upstream, "--mode", "rewrite", *one)
    assert rewritten.returncode == 0
    (cassette,) = files.read(tmp_path / "one.json")
    assert [exchange.request["url"] for exchange in cassette.exchanges] == [f"{upstream.url}/counter?b"]


def test_an_unchanged_world_leaves_the_one_cassette_as_it_was(tmp_path: Path, upstream: Upstream) -> None:
    code = "httpx.get(os.environ['UPSTREAM'] + '/text')"
    run(code, tmp_path, upstream, "--cassette", "one.json")
    before = (tmp_path / "one.json").read_bytes()
    assert run(code, tmp_path, upstream, "--cassette", "one.json").returncode == 0
    assert (tmp_path / "one.json").read_bytes() == before


def test_rewriting_replaces_what_happened_outside_any_request(tmp_path: Path, upstream: Upstream) -> None:
    run("call('a'); call('b')", tmp_path, upstream, "--mode", "record")
    run("call('c')", tmp_path, upstream, "--mode", "record")
    run("call('d'); os.fork() or call('e') and os._exit(0); os.wait()", tmp_path, upstream, "--mode", "rewrite")
    recorded = calls(tmp_path / "cassettes")
    assert sorted(str(each.exchanges[0].request["url"])[-1] for each in recorded) == ["d", "e"]


def test_a_forked_child_is_told_of_once(tmp_path: Path, upstream: Upstream) -> None:
    code = "call('a')\nif not os.fork(): call('b'); os._exit(0)\nos.wait(); call('c')\n"
    recorded = run(code, tmp_path, upstream, "--mode", "record")
    assert recorded.stderr == "timetracer: recorded 0 requests and 3 calls outside any in cassettes\n"
    replayed = run(code + "try: call('x')\nexcept Exception: pass", tmp_path, upstream, "--mode", "replay")
    assert replayed.returncode == 3
    assert replayed.stderr.count("No recorded exchange answers this call.") == 1
    assert "timetracer: replayed from cassettes: 3 played, 1 missed\n" in replayed.stderr


def test_a_damaged_cassette_is_told_and_left_out(tmp_path: Path, upstream: Upstream) -> None:
    run("call('a')", tmp_path, upstream, "--mode", "record")
    (tmp_path / "cassettes" / "damaged.json").write_text("{")
    replayed = run("call('a')", tmp_path, upstream, "--mode", "replay")
    assert replayed.returncode == 0
    assert "a cassette is left out: cassettes/damaged.json" in replayed.stderr.replace(f"{tmp_path}/", "")
    assert "1 played, 0 missed" in replayed.stderr
