"""``timetracer demo``, with its real processes."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from services.processes import accepts, environment, script
from timetracer.cli import demo
from timetracer.cli.app import FAULT, FOUND_WRONG


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What a whole demo prints into a pipe, and its folder for temporary files."""
    folder = tmp_path_factory.mktemp("demo")
    # A newcomer's shell may have settings in it: they are no part of the demo.
    env = environment({"TMPDIR": str(folder), "TIMETRACER_SAMPLE_RATE": "0", "OTEL_SDK_DISABLED": "true"})
    ran = subprocess.run([script("timetracer"), "demo"], env=env, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout, folder


def test_the_answer_is_replayed_though_the_live_one_would_differ(shown: tuple[str, Path]) -> None:
    answers = re.findall(r"^\{.*\}$", shown[0], re.MULTILINE)
    assert len(answers) == 2
    assert answers[0] == answers[1]
    assert len(set(re.findall(r'"quote":"(q-\w{4})"', answers[0]))) > 1
    assert "the same answer, byte for byte" in shown[0]


def test_every_step_shows_what_happened(shown: tuple[str, Path]) -> None:
    printed = shown[0]
    assert "timetracer: recorded 1 request in cassettes" in printed
    assert printed.count("client httpx") == 3
    assert re.search(r"connecting to 127\.0\.0\.1:\d+: Connection refused", printed)
    assert "timetracer: replayed from cassettes: 3 played, 0 missed" in printed
    assert "\x1b" not in printed


def test_nothing_is_left_behind(shown: tuple[str, Path]) -> None:
    assert list(shown[1].iterdir()) == []
    ports = set(map(int, re.findall(r"(?:127\.0\.0\.1:|--port )(\d+)", shown[0])))
    assert len(ports) == 3
    assert not any(map(accepts, ports))


def test_ended_half_way_it_ends_what_it_has_started(tmp_path: Path) -> None:
    env = environment({"TMPDIR": str(tmp_path)})
    with subprocess.Popen([script("timetracer"), "demo"], env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = next(int(found[1]) for line in process.stdout if (found := re.search(r"curl .*:(\d+)/", line)))
        assert accepts(port)
        process.terminate()
        assert process.wait(30) == 128 + signal.SIGTERM
    assert not accepts(port)
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_is_told_with_the_command_that_installs_it(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "find_spec", lambda name: None if name in ("fastapi", "uvicorn") else object())
    status, _, told = run("demo")
    assert status == FAULT
    assert told == (
        "error: the demo runs a FastAPI service, and needs fastapi, uvicorn: "
        "pip install 'timetracer-otel[fastapi,httpx]'\n"
    )


def test_another_answer_fails(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter((b"2.40", b"2.41"))

    @contextmanager
    def shop(*_: object) -> Iterator[str]:
        yield "http://127.0.0.1"

    monkeypatch.setattr(demo._Demo, "_shop", shop)
    monkeypatch.setattr(demo._Demo, "_ask", lambda *_: next(answers))
    handler = signal.getsignal(signal.SIGTERM)
    ran = run("demo")
    signal.signal(signal.SIGTERM, handler)
    assert ran.status == FOUND_WRONG
    assert ran.out.endswith("not the same answer\n")
