"""``timetracer list``: many cassettes, one a line."""

from __future__ import annotations

from timetracer.cli.app import command_app
from timetracer.cli.options import AsciiOption, JsonOption, PathArgument, WidthOption
from timetracer.cli.reading import Reader, print_json
from timetracer.terminal.paper import WIDEST, console, paper, put
from timetracer.terminal.progress import progress
from timetracer.terminal.table import newest_first, table, table_data

app = command_app()


@app.command("list", epilog="Example: `timetracer list cassettes/`")
def list_cassettes(
    path: PathArgument, *, as_json: JsonOption = False, ascii_only: AsciiOption = False, width: WidthOption = None
) -> None:
    """List cassettes, the newest first.

    Route (the path where none is known), status, duration, spans, errors, service, and the name that the other commands
    take. Recordings of what happened outside any request are marked (process). Into a pipe, nothing is cut. Files that
    cannot be read are named at the end, with exit status 1.
    """
    reader = Reader(path)
    entries = newest_first(progress(reader.entries(), "reading"))
    if as_json:
        print_json({"cassettes": [table_data(entry) for entry in entries], "damaged": reader.damaged()})
    else:
        on = console(width=width)
        if width is None and not on.is_terminal:
            on.width = WIDEST  # for grep and its like: nothing is cut
        put(on, table(entries, paper(on, ascii_only=ascii_only)))
    reader.finish()
