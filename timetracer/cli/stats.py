"""``timetracer stats``: many cassettes in figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from timetracer.analysis.amounts import duration, size
from timetracer.analysis.many import GROUPINGS, Group, group_name, groups, sparkline
from timetracer.cli.app import command_app
from timetracer.cli.options import AsciiOption, JsonOption, PathArgument, WidthOption
from timetracer.cli.reading import Reader, print_json
from timetracer.store.entry import Entry
from timetracer.terminal.paper import ERROR, QUIET, Paper, console, paper, put
from timetracer.terminal.progress import progress

app = command_app()

_CELLS = 9
_COLUMNS = ("count", "errors", "p50", "p95", "p99", "size")


@app.command("stats", epilog="Example: `timetracer stats cassettes.sqlite --group-by service`")
def stats(
    path: PathArgument,
    *,
    group_by: Annotated[str, typer.Option(help=f"{', '.join(GROUPINGS)}.")] = "route",
    as_json: JsonOption = False,
    ascii_only: AsciiOption = False,
    width: WidthOption = None,
) -> None:
    """Count cassettes: errors, durations, sizes, over time."""
    if group_by not in GROUPINGS:
        raise typer.BadParameter(f"one of {', '.join(GROUPINGS)}", param_hint="--group-by")
    reader = Reader(path)
    found = groups(_named(reader, group_by))
    if as_json:
        print_json({"groups": [asdict(group) for group in found], "damaged": reader.damaged()})
    else:
        on = console(width=width)
        put(on, _lines(found, group_by, paper(on, ascii_only=ascii_only)))
    reader.finish()


def _named(reader: Reader, by: str) -> Iterator[tuple[str, Entry]]:
    if by != "library":
        yield from ((group_name(entry, by), entry) for entry in progress(reader.entries(), "reading"))
        return
    entries = {entry.name: entry for entry in reader.entries()}
    for name, cassette in progress(reader.scan(), "reading", len(entries)):
        for library in sorted({exchange.library for exchange in cassette.exchanges}) or ["(none)"]:
            if name in entries:
                yield library, entries[name]


def _lines(found: list[Group], by: str, sheet: Paper) -> Iterator[Text]:
    if not found:
        yield Text("no cassettes", QUIET)
        return
    levels = " .:-=+*#@" if sheet.ascii_only else " ▁▂▃▄▅▆▇█"
    bars = len(found[0].over_time) + 2 if sheet.width >= 60 else 0
    columns = len(_COLUMNS) if sheet.width >= 100 else 4 if sheet.width >= 70 else 2
    room = max(8, sheet.width - _CELLS * columns - bars)
    room = min(room, max(len(by), *(len(sheet.text(group.name)) for group in found)))
    yield Text(
        sheet.fit(by, room) + "".join(f"{name:>{_CELLS}}" for name in _COLUMNS[:columns]) + "  over time" * bool(bars),
        QUIET,
    )
    for group in found:
        times = [duration(ns, ascii_only=sheet.ascii_only) for ns in (group.p50, group.p95, group.p99)]
        cells = [f"{group.count:,}", f"{group.failed / group.count:.1%}", *times, size(group.size)][:columns]
        line = Text(sheet.fit(sheet.text(group.name), room), "bold")
        for name, cell in zip(_COLUMNS, cells, strict=False):
            line.append(f"{cell:>{_CELLS}}", ERROR if name == "errors" and group.failed else "")
        yield line.append("  " + sparkline(group.over_time, levels), "cyan") if bars else line
