"""``timetracer export``: cassettes as files of other tools."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer

from timetracer.analysis.curl import curl
from timetracer.analysis.trace import Trace
from timetracer.cassette import files, layouts
from timetracer.cassette.model import Cassette
from timetracer.cli.app import command_app
from timetracer.cli.options import NameArgument, PathArgument
from timetracer.cli.reading import Reader
from timetracer.formats.har import har
from timetracer.formats.perfetto import perfetto
from timetracer.terminal.exchange_data import span_data
from timetracer.terminal.progress import progress

app = command_app()

_EPILOG = """Examples:

- `timetracer export cassettes.sqlite 7 --to json --out order.json`

- `timetracer export cassettes/ --to har > all.har`
"""


@app.command("export", epilog=_EPILOG)
def export(
    path: PathArgument,
    name: NameArgument = "",
    *,
    to: Annotated[str, typer.Option(metavar="FORMAT", help="otlp, har, perfetto, curl or json.")] = "otlp",
    out: Annotated[Path | None, typer.Option(help="Write to this file.", show_default=False)] = None,
) -> None:
    """Write cassettes in the format of another tool.

    otlp is OTLP/JSON Lines, as the Collector reads them; har is HTTP Archive 1.2; perfetto is Chrome's trace events,
    for https://ui.perfetto.dev; curl is a command for each HTTP request; json is what `show --json` says.
    """
    if to not in _FORMATS:
        raise typer.BadParameter(f"one of {', '.join(_FORMATS)}", param_hint="--to")
    reader = Reader(path)
    found = progress(reader.cassettes(name), "exporting", 1 if name else reader.how_many())
    data = _FORMATS[to](cassette for _, cassette in found)
    if out:
        files.replace(out, data)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    reader.finish()


def _json(document: Any) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _curl(cassettes: Iterable[Cassette]) -> bytes:
    commands = [command for cassette in cassettes for exchange in cassette.exchanges if (command := curl(exchange))]
    return "".join(f"{command}\n" for command in commands).encode(errors="backslashreplace")


def _data(cassettes: Iterable[Cassette]) -> bytes:
    shown: list[dict[str, Any]] = []
    for cassette in cassettes:
        trace = Trace(cassette)
        spans = [span_data(span, number=number, start=trace.start) for number, span in enumerate(cassette.spans, 1)]
        shown.append({"name": cassette.name, "spans": spans})
    return _json({"cassettes": shown})


_FORMATS: Final[dict[str, Callable[[Iterable[Cassette]], bytes]]] = {
    "otlp": lambda cassettes: b"".join(map(layouts.encode_line, cassettes)),
    "har": lambda cassettes: _json(har(cassettes, version("timetracer-otel"))),
    "perfetto": lambda cassettes: _json(perfetto(cassettes)),
    "curl": _curl,
    "json": _data,
}
