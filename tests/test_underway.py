"""Real services whose requests are held open: who watches sees their spans before they end, and then the cassettes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import recordings
from services.processes import Server, Servers, environment, script
from services.upstream import Upstream
from services.waiting import until
from timetracer.cassette import layouts
from timetracer.cli.view import source
from timetracer.store import underway
from timetracer.store.entry import Entry
from timetracer.viewer.app import Source
from timetracer.viewer.following import Following

APP = """
import os
import httpx
from fastapi import FastAPI

app = FastAPI()

@app.get("/held/{number}")
async def held(number: int, password: str = "") -> dict[str, int]:
    async with httpx.AsyncClient() as client:
        await client.get(os.environ["UPSTREAM"] + "/text")
        return {"pid": os.getpid(), "events": (await client.get(os.environ["UPSTREAM"] + "/held")).text.count("data:")}
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


def ask(pool: ThreadPoolExecutor, server: Server, path: str) -> Future[httpx.Response]:
    return pool.submit(httpx.get, server.url + path, timeout=60)


def following(where: Source) -> Following:
    assert where.following is not None
    return where.following


def open_ones(where: Source) -> list[Entry]:
    return [entry for entry in where.entries() if following(where).is_open(entry.name)]


@pytest.mark.parametrize("name", ["cassettes", "archive.sqlite"])
def test_a_request_that_is_held_is_seen_and_becomes_its_cassette(
    name: str, app: Path, servers: Servers, upstream: Upstream, pool: ThreadPoolExecutor
) -> None:
    place = app / name
    record = [script("timetracer"), "run", "--mode", "record", "--dir", str(place), "--"]
    server = servers.uvicorn("app:app", under=record, cwd=app, env={"UPSTREAM": upstream.url})
    where = source(place, watch=True)
    answer = ask(pool, server, "/held/7?password=hunter22")
    try:
        (entry,) = until(lambda: open_ones(where))
        told = until(lambda: ended(following(where), entry.name))
        assert (entry.method, entry.route) == ("GET", "/held/{number}")
        assert "hunter22" not in entry.target
        files = [*underway.folder(place).iterdir()]
        assert not any(b"hunter22" in path.read_bytes() for path in files)
        assert [*told.values()] == [True, False, True]  # the request, /text, /held
    finally:
        upstream.release()
    assert answer.result().status_code == 200
    written = until(lambda: following(where).written_as(entry.name))
    assert following(where).trace(entry.name) is None
    assert [each.name for each in where.entries()] == [written]
    until(lambda: [*underway.read(place)] == [] or None)
    assert where.load(entry.name) == where.load(written)
    root = where.load(written).root
    assert root is not None
    assert root.end > root.start
    following(where).end()
    server.stop()
    assert not underway.folder(place).exists()


def ended(following: Following, name: str) -> dict[str, bool] | None:
    """The spans of a unit that makes its second call: whether each is open."""
    following.look()
    trace = following.trace(name)
    if trace is None:
        return None
    found = {
        span.exchange.key if span.exchange else span.name: number in trace.is_open
        for number, span in enumerate(trace.cassette.spans, 1)
        if span.exchange
    }
    return found if len(found) == 3 else None


def test_every_worker_tells_and_one_that_is_killed_is_forgotten(
    app: Path, servers: Servers, upstream: Upstream, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = app / "cassettes"
    record = [script("timetracer"), "run", "--mode", "record", "--dir", str(place), "--"]
    server = servers.gunicorn("app:app", under=record, cwd=app, env={"UPSTREAM": upstream.url})
    where = source(place, watch=True)
    answers = [ask(pool, server, f"/held/{number}") for number in range(6)]
    try:
        until(lambda: len(open_ones(where)) == 6)
        told = [path for path in underway.folder(place).iterdir() if path.suffix == ".open"]
    finally:
        upstream.release()
    workers = {answer.result().json()["pid"] for answer in answers}
    assert {int(path.name.partition("-")[0]) for path in told} == workers
    until(lambda: not open_ones(where))
    assert len(where.entries()) == 6
    upstream.restart()
    answers = [ask(pool, server, "/held/7")]
    until(lambda: open_ones(where))
    server.kill()
    with pytest.raises(httpx.HTTPError):
        answers[0].result()
    assert open_ones(where)
    monkeypatch.setattr(underway, "STALE", -1.0)
    assert not open_ones(where)
    following(where).end()


def test_nothing_is_told_while_nobody_looks(
    app: Path, servers: Servers, upstream: Upstream, pool: ThreadPoolExecutor
) -> None:
    place = app / "cassettes"
    record = [script("timetracer"), "run", "--mode", "record", "--dir", str(place), "--"]
    server = servers.uvicorn("app:app", under=record, cwd=app, env={"UPSTREAM": upstream.url})
    answer = ask(pool, server, "/held/7")
    until(lambda: upstream.calls[1:])
    assert not place.exists()
    upstream.release()
    assert answer.result().status_code == 200
    server.stop()
    assert len([*place.iterdir()]) == 1


HELD = """
import os, signal, sys
import timetracer
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

provider = TracerProvider()
timetracer.instrument("cassettes", tracer_provider=provider)
with provider.get_tracer("app").start_as_current_span("work", kind=SpanKind.CONSUMER) as span:
    span.set_attribute("api_key", "hunter22")
    sys.stdin.read()
"""


@pytest.mark.parametrize("way", ["ends", "is terminated"])
def test_a_process_that_goes_takes_what_it_told_with_it(way: str, tmp_path: Path) -> None:
    place = tmp_path / "cassettes"
    where = source(place, watch=True)
    process = subprocess.Popen([sys.executable, "-c", HELD], cwd=tmp_path, env=environment(), stdin=subprocess.PIPE)
    with process:
        (entry,) = until(lambda: open_ones(where))
        (told,) = underway.read(place)
        assert (entry.target, [span.end for span in told.spans]) == ("work", [0])
        assert "hunter22" not in str(told)
        if way == "is terminated":
            process.terminate()
            assert process.wait(60) == -signal.SIGTERM
        else:
            process.communicate(timeout=60)
            assert following(where).written_as(entry.name)
    assert [path.suffix for path in underway.folder(place).iterdir()] == [".looking"]
    following(where).end()


@pytest.mark.parametrize(
    "command",
    [["list"], ["search", "a"], ["stats"], ["validate"], ["clean", "--older-than", "0s"], ["dedupe"]],
    ids=lambda command: command[0],
)
def test_no_other_command_looks_there(command: list[str], tmp_path: Path) -> None:
    said: list[str] = []
    for name in ("one", "other"):
        place = tmp_path / name / "cassettes"
        place.mkdir(parents=True)
        (place / "a.json").write_bytes(layouts.encode_document(recordings.order()))
        if name == "other":
            underway.Look(place).renew()
            underway.Told(place).replace([recordings.order_underway()])
        line = [script("timetracer"), command[0], "cassettes", *command[1:]]
        if command[0] == "search":
            line = [script("timetracer"), "search", "cassettes", "text:order"]
        ran = subprocess.run(line, cwd=place.parent, env=environment(), capture_output=True, text=True, check=False)
        said.append(f"{ran.returncode} {ran.stdout} {ran.stderr}")
        if name == "other":
            assert len([*underway.read(place)]) == 1
    assert said[0] == said[1]
