"""The environment of a command, the program that its name stands for, and the signals that it is passed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services import processes
from timetracer import launch
from timetracer.launch import CommandNotStarted, environment, resolve

NO_EXPORTERS = {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, NO_EXPORTERS),
        ({"OTEL_TRACES_EXPORTER": "otlp,console"}, {**NO_EXPORTERS, "OTEL_TRACES_EXPORTER": "otlp,console"}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector"}, {}),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector"},
            {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"},
        ),
    ],
)
def test_nothing_is_exported_to_nowhere(given: dict[str, str], expected: dict[str, str]) -> None:
    found = environment(given, {})
    assert {name: value for name, value in found.items() if name.endswith("_EXPORTER")} == expected


def test_ours_is_added_and_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = environment({"HOME": "/home", "TIMETRACER_MODE": "off"}, {"TIMETRACER_MODE": "record"})
    assert (found["HOME"], found["TIMETRACER_MODE"]) == ("/home", "record")


def test_auto_instrumentation_comes_first_on_the_path_and_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    first = environment({}, {})["PYTHONPATH"].split(os.pathsep)
    assert (Path(first[0]) / "sitecustomize.py").is_file()
    assert first[1:] == [str(tmp_path)]
    again = environment({"PYTHONPATH": os.pathsep.join(["/lib", first[0], str(tmp_path)])}, {})
    assert again["PYTHONPATH"].split(os.pathsep) == [first[0], "/lib", str(tmp_path)]


def test_programs_of_this_environment_come_before_those_of_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for folder, names in {"ours": ("python", "tool"), "path": ("tool", "other")}.items():
        for name in names:
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / name).touch(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "ours" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert resolve(["tool", "-x"]) == [str(tmp_path / "ours" / "tool"), "-x"]
    assert resolve(["other"]) == [str(tmp_path / "path" / "other")]
    assert resolve([str(tmp_path / "path" / "tool")]) == [str(tmp_path / "path" / "tool")]


def test_a_script_is_run_by_this_python_unless_it_runs_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plain.py").touch()
    Path("own.py").touch(0o755)
    assert resolve(["plain.py", "a"]) == [sys.executable, "plain.py", "a"]
    assert resolve(["./own.py"]) == ["./own.py"]


@pytest.mark.parametrize(("name", "status"), [("no-such-program", launch.NOT_FOUND), ("./data", launch.NOT_EXECUTABLE)])
def test_what_cannot_be_started(name: str, status: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").touch()
    with pytest.raises(CommandNotStarted, match=name) as refused:
        resolve([name])
    assert refused.value.status == status


def test_what_the_system_refuses(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF nonsense")
    broken.chmod(0o755)
    with pytest.raises(CommandNotStarted, match="Exec format error") as refused:
        launch.run([str(broken)], {})
    assert refused.value.status == launch.NOT_EXECUTABLE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_signals_are_passed_on(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "waits.py").write_text(
        "import signal, sys\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(40))\n"
        "print('ready', flush=True)\n"
        "while True: signal.pause()\n"
    )
    # Under nohup, SIGHUP would be ignored.
    heard = f"import os, signal, sys; signal.signal({int(number)}, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    line = [sys.executable, "-c", heard, processes.script("timetracer"), "run", "waits.py"]
    starting = subprocess.Popen(
        line, cwd=tmp_path, env=processes.environment(), stdout=subprocess.PIPE, start_new_session=True
    )
    with starting as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        try:
            assert process.wait(30) == 40
        finally:
            process.kill()
