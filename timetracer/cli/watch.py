"""``timetracer watch``: cassettes, one a line, as they are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Annotated

import typer
from rich.text import Text

from timetracer.analysis.amounts import duration, moment
from timetracer.cli.app import command_app
from timetracer.cli.options import AsciiOption
from timetracer.cli.reading import Reader
from timetracer.store.entry import Entry
from timetracer.terminal.paper import ERROR, QUIET, Paper, console, paper, put
from timetracer.terminal.table import route

app = command_app()


@app.command("watch", epilog="Example: `timetracer watch cassettes.sqlite`")
def watch(
    path: Annotated[Path, typer.Argument(help="A directory, or an archive; it need not exist yet.")],
    *,
    every: Annotated[float, typer.Option(min=0.05, metavar="SECONDS", help="How often to look.")] = 1.0,
    ascii_only: AsciiOption = False,
) -> None:
    """Print cassettes as they are recorded.

    One line for each that comes from now on, until Ctrl-C.
    """
    on = console()
    sheet = paper(on, ascii_only=ascii_only)
    for entry in fresh(path, every):
        put(on, [_line(entry, sheet)])
        on.file.flush()


def fresh(path: Path, every: float) -> Iterator[Entry]:
    """Cassettes that were not there at first, without end; those of one look by their start."""
    known: dict[str, Entry] | None = None
    while True:
        there = {entry.name: entry for entry in Reader(path).entries()} if path.exists() else {}
        new = [entry for name, entry in there.items() if known is not None and known.get(name) != entry]
        yield from sorted(new, key=lambda entry: entry.start)
        known = there
        sleep(every)


def _line(entry: Entry, sheet: Paper) -> Text:
    line = Text().append(f"{moment(entry.start)}  ", QUIET)
    line.append(sheet.text(route(entry)), ERROR if entry.error else "bold")
    status = "" if entry.status is None else f"  {entry.status}"
    line.append(f"{status}  {duration(entry.duration, ascii_only=sheet.ascii_only)}", ERROR if entry.error else "")
    return line.append(f"  {sheet.text(entry.name)}", QUIET)
