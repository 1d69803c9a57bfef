"""The arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from timetracer.terminal.paper import NARROWEST, WIDEST

PathArgument = Annotated[Path, typer.Argument(help="A cassette file, a directory, or an archive (.sqlite).")]
NameArgument = Annotated[str, typer.Argument(help="Only this one, as `list` names it.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
AsciiOption = Annotated[bool, typer.Option("--ascii", help="Draw with ASCII only.")]
WidthOption = Annotated[
    int | None, typer.Option("--width", min=NARROWEST, max=WIDEST, help="Cells to draw on, instead of the terminal's.")
]
