"""A command started with Timetracer switched on in its Python processes, without touching its code.

OpenTelemetry's auto-instrumentation is a folder with a ``sitecustomize`` that stands first on ``PYTHONPATH``: every
Python process that inherits the environment runs it, and with it `timetracer.activation.pre_instrument`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from timetracer.errors import TimetracerError

NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""Exit statuses as shells have them."""

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_OF_TERMINALS = ("SIGINT", "SIGQUIT", "SIGHUP")
"""Those that a terminal sends to the whole foreground group, the command included."""


class CommandNotStarted(TimetracerError):
    """A command cannot be started; `status` is what a shell would exit with."""

    def __init__(self, problem: str, status: int) -> None:
        super().__init__(problem)
        self.status = status


def environment(environ: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command that is to be instrumented.

    OpenTelemetry's own settings are the user's. Where there are none, nothing is exported: with no collector there, its
    default (OTLP to localhost) would fill the log with failures. An endpoint that is set says that there is one.

    Args:
        environ: the environment so far.
        ours: what Timetracer's processes are to know.
    """
    found = {**environ, **ours}
    for kind in ("TRACES", "METRICS", "LOGS"):
        if not (environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or environ.get(f"OTEL_EXPORTER_OTLP_{kind}_ENDPOINT")):
            found.setdefault(f"OTEL_{kind}_EXPORTER", "none")
    before = [entry for entry in environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    first = _auto_instrumentation()
    rest = [entry for entry in before if entry != first]
    # The working directory as well, as `opentelemetry-instrument` has it: for programs that are scripts of their own.
    here = str(Path.cwd())
    found["PYTHONPATH"] = os.pathsep.join([first, *([] if here in rest else [here]), *rest])
    return found


def _auto_instrumentation() -> str:
    spec = find_spec("opentelemetry.instrumentation.auto_instrumentation")
    if spec is None or spec.origin is None:
        raise TimetracerError("opentelemetry-instrumentation is not installed; reinstall timetracer-otel")
    return str(Path(spec.origin).parent)


def resolve(command: Sequence[str]) -> list[str]:
    """The command with a path to its program: of this Python's environment first, where Timetracer can be imported.

    A Python script that is not executable is run by this Python.

    Raises:
        CommandNotStarted: there is no such program.
    """
    name, *arguments = command
    if name.endswith(".py") and Path(name).is_file() and not os.access(name, os.X_OK):
        return [sys.executable, name, *arguments]
    own = None if Path(name).name != name else shutil.which(name, path=str(Path(sys.executable).parent))
    program = own or shutil.which(name)
    if program is None:
        if Path(name).is_file():
            raise CommandNotStarted(f"{name}: it is not executable", NOT_EXECUTABLE)
        raise CommandNotStarted(f"{name}: command not found", NOT_FOUND)
    return [program, *arguments]


def run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Start a resolved command, pass signals on to it, and wait for its end.

    Returns:
        Its exit status as shells have it: 128 and the number of the signal that killed it.

    Raises:
        CommandNotStarted: the system refuses it.
    """
    with _passing_on() as pass_to:
        try:
            process = subprocess.Popen(command, env=environ)
        except OSError as error:
            raise CommandNotStarted(f"{command[0]}: {error.strerror}", NOT_EXECUTABLE) from None
        pass_to(process)
        status = process.wait()
    return 128 - status if status < 0 else status


@contextmanager
def _passing_on() -> Generator[Callable[[subprocess.Popen[bytes]], None], None, None]:
    """Hear signals from now on; those that come before the process is known reach it late."""
    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        if signal.Signals(number).name in _OF_TERMINALS and _in_foreground():
            return
        if not children:
            early.append(number)
        for child in children:
            with suppress(ProcessLookupError):
                child.send_signal(number)

    def pass_to(child: subprocess.Popen[bytes]) -> None:
        children.append(child)
        for number in early:
            child.send_signal(number)

    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, hear) for number in numbers if signal.getsignal(number) != signal.SIG_IGN}
    try:
        yield pass_to
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_foreground() -> bool:
    """Whether a terminal sends its signals to this process, and so to the command: it has had them already."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
