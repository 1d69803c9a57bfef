"""The options of the commands that look at spans: which ones, and with what laid over them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from timetracer.analysis.overlay import overlaid
from timetracer.analysis.query import Query, QueryError, parsed
from timetracer.analysis.span_query import FIELDS
from timetracer.cassette.model import Cassette

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
    from timetracer.replaying import outcomes

    found = outcomes.read(report)
    return lambda cassette: overlaid(cassette, found)
