"""The arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from timetracer.analysis.overlay import overlaid
from timetracer.analysis.query import Query, QueryError, parsed
from timetracer.analysis.span_query import FIELDS
from timetracer.cassette.model import Cassette
from timetracer.replaying import outcomes
from timetracer.terminal.paper import NARROWEST, WIDEST

PathArgument = Annotated[Path, typer.Argument(help="A cassette file, a directory, or an archive (.sqlite).")]
NameArgument = Annotated[str, typer.Argument(help="Only this one, as `list` names it.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
AsciiOption = Annotated[bool, typer.Option("--ascii", help="Draw with ASCII only.")]
WidthOption = Annotated[
    int | None, typer.Option("--width", min=NARROWEST, max=WIDEST, help="Cells to draw on, instead of the terminal's.")
]
ReplayOption = Annotated[
    Path | None,
    typer.Option(
        "--replay", metavar="REPORT", help="Lay over what became of each call in a replay.", show_default=False
    ),
]
FilterOption = Annotated[
    str,
    typer.Option(
        "--filter", metavar="QUERY", help="Only what matches, as `dur>10ms status:error`.", show_default=False
    ),
]


def span_query(text: str) -> Query | None:
    """What ``--filter`` asks of spans; None where it asks nothing.

    Raises:
        typer.BadParameter: it cannot be understood.
    """
    try:
        return parsed(text, FIELDS) if text.strip() else None
    except QueryError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--filter") from None


def overlay(report: Path | None) -> Callable[[Cassette], Cassette]:
    """What ``--replay`` does to each cassette.

    Raises:
        StoreError: the report cannot be read.
    """
    if report is None:
        return lambda cassette: cassette
    found = outcomes.read(report)
    return lambda cassette: overlaid(cassette, found)
