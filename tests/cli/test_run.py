"""``timetracer run`` with real processes: recorded with the upstream there, replayed without it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.kept import calls, units
from services.processes import Server, Servers, environment, script
from services.upstream import Upstream, Upstreams
from timetracer.cassette import files
from timetracer.cassette.model import Cassette, Kind
from timetracer.replaying import outcomes
from timetracer.store.archive import ArchiveStore
from timetracer.store.opening import open_store

TESTS = Path(__file__).parent.parent
TERMINATED = 128 + signal.SIGTERM
FAILED_VERDICT = 3


@dataclass
class Shop:
    """The shop, running under ``timetracer run``."""

    server: Server
    client: httpx.Client

    def get(self, target: str) -> Any:
        return self.client.get(target).json()

    def post(self, target: str, content: str) -> Any:
        return self.client.post(target, content=content).json()

    def stop(self) -> int:
        self.client.close()
        return self.server.stop()

    @property
    def output(self) -> str:
        return self.server.output


@dataclass
class Shops:
    """Opens shops."""

    servers: Servers
    upstream: str

    def open(self, *options: str | Path, how: str = "uvicorn", env: Mapping[str, str] | None = None) -> Shop:
        under = [script("timetracer"), "run", *map(str, options), "--"]
        start = getattr(self.servers, how)
        server = start("services.shop:app", under=under, cwd=TESTS, env={"UPSTREAM": self.upstream, **(env or {})})
        return Shop(server, httpx.Client(base_url=server.url, timeout=30))


@pytest.fixture(scope="module")
def upstream(upstreams: Upstreams) -> Iterator[Upstream]:
    """One for all tests here, so that what is recorded once can be played by all; off unless a test asks for `live`."""
    one = upstreams.open()
    yield one
    one.stop()


@pytest.fixture
def live(upstream: Upstream, recording: Recording) -> Iterator[Upstream]:
    upstream.restart()
    yield upstream
    upstream.stop()


@pytest.fixture
def shops(servers: Servers, upstream: Upstream) -> Shops:
    return Shops(servers, upstream.url)


def visit(shop: Shop) -> list[Any]:
    """All kinds of requests; what they were answered, without what differs by process."""
    answers = [
        shop.get("/price/7"),
        shop.get("/price/7"),
        shop.get("/price/7?currency=SEK"),
        shop.get("/price/8"),
        shop.post("/orders", '{"sku": 1}'),
        shop.post("/orders", '{"sku": 2}'),
        shop.get("/careless/me"),
        shop.get("/outside"),
    ]
    return [{name: value for name, value in answer.items() if name != "pid"} for answer in answers]


@dataclass
class Recording:
    place: Path
    answers: list[Any]
    status: int
    output: str


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Recording]:
    """The shop, visited once; afterwards the upstream is off."""
    home = tmp_path_factory.mktemp("run")
    servers = Servers(home)
    shop = Shops(servers, upstream.url).open("--mode", "record", "--dir", home / "cassettes")
    answers = visit(shop)
    status = shop.stop()
    upstream.stop()
    yield Recording(home / "cassettes", answers, status, shop.output)
    servers.close()


def asked(place: Path) -> list[str]:
    """What the shop was asked, a line a cassette."""
    return sorted(f"{entry.method} {entry.target}" for entry in open_store(place).entries() if entry.kind == "unit")


def outbound(cassette: Cassette) -> list[str]:
    exchanges = (span.exchange for span in cassette.spans if span.kind is Kind.CLIENT)
    return [str(exchange.request["url"]).partition("/counter")[2] for exchange in exchanges if exchange]


def test_recording_keeps_a_cassette_for_each_request_and_one_for_the_process(recording: Recording) -> None:
    assert recording.status == TERMINATED
    assert asked(recording.place) == [
        "GET /careless/me",
        "GET /outside",
        "GET /price/7",
        "GET /price/7",
        "GET /price/7?currency=SEK",
        "GET /price/8",
        "POST /orders",
        "POST /orders",
    ]
    assert [outbound(cassette) for cassette in calls(recording.place)] == [["?rates"], ["?weather"]]
    assert recording.output.splitlines()[-1] == (
        f"timetracer: recorded 8 requests and 2 calls outside any in {recording.place}"
    )


def test_a_replay_answers_every_request_as_it_was_recorded(recording: Recording, shops: Shops) -> None:
    shop = shops.open("--mode", "replay", "--dir", recording.place, env={"TIMETRACER_STRICT": "yes"})
    assert visit(shop) == recording.answers
    assert shop.stop() == TERMINATED
    assert shop.output.splitlines()[-1] == f"timetracer: replayed from {recording.place}: 11 played, 0 missed"


def test_an_archive_is_replayed_as_a_directory_is(recording: Recording, shops: Shops, tmp_path: Path) -> None:
    archive = ArchiveStore(tmp_path / "all.sqlite")
    for cassette in calls(recording.place):
        archive.append(cassette)
    for cassette in units(recording.place):
        archive.save(cassette)
    archive.close()
    shop = shops.open("--mode", "replay", "--dir", archive.path)
    assert visit(shop) == recording.answers
    assert shop.stop() == TERMINATED


def test_one_cassette_answers_whatever_is_asked(recording: Recording, shops: Shops, tmp_path: Path) -> None:
    (file,) = (path for path in recording.place.glob("*.json") if "sku=8&" in path.read_text())
    shop = shops.open("--mode", "replay", "--dir", recording.place, "--cassette", file, "--report", tmp_path / "r")
    first, second = shop.get("/price/8"), shop.get("/price/8")
    assert first["n"] == second["n"] == 1
    assert shop.get("/careless/me") == {"found": None}
    assert shop.stop() == FAILED_VERDICT
    assert "3 played, 1 missed" in shop.output  # the third: the rates, asked for at the start
    told = outcomes.read(tmp_path / "r")
    assert (len(told.missed), {each.word for each in told.spans.values()}) == (1, {"played", "unplayed"})


def test_a_miss_is_no_answer_and_fails_the_run_even_if_it_was_swallowed(recording: Recording, shops: Shops) -> None:
    shop = shops.open("--mode", "replay", "--dir", recording.place)
    assert shop.get("/careless/you") == {"found": None}
    assert shop.get("/price/7")["n"] == 1
    assert shop.stop() == FAILED_VERDICT
    summary = shop.output.partition("timetracer: ")[2]
    assert "2 played, 1 missed" in summary
    assert "No recorded exchange answers this call." in summary
    assert f"timetracer run --mode record --dir {recording.place}" in summary


def test_strict_fails_what_was_left_over(recording: Recording, shops: Shops) -> None:
    shop = shops.open("--mode", "replay", "--dir", recording.place, env={"TIMETRACER_STRICT": "yes"})
    assert shop.stop() == FAILED_VERDICT
    assert "1 played, 0 missed, 1 unplayed" in shop.output


@pytest.mark.usefixtures("live")
def test_auto_replays_what_is_there_and_records_the_rest(recording: Recording, shops: Shops, tmp_path: Path) -> None:
    place = copied(recording, tmp_path)
    shop = shops.open("--mode", "auto", "--dir", place)
    assert shop.get("/price/7") | {"pid": 0} == recording.answers[0] | {"pid": 0}
    assert shop.get("/price/7") | {"pid": 0} == recording.answers[1] | {"pid": 0}
    assert shop.get("/price/new")["n"] == 1
    assert shop.stop() == TERMINATED
    assert sorted([*asked(recording.place), "GET /price/new"]) == asked(place)
    assert "recorded 1 request in" in shop.output
    assert "3 played, 0 missed" in shop.output


@pytest.mark.usefixtures("live")
def test_rewrite_takes_the_place_of_every_old_recording_of_a_request(
    recording: Recording, shops: Shops, tmp_path: Path
) -> None:
    place = copied(recording, tmp_path)
    shop = shops.open("--mode", "rewrite", "--dir", place)
    shop.get("/price/8")
    shop.get("/price/8")
    shop.get("/price/7")
    assert shop.stop() == TERMINATED
    assert [line for line in asked(place) if "/price" in line] == [
        "GET /price/7",
        "GET /price/7?currency=SEK",
        "GET /price/8",
        "GET /price/8",
    ]
    assert [outbound(cassette) for cassette in calls(place)] == [["?rates"]]


def test_verify_tells_how_the_live_system_has_drifted(
    recording: Recording, shops: Shops, live: Upstream, tmp_path: Path
) -> None:
    place = copied(recording, tmp_path)
    before = {path.name: path.read_bytes() for path in place.iterdir()}
    same = shops.open("--mode", "verify", "--dir", place)
    same.get("/price/7")
    same.get("/price/7")
    assert same.stop() == TERMINATED
    assert "3 played, 0 missed, 1 unplayed" in same.output
    drifted = shops.open("--mode", "verify", "--dir", place)
    drifted.get("/price/7")
    assert drifted.stop() == FAILED_VERDICT
    assert "response.body.n: recorded 1, now 3" in drifted.output
    assert "response.body.n: recorded 1, now 2" in drifted.output  # the rates, at the start
    assert {path.name: path.read_bytes() for path in place.iterdir()} == before


@pytest.mark.usefixtures("live")
def test_a_live_library_is_let_through(recording: Recording, shops: Shops) -> None:
    shop = shops.open("--mode", "replay", "--dir", recording.place, "--live", "httpx")
    assert shop.get("/price/never-recorded")["n"] == 1
    assert shop.stop() == TERMINATED


def copied(recording: Recording, to: Path) -> Path:
    place = to / "cassettes"
    place.mkdir()
    for path in recording.place.iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    return place


def test_two_workers_of_gunicorn_are_recorded_and_replayed(shops: Shops, upstream: Upstream, tmp_path: Path) -> None:
    upstream.restart()
    place = tmp_path / "cassettes"
    recorded = shops.open("--mode", "record", "--dir", place, how="gunicorn")
    answers = visit_both_workers(recorded)
    assert recorded.stop() == 0
    upstream.stop()
    assert len(asked(place)) == len(answers)
    assert [outbound(cassette) for cassette in calls(place)] == [["?rates"], ["?rates"]]
    assert f"recorded {len(answers)} requests and 2 calls outside any in" in recorded.output
    replayed = shops.open("--mode", "replay", "--dir", place, how="gunicorn", env={"TIMETRACER_STRICT": "yes"})
    again = visit_both_workers(replayed, items=len(answers))
    assert all(answer["n"] == 1 for answer in again[:2])
    assert "missed    " not in replayed.output
    replayed.stop()
    assert f"{len(again) + 2} played, 0 missed\n" in replayed.output


def visit_both_workers(shop: Shop, items: int = 1_000) -> list[Any]:
    """A request a connection, for so many items in turn, until both have answered: the system chooses who does."""
    answers: list[Any] = []
    while len({answer["pid"] for answer in answers}) < 2:
        answers.append(httpx.get(f"{shop.server.url}/price/{len(answers) % items}", timeout=30).json())
    return answers


@pytest.mark.parametrize("way", ["fork", "spawn", "forkserver"])
def test_calls_of_child_processes_are_recorded_and_replayed(
    way: str, shops: Shops, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.restart()
    recorded = shops.open("--mode", "record", "--dir", tmp_path / "cassettes")
    assert recorded.get(f"/child/{way}") == {"status": 0}
    assert recorded.get("/child/fork") == {"status": 0}
    assert recorded.stop() == TERMINATED
    upstream.stop()
    recorded_calls = sorted(outbound(cassette) for cassette in calls(tmp_path / "cassettes"))
    assert recorded_calls == sorted([["?rates"], [f"?{way}"], ["?fork"]])
    replayed = shops.open("--mode", "replay", "--dir", tmp_path / "cassettes", env={"TIMETRACER_STRICT": "yes"})
    assert replayed.get(f"/child/{way}") == {"status": 0}
    assert replayed.get("/child/fork") == {"status": 0}
    assert replayed.stop() == TERMINATED
    assert "3 played, 0 missed" in replayed.output


# Scripts


def run(
    folder: Path, *command: str | Path, options: tuple[str | Path, ...] = (), env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """``timetracer run``, to its end, in `folder`."""
    line = [script("timetracer"), "run", *map(str, options), "--", *map(str, command)]
    return subprocess.run(line, cwd=folder, env=environment(env), capture_output=True, text=True, check=False)


CALLS = """
import httpx, os, sys
print(httpx.get(os.environ["UPSTREAM"] + "/counter?" + sys.argv[1]).text)
"""


def test_a_script_is_recorded_and_replayed(tmp_path: Path, upstream: Upstream) -> None:
    upstream.restart()
    env = {"UPSTREAM": upstream.url}
    (tmp_path / "calls.py").write_text(CALLS)
    recorded = run(tmp_path, "calls.py", "a", env=env)
    assert (recorded.returncode, recorded.stdout) == (0, '{"n": 1}\n')
    assert recorded.stderr == "timetracer: recorded 0 requests and 1 call outside any in cassettes\n"
    one = run(tmp_path, "python", "calls.py", "b", options=("--cassette", "one.json"), env=env)
    assert one.stderr == "timetracer: recorded 1 process in one.json\n"
    upstream.stop()
    replayed = run(tmp_path, "python", "calls.py", "a", options=("--mode", "replay"), env=env)
    assert (replayed.returncode, replayed.stdout) == (0, recorded.stdout)
    assert replayed.stderr == "timetracer: replayed from cassettes: 1 played, 0 missed\n"
    again = run(tmp_path, "calls.py", "b", options=("--mode", "replay", "--cassette", "one.json"), env=env)
    assert (again.returncode, again.stdout) == (0, one.stdout)
    missed = run(tmp_path, "calls.py", "a", options=("--mode", "replay", "--cassette", "one.json"), env=env)
    assert missed.returncode == FAILED_VERDICT
    assert "UnmatchedCall" in missed.stderr


def test_all_processes_of_a_run_share_one_cassette(tmp_path: Path, upstream: Upstream) -> None:
    upstream.restart()
    (tmp_path / "calls.py").write_text(CALLS)
    (tmp_path / "family.py").write_text(
        'import os, subprocess, sys; subprocess.run([sys.executable, "calls.py", "spawned"])\n'
        'if not os.fork(): sys.argv[1] = "forked"\n' + CALLS + 'if sys.argv[1] == "forked": os._exit(0)\nos.wait()\n'
    )
    env = {"UPSTREAM": upstream.url}
    recorded = run(tmp_path, "python", "family.py", "parent", options=("--cassette", "all.json"), env=env)
    assert (recorded.returncode, len(recorded.stdout.split("\n"))) == (0, 4)
    upstream.stop()
    (whole,) = files.read(tmp_path / "all.json")
    assert sorted(outbound(whole)) == ["?forked", "?parent", "?spawned"]
    options = ("--mode", "replay", "--cassette", "all.json")
    replayed = run(tmp_path, "python", "family.py", "parent", options=options, env={**env, "TIMETRACER_STRICT": "yes"})
    assert (replayed.returncode, sorted(replayed.stdout)) == (0, sorted(recorded.stdout))
    assert replayed.stderr == "timetracer: replayed from all.json: 3 played, 0 missed\n"


def test_a_child_leaves_what_its_parent_was_about_to_its_parent(tmp_path: Path, upstream: Upstream) -> None:
    upstream.restart()
    (tmp_path / "outlived.py").write_text(
        "import httpx, os\n"
        "up, (reading, writing) = os.environ['UPSTREAM'], os.pipe()\n"
        "with httpx.stream('GET', up + '/stream?chunks=2&pause=0') as response:\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        os.close(writing); os.read(reading, 1)  # until the parent is gone\n"
        "        httpx.get(up + '/counter?child'); os._exit(0)\n"
        "    response.read()\n"
    )
    run(tmp_path, "python", "outlived.py", options=("--cassette", "one.json"), env={"UPSTREAM": upstream.url})
    upstream.stop()
    (whole,) = files.read(tmp_path / "one.json")
    assert [exchange.response_body for exchange in whole.exchanges] == [b"chunk 0\nchunk 1\n", b'{"n": 1}']


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (("python", "-c", "import sys; sys.exit(7)"), 7),
        (("python", "-c", "1/0"), 1),
        (("python", "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"), 128 + signal.SIGKILL),
        (("no-such-command",), 127),
        (("./not-executable",), 126),
        (("true",), 0),
    ],
)
def test_the_exit_status_is_that_of_the_command(command: tuple[str, ...], status: int, tmp_path: Path) -> None:
    (tmp_path / "not-executable").touch()
    ran = run(tmp_path, *command)
    assert ran.returncode == status, ran.stderr
    if status in (126, 127):
        assert ran.stderr.count("\n") == 1
        assert command[0] in ran.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--mode", "repaly"), "'repaly' is not allowed; it must be one of off, record, replay, auto, rewrite, verify"),
        (("--mode", "replay"), "there is no cassette to replay; record one with: timetracer run --mode record --dir"),
        (("--mode", "replay", "--cassette", "no.json"), "no.json: there is no such cassette"),
        (("--mode", "replay", "--cassette", "bad.json"), "bad.json: line 1, column 1: not JSON"),
        (("--mode", "verify"), "there is no cassette to verify"),
        (("--dir", "bad.json"), "bad.json: a file, where a directory or an archive"),
        (("--live", "htpx"), "there is no instrumentor for 'htpx'; there are aiobotocore, asyncpg"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_started(options: tuple[str, ...], told: str, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("?")
    ran = run(tmp_path, "touch", "started", options=options)
    assert ran.returncode == 2
    assert told in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert not (tmp_path / "started").exists()


def test_a_process_that_outlives_the_command_is_not_waited_for_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    (tmp_path / "outlives.py").write_text(
        "import os, sys\n"
        "reading, writing = os.pipe()\n"
        "for _ in range(8):\n"
        "    if not os.fork(): os.close(writing); os.read(reading, 1); os._exit(0)  # all at once, parentless\n"
    )
    for _ in range(3):
        ran = run(tmp_path, "python", "outlives.py", env={"TMPDIR": str(tmp_path / "temporary")})
        assert ran.returncode == 0, ran.stderr
        assert list((tmp_path / "temporary").iterdir()) == []
