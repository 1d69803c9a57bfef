"""``timetracer clean``: old cassettes removed."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from time import time_ns
from typing import Annotated

import typer
from rich.text import Text

from timetracer.analysis.amounts import counted, size
from timetracer.analysis.query import amount
from timetracer.cli.app import command_app
from timetracer.cli.reading import Reader, file_of
from timetracer.store.entry import Entry
from timetracer.store.opening import open_store
from timetracer.store.tidying import old
from timetracer.terminal.paper import QUIET, console, paper, put
from timetracer.terminal.progress import progress
from timetracer.terminal.table import route

StoreArgument = Annotated[Path, typer.Argument(help="A directory, or an archive (.sqlite).")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")]

app = command_app()


@app.command("clean", epilog="Example: `timetracer clean cassettes.sqlite --older-than 30d --keep-errors --dry-run`")
def clean(
    path: StoreArgument,
    *,
    older_than: Annotated[str, typer.Option(metavar="AGE", help="Such as 30d, 12h, 90m.")],
    keep_errors: Annotated[bool, typer.Option("--keep-errors", help="Keep what failed, however old.")] = False,
    dry_run: DryOption = False,
) -> None:
    """Remove cassettes that are older than an age."""
    if not re.fullmatch(r"\s*\d+(\.\d+)?\s*[dhms]\s*", older_than):
        raise typer.BadParameter(f"{older_than!r} is no age, such as 30d, 12h, 90m", param_hint="--older-than")
    age = amount(older_than)
    reader = Reader(path)
    gone = old(
        progress(reader.entries(), "reading", reader.how_many()), time_ns() - round(age), keep_errors=keep_errors
    )
    remove(path, gone, dry_run=dry_run)
    reader.finish()


def remove(path: Path, gone: list[Entry], *, dry_run: bool) -> None:
    """Remove entries of the store at a path, and say which."""
    if gone and not dry_run:
        with closing(open_store(path)) as store:
            # What is left in a file of several is numbered anew: those of one file go together.
            files: dict[str, list[str]] = {}
            for entry in gone:
                files.setdefault(file_of(entry.name), []).append(entry.name)
            for names in progress(files.values(), "removing", len(files)):
                store.remove(*names)
    on = console()
    sheet = paper(on)
    put(on, (Text(sheet.text(f"{entry.name}  {route(entry)}"), QUIET) for entry in gone))
    said = "would be removed" if dry_run else "removed"
    put(on, [Text(f"{counted(len(gone), 'cassette')} {said}, {size(sum(entry.size for entry in gone))}")])
