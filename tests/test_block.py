"""A block of code, recorded and replayed: its file, its verdict, and how it leaves the process."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from contextvars import copy_context
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider

import toy
from services.processes import environment
from timetracer import sessions
from timetracer.block import Block, record, replay, use
from timetracer.cassette import files
from timetracer.cassette.model import Cassette
from timetracer.errors import (
    CassetteDamaged,
    CassetteNotFound,
    FailedVerdict,
    SettingError,
    UnmatchedCall,
)
from timetracer.recording import faults, providers
from timetracer.redaction.rules import Rules
from timetracer.replaying import outcomes
from timetracer.seams import installed
from toy_world import World


@pytest.fixture(autouse=True)
def toy_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The toy is installed; nothing stands in a file of settings; faults are raised."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(installed, "load", toy.load)
    monkeypatch.setattr(faults, "raising", True)
    yield
    providers.forget()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "shop.json"


def recorded(path: Path, *addresses: str, **answers: bytes) -> Cassette:
    """What a new recording of these calls holds."""
    world = World(**answers)
    with record(path):
        for address in addresses or answers:
            world.get(address)
    (cassette,) = files.read(path)
    return cassette


def test_what_was_recorded_is_replayed(path: Path) -> None:
    recorded(path, a=b"1", b=b"2")
    world = World(a=b"changed")
    with replay(path) as block:
        assert (world.get("a"), world.get("b")) == (b"1", b"2")
    assert (world.reached, block.verdict.played, block.verdict.ok(strict=True)) == ([], 2, True)


def test_use_records_once_and_replays_from_then_on(path: Path) -> None:
    world = World(a=b"1")
    modes = []
    for _ in range(3):
        with use(path) as block:
            assert world.get("a") == b"1"
            modes.append(block.mode)
    assert (world.reached, modes) == (["a"], ["record", "replay", "replay"])


@pytest.mark.parametrize(
    ("asked", "there", "mode"),
    [
        (None, False, "record"),
        (None, True, "replay"),
        ("auto", True, "replay"),
        ("auto", False, "record"),
        ("record", True, "record"),
        ("rewrite", True, "record"),
        ("replay", False, "replay"),
        ("verify", True, "verify"),
        ("off", True, "off"),
    ],
)
def test_modes(path: Path, asked: str | None, there: bool, mode: str) -> None:
    if there:
        recorded(path, a=b"1")
    assert Block(path, asked).mode == mode


def test_nothing_is_recorded_by_itself_where_nobody_watches(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    assert Block(path).mode == "replay"
    assert Block(path, "record").mode == "record"


def test_the_mode_may_come_from_the_environment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMETRACER_MODE", "off")
    assert Block(path).mode == "off"
    assert Block(path, "record").mode == "record"


def test_off_is_as_if_it_were_not_there(path: Path) -> None:
    world = World(a=b"1")
    with use(path, "off") as block:
        assert sessions.current() is None
        world.get("a")
    assert world.reached == ["a"]
    assert block.verdict.ok(strict=True)
    assert not path.exists()


@pytest.mark.parametrize("mode", ["replay", "verify"])
def test_without_a_cassette_there_is_nothing_to_replay_and_the_process_stays_as_it_was(path: Path, mode: str) -> None:
    with pytest.raises(CassetteNotFound, match=r"shop\.json"), use(path, mode):
        pytest.fail("entered")
    assert sessions.current() is None


def test_wrong_settings_are_told_before_anything_happens(path: Path) -> None:
    with pytest.raises(SettingError, match="mode"):
        use(path, "recrod")
    with pytest.raises(SettingError, match="colour"):
        use(path, colour="red")
    with pytest.raises(SettingError, match="a block has a cassette file"):
        use(path.parent.parent)


def test_a_cassette_is_named_after_its_file_or_as_it_is_told(path: Path) -> None:
    assert recorded(path, a=b"1").name == "shop"
    with record(path, name="tests/test_shop.py::test_order"):
        World(a=b"2").get("a")
    assert files.read(path)[0].name == "tests/test_shop.py::test_order"


def test_secrets_do_not_reach_the_file(path: Path) -> None:
    world = World(**{"https://shop/?api_key=sesame-open-99": b"1"})
    with record(path, redact=Rules(patterns=(("word", "sesame"),))):
        world.get("https://shop/?api_key=sesame-open-99")
    assert b"sesame" not in path.read_bytes()


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".json.zst", ".jsonl.gz"])
def test_an_unchanged_world_leaves_the_file_byte_for_byte(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"shop{suffix}"
    provider = TracerProvider()

    def again(**answers: bytes) -> bytes:
        world = World(**answers)
        with record(path), provider.get_tracer("app").start_as_current_span("order"):
            for address in answers:
                world.get(address)
        return path.read_bytes()

    before = again(a=b"1", b=b"2")
    assert again(a=b"1", b=b"2") == before
    assert again(a=b"1", b=b"3") != before
    assert len(files.read(path)) == 1
    provider.shutdown()


def test_a_block_that_fails_does_not_overwrite(path: Path) -> None:
    recorded(path, a=b"1")
    before = path.read_bytes()
    with pytest.raises(LookupError), record(path):
        World(a=b"2").get("a")
        raise LookupError
    assert path.read_bytes() == before


def test_a_block_that_fails_leaves_a_first_cassette_to_look_at(path: Path) -> None:
    with pytest.raises(LookupError), record(path):
        World(a=b"1").get("a")
        raise LookupError
    assert [exchange.key for exchange in files.read(path)[0].exchanges] == ["GET a"]


@pytest.mark.parametrize("damaged", [b"<<<<<<< HEAD\n{}", b"{}"])
def test_a_damaged_cassette_cannot_be_replayed_and_can_be_recorded_again(path: Path, damaged: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(damaged)
    with pytest.raises(CassetteDamaged), replay(path):
        pytest.fail("entered")
    assert [exchange.response_body for exchange in recorded(path, a=b"1").exchanges] == [b"1"]


def test_a_cassette_that_is_deleted_meanwhile_is_written_anew(path: Path) -> None:
    recorded(path, a=b"1")
    with record(path):
        World(a=b"1").get("a")
        path.unlink()
    assert len(files.read(path)[0].exchanges) == 1


def test_a_miss_fails_the_block_even_if_the_app_swallowed_it(path: Path) -> None:
    recorded(path, a=b"1")
    with pytest.raises(FailedVerdict) as failed, replay(path) as block, suppress(UnmatchedCall):
        World().get("b")
    assert block.verdict.missed == ["GET b"]
    assert all(part in str(failed.value) for part in ("shop.json", "GET b", f'timetracer.record("{path}")'))


def test_an_exception_of_the_block_wins_over_its_verdict(path: Path) -> None:
    recorded(path, a=b"1")
    with pytest.raises(UnmatchedCall), replay(path) as block:
        World().get("b")
    assert block.verdict.missed == ["GET b"]


def test_what_is_left_over_fails_a_strict_block_alone(path: Path) -> None:
    recorded(path, a=b"1")
    with replay(path) as lenient:
        pass
    assert lenient.verdict.unplayed == ["GET a"]
    with pytest.raises(FailedVerdict, match="unplayed  GET a"), replay(path, strict=True):
        pass


def test_leaving_twice_is_leaving_once(path: Path) -> None:
    recorded(path, a=b"1")
    block = replay(path, strict=True)
    block.start()
    with pytest.raises(FailedVerdict):
        block.stop()
    block.stop()
    assert sessions.current() is None


def test_verify_asks_the_live_system_and_changes_nothing(path: Path) -> None:
    recorded(path, a=b"1", b=b"2")
    before = path.read_bytes()
    world = World(a=b"1", b=b"2")
    with use(path, "verify") as block:
        assert (world.get("a"), world.get("b")) == (b"1", b"2")
    assert (world.reached, block.verdict.drifted) == (["a", "b"], [])
    world = World(a=b"1", b=b"9")
    with pytest.raises(FailedVerdict, match=r"GET b: response\.body: recorded .*2.*, now .*9"), use(path, "verify"):
        world.get("a"), world.get("b")
    assert path.read_bytes() == before


def test_verify_fails_on_a_call_that_was_never_recorded(path: Path) -> None:
    recorded(path, a=b"1")
    with pytest.raises(FailedVerdict, match="missed    GET b"), use(path, "verify"):
        World(b=b"2").get("b")


@pytest.mark.parametrize("mode", ["record", "replay"])
def test_libraries_that_are_live_stay_live(path: Path, mode: str) -> None:
    recorded(path, a=b"1")
    with use(path, mode, live=["toy"]):
        session = sessions.current()
        assert session is not None
        assert session.live == {"toy"}


def test_a_block_that_is_paused_lets_others_have_the_process(path: Path) -> None:
    world = World(a=b"1", b=b"2")
    block = record(path)
    block.start()
    world.get("a")
    block.pause()
    assert sessions.current() is None
    world.get("b")
    block.resume()
    world.get("a")
    block.stop()
    assert [exchange.key for exchange in files.read(path)[0].exchanges] == ["GET a", "GET a"]
    assert sessions.current() is None


def test_a_forked_child_leaves_to_its_parent_what_its_parent_recorded(path: Path) -> None:
    world = World(a=b"1", b=b"2")
    with record(path) as block:
        world.get("a")
        block.forked()
        world.get("b")
    assert [exchange.key for exchange in files.read(path)[0].exchanges] == ["GET b"]


def test_another_thread_and_another_context_have_the_same_session(path: Path) -> None:
    world = World(a=b"1")
    block = record(path)
    copy_context().run(block.start)
    world.get("a")
    copy_context().run(block.stop)
    assert len(files.read(path)[0].exchanges) == 1


@pytest.mark.asyncio
async def test_asynchronous_blocks(path: Path) -> None:
    world = World(a=b"1")
    async with use(path):
        world.get("a")
    async with use(path) as block:
        assert world.get("a") == b"1"
    assert (block.mode, world.reached) == ("replay", ["a"])
    with pytest.raises(FailedVerdict):
        async with replay(path, strict=True):
            pass


@pytest.mark.asyncio
async def test_a_fixture_that_ends_in_another_task_is_written_all_the_same(path: Path) -> None:
    @asynccontextmanager
    async def fixture() -> AsyncIterator[None]:
        with record(path):
            yield

    def step(coroutine: object) -> None:
        with pytest.raises(StopIteration):
            coroutine.send(None)  # type: ignore[attr-defined]

    one = fixture()
    copy_context().run(step, one.__aenter__())
    World(a=b"1").get("a")
    copy_context().run(step, one.__aexit__(None, None, None))
    assert len(files.read(path)[0].exchanges) == 1
    assert sessions.current() is None


def test_the_clock_stands_where_it_stood(path: Path) -> None:
    cassette = recorded(path, a=b"1")
    cassette.spans[0].start = 1_000_000_000 * 10**9
    files.write(path, cassette)
    with replay(path):
        assert datetime.datetime.now(datetime.timezone.utc).year == 2001
    with replay(path, clock="live"):
        assert datetime.datetime.now(datetime.timezone.utc).year > 2001
    assert datetime.datetime.now(datetime.timezone.utc).year > 2001


def test_what_another_process_wrote_in_the_meantime_is_kept(path: Path) -> None:
    with record(path):
        World(a=b"1").get("a")
        recorded(path, b=b"2")
    (both,) = files.read(path)
    assert sorted(exchange.key for exchange in both.exchanges) == ["GET a", "GET b"]


def test_a_recording_takes_the_place_of_an_old_one(path: Path) -> None:
    recorded(path, a=b"1", b=b"2")
    assert [exchange.key for exchange in recorded(path, c=b"3").exchanges] == ["GET c"]


SAVING = """
import sys
import toy
from timetracer.block import record
from timetracer.seams import installed
from toy_world import World
installed.load = toy.load
path, *names = sys.argv[1:]
with record(path):
    for name in names:
        World(**{name: name.encode()}).get(name)
    print("recorded", flush=True)
    sys.stdin.read()
