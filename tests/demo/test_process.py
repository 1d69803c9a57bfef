"""The demo's processes: none that hangs, none that stays."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from services.processes import accepts
from timetracer.demo import process
from timetracer.demo.process import Process, free_port, refusal
from timetracer.errors import TimetracerError

LISTENS = """
import signal, socket, sys
if sys.argv[1] == "deaf": signal.signal(signal.SIGTERM, signal.SIG_IGN)
server = socket.create_server(("127.0.0.1", int(sys.argv[2])))
print("ready", flush=True)
while True: server.accept()
"""


@pytest.mark.parametrize("ears", ["good", "deaf"])
def test_a_process_is_ended_whatever_it_does(ears: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    with Process("-c", LISTENS, ears, str(port), log=tmp_path / "log") as one:
        one.wait_for(port)
        assert one.line() == "ready"
        assert refusal(port) is None
        monkeypatch.setattr(process, "PATIENCE", 5.0 if ears == "good" else 0.1)
    assert not accepts(port)
    assert one.status == (-signal.SIGTERM if ears == "good" else -signal.SIGKILL)


def test_one_that_does_not_start_is_told_with_what_it_said(tmp_path: Path) -> None:
    with (
        Process("-c", "raise SystemExit('no coffee')", log=tmp_path / "log") as one,
        pytest.raises(TimetracerError, match="did not start: no coffee"),
    ):
        one.wait_for(free_port())


def test_one_that_never_listens_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PATIENCE", 0.1)
    with (
        Process("-c", "import signal; signal.pause()", log=tmp_path / "log") as one,
        pytest.raises(TimetracerError, match="did not start"),
    ):
        one.wait_for(free_port())


def test_the_settings_of_the_user_are_not_the_demos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMETRACER_MODE", "off")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    show = "import os; print(sorted(name for name in os.environ if name.startswith(('TIMETRACER_', 'OTEL_'))))"
    with Process("-c", show, log=tmp_path / "log", env={"OTEL_SERVICE_NAME": "shop"}) as one:
        assert one.line() == "['OTEL_SERVICE_NAME']"


def test_why_a_port_takes_no_connection() -> None:
    assert refusal(free_port()) == "Connection refused"
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert refusal(server.getsockname()[1]) is None
