"""The ``timetracer`` command: its subcommands, loaded when they are used, and what becomes of faults.

A command is one file. It holds an ``app`` made by `command_app` with a single command, and stands in `COMMANDS`; the
summary there is the first line of the command's docstring.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from timetracer.cli.values import plainly
from timetracer.errors import TimetracerError

COMMANDS = {
    "run": ("timetracer.cli.run", "Run a command; record or replay what it calls."),
    "task": ("timetracer.cli.task", "Run a recorded task once more, offline."),
    "list": ("timetracer.cli.listing", "List cassettes, the newest first."),
    "show": ("timetracer.cli.show", "Show the exchanges of a cassette in full."),
    "timeline": ("timetracer.cli.timeline", "Draw the spans of a cassette on a time axis."),
    "view": ("timetracer.cli.view", "Browse cassettes interactively."),
    "diff": ("timetracer.cli.diff", "Compare two cassettes, span by span."),
    "search": ("timetracer.cli.search", "Find cassettes, the newest first."),
    "stats": ("timetracer.cli.stats", "Count cassettes: errors, durations, sizes, over time."),
    "export": ("timetracer.cli.export", "Write cassettes in the format of another tool."),
    "import": ("timetracer.cli.importing", "Make cassettes of the files of other tools."),
    "watch": ("timetracer.cli.watch", "Print cassettes as they are recorded."),
    "clean": ("timetracer.cli.clean", "Remove cassettes that are older than an age."),
    "dedupe": ("timetracer.cli.dedupe", "Remove cassettes that say what a newer one says."),
    "merge": ("timetracer.cli.merge", "Put all spans of several cassettes into one."),
    "validate": ("timetracer.cli.validate", "Read every cassette and report what is wrong with it."),
    "demo": ("timetracer.cli.demo", "Record a real service, then replay it unplugged."),
}
"""Name: (module, one line of help), in the order of ``--help``."""

FOUND_WRONG, FAULT, INTERRUPTED, NO_READER = 1, 2, 130, 141
"""Exit statuses; the last two are 128 + SIGINT and 128 + SIGPIPE, as shells have it."""

_EPILOG = """Example: `timetracer timeline cassettes/`

Exit status:

- `0` all is well

- `1` cassettes were read, and something is wrong with them; diff: they differ

- `2` it could not be done: wrong usage, nothing there, not readable

- `3` run: a call was missed, or an answer has drifted; otherwise `run` ends as its command did

- `130` interrupted (Ctrl-C)

- `141` the reader of the output went away (a closed pipe)
"""


class _Command(TyperCommand):
    """One whose plain values are not validated."""

    def get_params(self, ctx: Any) -> list[Any]:
        return plainly(super().get_params(ctx))


class _App(typer.Typer):
    """Of such commands."""

    def command(self, name: str | None = None, **more: Any) -> Any:
        more.setdefault("cls", _Command)
        return super().command(name, **more)


def command_app() -> typer.Typer:
    """What the file of a command calls ``app``; its help is written in Markdown."""
    return _App(add_completion=False, rich_markup_mode="markdown")


class _Commands(TyperGroup):
    """Turns what a user can meet into one line and an exit status; a traceback remains for our own mistakes."""

    def get_params(self, ctx: Any) -> list[Any]:
        return plainly(super().get_params(ctx))

    def invoke(self, *args: Any, **kwargs: Any) -> Any:
        try:
            result = super().invoke(*args, **kwargs)
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the interpreter complains when it flushes at exit
            raise typer.Exit(NO_READER) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except TimetracerError as fault:
            said = str(fault)
        except OSError as fault:
            said = f"{fault.filename}: {fault.strerror}" if fault.filename else str(fault)
        from timetracer.terminal.paper import complain

        complain(said)
        raise typer.Exit(FAULT)


class _Deferred(TyperCommand):
    """Stands for a command in ``--help``; its module is imported when the command is used."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        module, _ = COMMANDS[self.name or ""]
        command = typer.main.get_command(import_module(module).app)
        return command.make_context(*args, **kwargs)


app = typer.Typer(
    cls=_Commands, epilog=_EPILOG, no_args_is_help=True, rich_markup_mode="markdown", pretty_exceptions_enable=False
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"{version('timetracer-otel')}\n")
        raise typer.Exit


@app.callback()
def timetracer(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Record a running service beside its OpenTelemetry tracing, and replay it with every upstream off."""


def _elsewhere() -> None:
    """What a command does is in its own file."""


for _name, (_, _summary) in COMMANDS.items():
    app.command(_name, cls=_Deferred, help=_summary)(_elsewhere)
