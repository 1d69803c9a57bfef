"""The frame of the command line: help, lazy loading, exit statuses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest
import typer

from timetracer.cli.app import COMMANDS, FAULT, FOUND_WRONG, INTERRUPTED, NO_READER
from timetracer.cli.reading import Reader
from timetracer.errors import StoreError

MAIN = "from timetracer.cli import main; main()"
UNUSED = {"markdown_it", "opentelemetry", "pygments", "sqlite3", "timetracer.cli.show", "timetracer.terminal.exchange"}


def test_help_lists_every_command_and_every_exit_status(run: Any) -> None:
    ran = run("--help")
    assert ran.status == 0
    for name, (_, summary) in COMMANDS.items():
        assert any(name in line and summary in line for line in ran.out.splitlines())
    for status in (0, FOUND_WRONG, FAULT, INTERRUPTED, NO_READER):
        assert f"\n  • {status} " in ran.out


def test_help_loads_no_command_and_nothing_of_the_engine(fresh_python: Any) -> None:
    probe = (
        "import sys, io, contextlib\n"
        "from timetracer.cli import main\n"
        "sys.argv = ['timetracer', '--help']\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): main()\n"
        "print(*sorted(name for name in sys.modules if name.startswith(('timetracer', 'opentelemetry'))))"
    )
    assert fresh_python(probe) == "timetracer timetracer.cli timetracer.cli.app timetracer.cli.values timetracer.errors"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_of_itself_what_the_list_says_and_gives_an_example(name: str, run: Any) -> None:
    module, summary = COMMANDS[name]
    command = typer.main.get_command(import_module(module).app)
    assert (command.help or "").splitlines()[0] == summary
    ran = run(name, "--help")
    assert ran.status == 0
    assert "Example" in ran.out
    assert f"timetracer {name} " in ran.out


def test_a_command_loads_only_what_it_uses(one: Path, fresh_python: Any) -> None:
    probe = (
        "import sys\n"
        "from timetracer.cli import main\n"
        f"sys.argv = ['timetracer', 'timeline', {str(one)!r}]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print(sorted({UNUSED} & set(sys.modules)))"
    )
    assert fresh_python(probe).splitlines()[-1] == "[]"


def test_no_arguments_show_the_help(run: Any) -> None:
    ran = run()
    assert "Usage: timetracer" in ran.out + ran.err


def test_the_version(run: Any) -> None:
    try:
        installed = version("timetracer-otel")
    except PackageNotFoundError:
        pytest.skip("not installed")
    assert run("--version") == (0, f"{installed}\n", "")


@pytest.mark.parametrize(
    "arguments", [["no-such-command"], ["list"], ["list", ".", "--no-such-option"], ["timeline", ".", "--width", "3"]]
)
def test_wrong_usage_is_a_fault(run: Any, arguments: list[str]) -> None:
    assert run(*arguments).status == FAULT


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (StoreError("a\nb \x1b[2J[red]: cannot be read"), "error: a\\nb \\x1b[2J[red]: cannot be read\n"),
        (PermissionError(13, "Permission denied", "x.json"), "error: x.json: Permission denied\n"),
        (OSError("odd"), "error: odd\n"),
    ],
)
def test_an_expected_fault_is_one_line(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: Exception, line: str
) -> None:
    def fail(self: Reader, name: str = "") -> Iterator[None]:
        raise fault

    monkeypatch.setattr(Reader, "cassettes", fail)
    assert run("timeline", tmp_path) == (FAULT, "", line)


def test_a_mistake_of_ours_keeps_its_traceback(run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Reader, "cassettes", lambda self, name: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run("timeline", tmp_path)


def test_ctrl_c_is_quiet(run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(self: Reader, name: str = "") -> Iterator[None]:
        raise KeyboardInterrupt

    monkeypatch.setattr(Reader, "cassettes", interrupted)
    ran = run("timeline", tmp_path)
    assert (ran.status, ran.out, ran.err.strip()) == (INTERRUPTED, "", "")


def environment(**extra: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"} | extra


@pytest.mark.parametrize("terminal", [{}, {"FORCE_COLOR": "1", "TERM": "xterm-256color"}], ids=["plain", "colour"])
@pytest.mark.parametrize("command", ["list", "show", "timeline", "validate"])
def test_a_reader_that_went_away_is_no_error(place: Path, command: str, terminal: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        ran = subprocess.run(
            [sys.executable, "-c", MAIN, command, place],
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
            env=environment(**terminal),
        )
    assert (ran.returncode, ran.stderr) == (NO_READER, b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("command", ["list", "show", "timeline", "validate"])
def test_a_terminal_without_unicode_gets_ascii(place: Path, command: str, encoding: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", MAIN, command, place],
        capture_output=True,
        check=False,
        env=environment(PYTHONIOENCODING=encoding),
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.isascii()
    assert ran.stdout


def test_a_fault_can_be_told_in_any_encoding() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", MAIN, "list", "müll"],
        capture_output=True,
        check=False,
        env=environment(PYTHONIOENCODING="ascii"),
    )
    assert ran.returncode == FAULT
    assert ran.stderr.splitlines() == [b"error: m\\xfcll: there is no such file or directory"]
