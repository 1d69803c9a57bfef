"""``timetracer merge``: several cassettes into one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from timetracer.analysis.amounts import counted
from timetracer.cassette import files
from timetracer.cassette.merging import merged
from timetracer.cli.app import FOUND_WRONG, command_app
from timetracer.cli.reading import Reader
from timetracer.errors import CassetteNotFound
from timetracer.terminal.paper import complain, console, paper, put
from timetracer.terminal.progress import progress

app = command_app()


@app.command("merge", epilog="Example: `timetracer merge a.json b.json --out both.json`")
def merge(
    paths: Annotated[list[Path], typer.Argument(help="Cassette files, directories, archives.")],
    *,
    out: Annotated[Path, typer.Option(help="The cassette file to write.")],
    skip_damaged: Annotated[
        bool, typer.Option("--skip-damaged", help="Leave out what cannot be read, and tell of it.")
    ] = False,
) -> None:
    """Put all spans of several cassettes into one.

    Every span once, in the order of their start. Name and service are those of the first. Where one cannot be read,
    nothing is written, unless it is to be left out.
    """
    if not str(out).endswith(files.SUFFIXES):
        raise typer.BadParameter(f"a cassette file ends in one of {', '.join(files.SUFFIXES)}", param_hint="--out")
    readers = [Reader(path) for path in paths]
    total = sum(reader.how_many() or 1 for reader in readers)
    everything = (cassette for reader in readers for _, cassette in reader.cassettes())
    found = [*progress(everything, "reading", total)]
    damages = [damage for reader in readers for damage in reader.damages]
    for damage in damages:
        complain(str(damage))
    if damages and not skip_damaged:
        complain(f"{out} is not written; --skip-damaged leaves out what cannot be read")
        raise typer.Exit(FOUND_WRONG)
    if not found:
        raise CassetteNotFound(str(paths[0]), "there is no cassette to merge")
    whole = merged(found)
    files.write(out, whole)
    on = console()
    put(
        on,
        [Text(f"{counted(len(found), 'cassette')}, {counted(len(whole.spans), 'span')} in {paper(on).text(str(out))}")],
    )
