"""``timetracer show``: exchanges in full."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.text import Text

from timetracer.analysis.trace import extent
from timetracer.cassette.model import Cassette
from timetracer.cli.app import command_app
from timetracer.cli.options import AsciiOption, JsonOption, NameArgument, PathArgument
from timetracer.cli.reading import Reader, print_json
from timetracer.terminal.exchange import span_lines, stable_lines
from timetracer.terminal.exchange_data import span_data
from timetracer.terminal.heading import heading
from timetracer.terminal.paper import Paper, console, paper, put

app = command_app()

_EPILOG = """Examples:

- `timetracer show cassettes/test_shop/test_order.json --span 4`

- `git config diff.timetracer.textconv "timetracer show --plain"`
"""


@app.command("show", epilog=_EPILOG)
def show_exchanges(
    path: PathArgument,
    name: NameArgument = "",
    *,
    span: Annotated[
        str, typer.Option(help="Only this one: its number, or its id or the beginning of it.", show_default=False)
    ] = "",
    plain: Annotated[
        bool, typer.Option("--plain", help="Text that depends on the cassette alone, for git's textconv.")
    ] = False,
    ascii_only: AsciiOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show the exchanges of a cassette in full.

    Request, response, chunks with their times, error, and what was taken out before the cassette was written. JSON is
    laid out for reading and otherwise shown as it was sent.

    With --plain: no ids, times or colours, in UTF-8 whatever the terminal.
    """
    reader = Reader(path)
    found = _picked(reader.cassettes(name), span)
    if as_json:
        shown = [_data(cassette, numbers) | {"cassette": called} for called, cassette, numbers in found]
        print_json({"cassettes": shown, "damaged": reader.damaged()})
    elif plain:
        for _, cassette, numbers in found:
            _write_utf8(stable_lines(cassette, numbers))
    else:
        on = console()
        for _, cassette, numbers in found:
            put(on, _lines(cassette, numbers, paper(on, ascii_only=ascii_only), details=bool(span)))
    reader.finish()


def _picked(found: Iterator[tuple[str, Cassette]], wanted: str) -> Iterator[tuple[str, Cassette, list[int]]]:
    """Each cassette with the indices of its spans that are wanted.

    Raises:
        typer.BadParameter: there were cassettes, and none has such a span.
    """
    most = -1
    matched = False
    for name, cassette in found:
        most = max(most, len(cassette.spans))
        numbers = _matching(cassette, wanted)
        matched = matched or bool(numbers)
        if numbers or not wanted:
            yield name, cassette, numbers
    if wanted and not matched and most >= 0:
        raise typer.BadParameter(f"there is no span {wanted!r}, of {most}", param_hint="--span")


def _matching(cassette: Cassette, wanted: str) -> list[int]:
    """Indices of spans: all, the one of that number (from 1), or those whose id begins so (four digits at least)."""
    if not wanted:
        return list(range(len(cassette.spans)))
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:15]) <= len(cassette.spans) and len(wanted) < 16:
        return [int(wanted) - 1]
    if len(wanted) < 4:
        return []
    return [index for index, span in enumerate(cassette.spans) if span.span_id.startswith(wanted.lower())]


def _lines(cassette: Cassette, indices: list[int], sheet: Paper, *, details: bool) -> Iterator[Text]:
    yield from heading(cassette, sheet)
    yield Text()
    start, _ = extent(cassette)
    for index in indices:
        yield from span_lines(cassette.spans[index], sheet, number=index + 1, start=start, details=details)


def _data(cassette: Cassette, indices: list[int]) -> dict[str, Any]:
    start, _ = extent(cassette)
    return {
        "name": cassette.name,
        "spans": [span_data(cassette.spans[index], number=index + 1, start=start) for index in indices],
    }


def _write_utf8(lines: Iterator[Text]) -> None:
    """git reads UTF-8, whatever the terminal's encoding is."""
    sys.stdout.flush()
    sys.stdout.buffer.write("".join(f"{line.plain.rstrip()}\n" for line in lines).encode())