"""


class Saving:
    """Processes that record the same cassette at the same time."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[str]] = []

    def start(self, path: Path, *addresses: str) -> None:
        """Begins to record these calls."""
        command = [sys.executable, "-c", SAVING, str(path), *addresses]
        tests = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *map(os.path.abspath, sys.path)])}
        self._started.append(
            subprocess.Popen(
                command,
                env=environment(tests),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=path.parent,
            )
        )

    def end(self) -> None:
        """When all are recording, let all write at once."""
        for process in self._started:
            assert process.stdout
            assert process.stdout.readline() == "recorded\n"
        for process in self._started:
            assert process.stdin
            process.stdin.close()
        assert [process.wait(30) for process in self._started] == [0] * len(self._started)

    def close(self) -> None:
        for process in self._started:
            process.kill()
            with process:
                pass


@pytest.fixture
def saving() -> Iterator[Saving]:
    made = Saving()
    yield made
    made.close()


def test_processes_that_save_one_cassette_at_once_all_save_it(tmp_path: Path, saving: Saving) -> None:
    path = tmp_path / "shop.json"
    for addresses in (["a", "b"], ["c"], ["d", "e"]):
        saving.start(path, *addresses)
    saving.end()
    (all_of_it,) = files.read(path)
    assert sorted(exchange.key for exchange in all_of_it.exchanges) == [f"GET {name}" for name in "abcde"]
    assert [span.start for span in all_of_it.spans] == sorted(span.start for span in all_of_it.spans)


def test_a_report_has_of_each_cassette_the_newest_replay(path: Path, tmp_path: Path) -> None:
    cassette = recorded(path, a=b"1", b=b"2")
    report = tmp_path / "replay.json"
    ids = [span.span_id for span in cassette.spans]

    def told(*addresses: str) -> tuple[list[str], list[str]]:
        with suppress(FailedVerdict), replay(path, replay_report=report):
            for address in addresses:
                with suppress(UnmatchedCall):
                    World().get(address)
        found = outcomes.read(report)
        assert {call.within for call in found.missed} <= {cassette.spans[0].span_id}
        return [found.spans[span_id].word for span_id in ids], [call.asked for call in found.missed]

    assert told("a", "c") == (["played", "unplayed"], ["GET c"])
    assert told("b") == (["unplayed", "played"], [])
