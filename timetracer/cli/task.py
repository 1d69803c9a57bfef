"""``timetracer task``: a recorded task, run once more with everything it saw."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from timetracer.cli.app import FOUND_WRONG, command_app
from timetracer.cli.options import JsonOption
from timetracer.cli.reading import Reader, print_json
from timetracer.errors import ReplayError, SettingError
from timetracer.rerunning import NoTask, Rerun, rerun, told, work
from timetracer.terminal.paper import ERROR, console, paper, put

app = command_app()

_NAMED = 10
"""Cassettes that an error names."""

_EPILOG = """Examples:

- `timetracer task cassettes/tasks/charge.json --app shop.celery:app`

- `timetracer task cassettes/tasks/charge.json --app shop.celery:app --pdb`

The exit status is 0 if the task ended as recorded, 1 if it did not.
"""


@app.command("task", epilog=_EPILOG)
def run_again(
    cassette: Annotated[Path, typer.Argument(help="The cassette of one task run.", show_default=False)],
    of: Annotated[str, typer.Option("--app", help="The app that has the task.", metavar="MODULE:APP")],
    debug: Annotated[bool, typer.Option("--pdb", help="Open the debugger where the task fails.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run a recorded task once more, offline.

    It runs in this process, with its recorded arguments and request. Every call that it makes is answered from the
    cassette; nothing is stored, and nothing is sent on. The command says whether the task ends as recorded.
    """
    if cassette.is_dir():
        raise ReplayError(f"{cassette}: is a directory; {_tasks(cassette)}")
    if not cassette.exists():
        raise ReplayError(f"{cassette}: there is no such cassette; {_tasks(cassette.parent)}")
    app = find_app(of)
    try:
        result = rerun(cassette, app, stopped=_debug if debug else None)
    except NoTask as wrong:
        raise ReplayError(f"{wrong}; {_tasks(cassette.parent)}") from None
    if as_json:
        print_json(_data(result))
    else:
        on = console()
        sheet = paper(on)
        put(on, (Text(sheet.text(line), "" if result.as_recorded else ERROR) for line in result.text().splitlines()))
    if not result.as_recorded:
        raise typer.Exit(FOUND_WRONG)


def _tasks(folder: Path) -> str:
    """Which cassettes of a folder are of tasks, in words."""
    found: list[str] = []
    for name, unit in Reader(folder).cassettes() if folder.is_dir() else ():
        try:
            exchange, _ = work(unit, folder)
        except NoTask:
            continue
        found.append(f"{name} ({exchange.key})")
    if not found:
        return f"no cassette in {folder} is of a task"
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    return f"of tasks there are {', '.join(found[:_NAMED])}{more}"


def find_app(spec: str) -> Any:
    """The object that ``module:name`` names; a module alone: its ``app``. It may be in the folder that this runs in.

    Raises:
        SettingError: there is no such thing.
    """
    module, _, name = spec.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found = import_module(module)
        for part in (name or "app").split("."):
            found = getattr(found, part)
    except ModuleNotFoundError as error:
        if error.name != module and not module.startswith(f"{error.name}."):
            raise
        raise SettingError("app", "the arguments", f"there is no module {module}") from None
    except AttributeError as error:
        raise SettingError("app", "the arguments", str(error)) from None
    return found


def _debug(error: BaseException) -> None:
    import pdb

    pdb.post_mortem(error.__traceback__)


def _data(result: Rerun) -> dict[str, Any]:
    return {
        "key": result.recorded.key,
        "as_recorded": result.as_recorded,
        "recorded": told(result.recorded),
        "now": told(result.now),
        "differences": list(result.differences),
        "verdict": result.verdict.to_json(),
        "problems": list(result.problems),
    }
