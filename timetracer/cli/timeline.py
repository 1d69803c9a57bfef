"""``timetracer timeline``: the spans of a cassette on a time axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from timetracer.analysis.layout import ORDERS, View
from timetracer.analysis.query import Query
from timetracer.analysis.span_query import matching
from timetracer.analysis.timeline_data import timeline_data
from timetracer.analysis.trace import Trace
from timetracer.cassette import files
from timetracer.cli.app import command_app
from timetracer.cli.options import (
    AsciiOption,
    JsonOption,
    NameArgument,
    PathArgument,
    WidthOption,
)
from timetracer.cli.reading import Reader, print_json
from timetracer.cli.span_options import FilterOption, ReplayOption, overlay
from timetracer.cli.span_options import span_query as parsed
from timetracer.terminal import picture
from timetracer.terminal.paper import Paper, console, paper, put
from timetracer.terminal.waterfall import timeline

PICTURE_WIDTH = 120

app = command_app()

_EPILOG = """Examples:

- `timetracer timeline cassettes/test_shop/test_order.json`

- `timetracer timeline cassettes.sqlite 7 --filter 'dur>10ms kind:db' --sort self`
"""


@app.command("timeline", epilog=_EPILOG)
def draw_timeline(
    path: PathArgument,
    name: NameArgument = "",
    *,
    filtered: FilterOption = "",
    replay: ReplayOption = None,
    sort: Annotated[str, typer.Option(metavar="ORDER", help=f"Siblings by {', '.join(ORDERS)}.")] = "start",
    depth: Annotated[int | None, typer.Option(min=1, help="Levels to draw.", show_default=False)] = None,
    ungrouped: Annotated[bool, typer.Option("--all", help="Draw repeated siblings one by one.")] = False,
    width: WidthOption = None,
    ascii_only: AsciiOption = False,
    as_json: JsonOption = False,
    svg: Annotated[Path | None, typer.Option(help="Write a picture to this file.", show_default=False)] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page to this file.", show_default=False)] = None,
) -> None:
    """Draw the spans of a cassette on a time axis.

    One bar a span, nested, with kind, library, status and duration. In a bar, the span's own time is full and its
    children's shaded; a thin line follows where a body was still being read after its span had ended, and each chunk
    of a stream is a tick. `▸` marks the critical path. Five and more siblings that differ in values only are one line,
    with a warning if each waited for the one before it (N+1). A span's number is what `show --span` takes. NO_COLOR
    is honoured.
    """
    if sort not in ORDERS:
        raise typer.BadParameter(f"one of {', '.join(ORDERS)}", param_hint="--sort")
    query = parsed(filtered)
    reader, replayed = Reader(path), overlay(replay)

    def view(trace: Trace) -> View:
        return View(sort, depth, _kept(trace, query), together=not ungrouped)

    found = ((called, Trace(replayed(cassette))) for called, cassette in reader.cassettes(name))
    if as_json:
        print_json(
            {
                "cassettes": [timeline_data(trace, view(trace)) | {"cassette": called} for called, trace in found],
                "damaged": reader.damaged(),
            }
        )
    elif svg or html:
        traces = [trace for _, trace in found]
        on_paper = Paper(width or PICTURE_WIDTH)
        for target, draw in ((svg, picture.svg), (html, picture.html)):
            if target:
                lines = _lines(iter(traces), on_paper, view)
                files.replace(target, draw(lines, on_paper.width, f"timetracer timeline {path.name}").encode())
    else:
        on = console(width=width)
        put(on, _lines((trace for _, trace in found), paper(on, ascii_only=ascii_only), view))
    reader.finish()


def _lines(traces: Iterator[Trace], sheet: Paper, view: Callable[[Trace], View]) -> Iterator[Text]:
    for number, trace in enumerate(traces):
        yield from [Text()] if number else []
        yield from timeline(trace, sheet, view(trace))


def _kept(trace: Trace, query: Query | None) -> set[int] | None:
    return None if query is None else matching(trace, query)
