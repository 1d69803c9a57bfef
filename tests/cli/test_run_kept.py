"""``timetracer run --keep`` with real processes: what a service did in a replay, beside what was recorded."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest

from services.kept import units
from services.processes import Servers, environment, script
from services.upstream import Upstream
from timetracer.analysis.alignment import aligned
from timetracer.analysis.trace import Trace
from timetracer.cassette import files
from timetracer.cassette.model import Cassette, Kind, Span
from timetracer.cassette.replays import OF, is_replay, is_replay_of
from timetracer.store.opening import open_store

TESTS = Path(__file__).parent.parent


@pytest.mark.parametrize("place", ["kept", "kept.sqlite"])
def test_a_replay_keeps_what_it_did(servers: Servers, upstream: Upstream, tmp_path: Path, place: str) -> None:
    """The calls of each request that was replayed are those of its recording, and so are those outside any."""

    def visited(*options: str | Path) -> str:
        under = [script("timetracer"), "run", *map(str, options), "--"]
        server = servers.uvicorn("services.shop:app", under=under, cwd=TESTS, env={"UPSTREAM": upstream.url})
        for target in ("/price/7", "/price/8", "/outside"):
            assert httpx.get(f"{server.url}{target}", timeout=30).status_code == 200
        server.stop()
        return server.output

    recorded, kept = tmp_path / "cassettes", tmp_path / place
    visited("--mode", "record", "--dir", recorded)
    upstream.stop()
    output = visited("--mode", "replay", "--dir", recorded, "--keep", kept)
    assert f"timetracer: what the replay did is in {kept}" in output.splitlines()
    originals = [cassette for _, cassette in open_store(recorded).scan()]
    replays = [cassette for _, cassette in open_store(kept).scan()]
    assert sorted(len(one.exchanges) for one in units(kept)) == [1, 2, 2]
    assert all(map(is_replay, replays))
    for one in units(kept):
        (of,) = [each for each in originals if is_replay_of(one, each)]
        assert one.name == f"replay of {of.name}"
        assert len(one.exchanges) == len(of.exchanges)
        differing = [pair.node.span.kind for pair in aligned(Trace(of), Trace(one)) if pair.change]
        assert set(differing) <= {Kind.SERVER}  # it has another port, and tells its process's id


@pytest.mark.parametrize(
    ("recorded", "problem"),
    [("cassettes", "what a replay does is kept elsewhere"), ("other", "it is what a replay did, not a recording")],
)
def test_what_a_replay_does_is_neither_put_among_recordings_nor_replayed(
    recorded: str, problem: str, tmp_path: Path
) -> None:
    kept = Cassette([Span("GET", "1" * 32, "1" * 16)], resource={OF: "GET /items"})
    files.write(tmp_path / "other" / "kept.json", kept)
    options = ["--mode", "replay", "--dir", recorded, "--keep", "cassettes"]
    line = [script("timetracer"), "run", *options, "--", "true"]
    ran = subprocess.run(line, cwd=tmp_path, env=environment({}), capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert problem in ran.stderr
