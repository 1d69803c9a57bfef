"""``timetracer diff``: two cassettes, span by span."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from timetracer.analysis.alignment import aligned
from timetracer.analysis.differences import Choice
from timetracer.analysis.trace import Trace
from timetracer.cli.app import FOUND_WRONG, command_app
from timetracer.cli.options import AsciiOption, JsonOption, WidthOption
from timetracer.cli.reading import one, print_json
from timetracer.terminal.diff_lines import diff_data, diff_lines
from timetracer.terminal.heading import heading
from timetracer.terminal.paper import QUIET, console, paper, put

app = command_app()

_EPILOG = """Examples:

- `timetracer diff before.json after.json`

- `timetracer diff cassettes.sqlite:7 cassettes.sqlite:9 --ignore 'response.body.*.at' --only request`

Exit status: 0 if they are the same, 1 if they differ.
"""


@app.command("diff", epilog=_EPILOG)
def diff(
    before: Annotated[Path, typer.Argument(help="A cassette file, or FILE:NAME for one of several.", metavar="A")],
    after: Annotated[Path, typer.Argument(help="Another.", metavar="B")],
    *,
    ignore: Annotated[list[str], typer.Option(metavar="PATH", help="What does not count; may be given again.")] = [],  # noqa: B006
    only: Annotated[list[str], typer.Option(metavar="PATH", help="What counts alone; may be given again.")] = [],  # noqa: B006
    everything: Annotated[bool, typer.Option("--all", help="Show spans that do not differ, too.")] = False,
    width: WidthOption = None,
    ascii_only: AsciiOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare two cassettes, span by span.

    Spans are aligned by their place and by what they ask for. `+` is only in B, `-` only in A, `~` differs, `>` has
    changed places; below each, what differs, value by value. Paths of requests can be pasted as noise rules. Times, ids
    and headers of the moment do not count; a call that takes twice as long is shown.
    """
    first, second = (Trace(one(path)) for path in (before, after))
    pairs = aligned(first, second, Choice(ignore, only))
    if as_json:
        print_json(diff_data(pairs))
    else:
        on = console(width=width)
        sheet = paper(on, ascii_only=ascii_only)
        for sign, path, trace in (("-", before, first), ("+", after, second)):
            put(on, [Text(f"{sign} {sheet.text(str(path))}", QUIET), next(heading(trace.cassette, sheet))])
        put(on, diff_lines(pairs, sheet, everything=everything))
    raise typer.Exit(FOUND_WRONG if any(pair.change for pair in pairs) else 0)
