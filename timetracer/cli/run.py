"""``timetracer run``: a command recorded or replayed."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from time import time_ns
from typing import Annotated

import typer
from rich.text import Text

from timetracer import config, launch, past, reports
from timetracer.analysis.amounts import counted
from timetracer.cli.app import FAULT, command_app
from timetracer.errors import SettingError
from timetracer.store import writable
from timetracer.terminal.paper import ERROR, QUIET, WARNING, Paper, complain, console, paper, put

FAILED_VERDICT = 3
_PROBLEMS = 10
"""Misses that are told in full."""

DirectoryOption = Annotated[
    Path | None,
    typer.Option("--dir", help="The directory, or archive (.sqlite), of the cassettes.", show_default=False),
]
CassetteOption = Annotated[
    Path | None, typer.Option(help="One cassette for the whole run instead.", show_default=False)
]

KeepOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Keep what a replay does there, as cassettes.", show_default=False)
]

app = command_app()

_EPILOG = """Examples:

`timetracer run --mode record -- uvicorn shop:app`

`timetracer run --mode replay --dir cassettes -- gunicorn -k uvicorn.workers.UvicornWorker shop:app`

The exit status is that of the command; 3 if a call was missed, or an answer has drifted; 2 if cassettes could not be
written where they belong.
"""


@app.command("run", epilog=_EPILOG, context_settings={"allow_interspersed_args": False})
def run_command(
    command: Annotated[list[str], typer.Argument(help="A program, or a Python script.", show_default=False)],
    mode: Annotated[str, typer.Option(help="record, replay, auto, rewrite, verify or off.", show_default=False)] = "",
    directory: DirectoryOption = None,
    cassette: CassetteOption = None,
    report: Annotated[
        Path | None, typer.Option(help="Tell there what became of each recorded call.", show_default=False)
    ] = None,
    keep: KeepOption = None,
    live: Annotated[str, typer.Option(help="Libraries whose calls really go out.", metavar="LIB[,LIB]")] = "",
) -> None:
    """Run a command; record or replay what it calls.

    Each inbound request is a cassette of its own; what happens outside any request has one of the process. What is not
    said here comes from TIMETRACER_… in the environment, timetracer.toml and pyproject.toml.
    """
    settings = config.load(
        arguments={
            "mode": mode or None,
            "dir": directory,
            "cassette": cassette,
            "live": live or None,
            "replay_report": report,
            "replay_keep": keep,
        }
    )
    chosen = config.decided(settings.mode or "record")
    _check(settings, chosen)
    try:
        status = _run(command, settings, chosen)
    except launch.CommandNotStarted as error:
        complain(str(error))
        raise typer.Exit(error.status) from None
    raise typer.Exit(status)


def _run(command: list[str], settings: config.Settings, mode: str) -> int:
    resolved = launch.resolve(command)
    # A process that outlives the command may write its report while the folder is being removed.
    with tempfile.TemporaryDirectory(prefix="timetracer-", ignore_cleanup_errors=True) as folder:
        ours = {
            "TIMETRACER_MODE": mode,
            "TIMETRACER_DIR": str(settings.dir.absolute()),
            "TIMETRACER_CASSETTE": str(settings.cassette.absolute()) if settings.cassette else "",
            "TIMETRACER_REPLAY_KEEP": str(settings.replay_keep.absolute()) if settings.replay_keep else "",
            "TIMETRACER_LIVE": ",".join(settings.live),
            "TIMETRACER_BEGAN": str(time_ns()),
            reports.FOLDER: folder,
        }
        status = launch.run(resolved, launch.environment(os.environ, ours))
        left = reports.gather(Path(folder))
    shutil.rmtree(folder, ignore_errors=True)
    if mode == "off":
        return status
    report = reports.together(left)
    passed = report.verdict.ok(settings.strict)
    if settings.replay_report and mode in ("replay", "auto"):
        report.outcomes.write(settings.replay_report)
    on = console(file=sys.stderr)
    put(on, summary(report if left else None, settings, mode, paper(on)))
    return FAILED_VERDICT if not passed else status or (FAULT if report.lost else 0)


def _check(settings: config.Settings, mode: str) -> None:
    """Tell now, once, what each process of the command would tell later.

    Raises:
        TimetracerError: something is wrong with the settings, there is nothing to replay, or nothing can be written
            where it is to be kept.
    """
    groups = ("timetracer.instrumentors", "timetracer.protocols")
    known = sorted({point.name for group in groups for point in entry_points(group=group)})
    for library in settings.live:
        if library not in known:
            problem = f"there is no instrumentor for {library!r}; there are {', '.join(known)}"
            raise SettingError("live", settings.sources["live"], problem)
    if settings.replay_keep is not None and settings.replay_keep.absolute() == settings.dir.absolute():
        problem = "the recordings are there; what a replay does is kept elsewhere"
        raise SettingError("replay_keep", settings.sources["replay_keep"], problem)
    if mode != "off":
        past.check(settings, mode)
    if mode in ("record", "auto", "rewrite"):
        writable.check(settings.cassette or settings.dir)
    if mode in ("replay", "auto") and settings.replay_keep is not None:
        writable.check(settings.replay_keep)


def summary(report: reports.Report | None, settings: config.Settings, mode: str, sheet: Paper) -> Iterator[Text]:
    """What came of a run, in a few lines. None: no process has reported."""
    place = sheet.text(str(settings.cassette or settings.dir))
    if report is None:
        yield _line("no Python process of this environment was run to its end; nothing is known of it", WARNING)
        return
    if mode not in ("replay", "verify"):
        yield _line(f"recorded {_kept(report, settings)} in {place}", "" if report.units or report.calls else WARNING)
    if mode in ("replay", "auto", "verify"):
        done = {"verify": "compared with"}.get(mode, "replayed from")
        passed = report.verdict.ok(settings.strict)
        for number, text in enumerate(report.verdict.text().split("\n")):
            words = sheet.text(text)
            yield _line(f"{done} {place}: {words}", "green" if passed else ERROR) if not number else Text(f"  {words}")
        if settings.replay_keep is not None and mode != "verify":
            yield _line(f"what the replay did is in {sheet.text(str(settings.replay_keep))}", "")
        for problem in report.problems[:_PROBLEMS]:
            yield Text()
            yield from (Text(sheet.text(line)) for line in problem.split("\n"))
        if len(report.problems) > _PROBLEMS:
            yield Text(f"… and {len(report.problems) - _PROBLEMS:,} more")
    if report.lost:
        kept = f"; they are kept in {sheet.text(', '.join(report.refuges))}" if report.refuges else ""
        yield _line(f"{counted(report.lost, 'cassette')} could not be written to {place}{kept}", ERROR)
    for kind, times in report.faults.items():
        yield _line(f"{sheet.text(kind)} ({counted(times, 'time')})", WARNING)


def _kept(report: reports.Report, settings: config.Settings) -> str:
    kept = counted(report.units, "process" if settings.cassette else "request")
    return f"{kept} and {counted(report.calls, 'call')} outside any" if report.calls else kept


def _line(words: str, style: str) -> Text:
    return Text().append("timetracer: ", QUIET).append(words, style)
