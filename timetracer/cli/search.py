"""``timetracer search``: cassettes by what they are about and by what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import typer
from rich.cells import cell_len
from rich.text import Text

from timetracer.analysis.query import Query, QueryError, parsed
from timetracer.analysis.searching import ENTRY_FIELDS, Search, entry_values
from timetracer.analysis.semconv import about
from timetracer.analysis.snippets import Snippet, snippet
from timetracer.analysis.tree import Node
from timetracer.cassette import layouts
from timetracer.cassette.model import Cassette
from timetracer.cli.app import command_app
from timetracer.cli.options import AsciiOption, JsonOption, PathArgument, WidthOption
from timetracer.cli.reading import Reader, file_of, print_json
from timetracer.errors import CassetteError
from timetracer.store.entry import Entry
from timetracer.terminal.paper import QUIET, WIDEST, Paper, console, paper, put
from timetracer.terminal.progress import progress
from timetracer.terminal.table import Table, newest_first, table_data

app = command_app()

_EPILOG = """Examples:

- `timetracer search cassettes/ status:error route:/orders 'age<2d'`

- `timetracer search cassettes.sqlite 'out of stock' lib:httpx`
"""
_INDENT = "     "


@app.command("search", epilog=_EPILOG)
def search(
    path: PathArgument,
    query: Annotated[list[str], typer.Argument(help="Terms: words, or FIELD:VALUE. Put `--` before one with a minus.")],
    *,
    as_json: JsonOption = False,
    ascii_only: AsciiOption = False,
    width: WidthOption = None,
) -> None:
    """Find cassettes, the newest first.

    A word is looked for in the spans, attributes and payloads; a field by what `list` shows; a name with a dot is an
    attribute. All terms must hold. Below each cassette stands the first span that was found, and the word in it.
    """
    try:
        asked = Search.of(parsed(" ".join(_quoted(word) for word in query), ENTRY_FIELDS))
    except QueryError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="QUERY") from None
    reader = Reader(path)
    found = {entry.name: (entry, hit) for entry, hit in _found(reader, asked)}
    entries = newest_first(entry for entry, _ in found.values())
    word = next(_words(asked.within), ("", ""))
    if as_json:
        listed = [table_data(entry) | _hit_data(found[entry.name][1], word) for entry in entries]
        print_json({"cassettes": listed, "damaged": reader.damaged()})
    else:
        on = console(width=width)
        if width is None and not on.is_terminal:
            on.width = WIDEST
        sheet = paper(on, ascii_only=ascii_only)
        put(on, _lines(entries, {name: hit for name, (_, hit) in found.items()}, word, sheet))
    reader.finish()


def _quoted(word: str) -> str:
    """A shell has taken the quotes of ``'out of stock'``; they are what made it one term."""
    return f'"{word}"' if " " in word and ":" not in word and '"' not in word else word


def _found(reader: Reader, asked: Search) -> Iterator[tuple[Entry, Node | None]]:
    """Each cassette that holds what is asked, with the span that does, where spans were asked."""
    known = progress(reader.entries(), "reading")
    entries = {entry.name: entry for entry in known if asked.outside.holds(partial(entry_values, entry))}
    if not asked.within.terms:
        yield from ((entry, None) for entry in entries.values())
        return
    for name, data in progress(reader.raw([*entries]), "searching", len(entries)):
        if asked.may_hold(data):
            for called, cassette in _decoded(name, data, reader):
                hit = asked.found(cassette) if called in entries else None
                if hit is not None:
                    yield entries[called], hit


def _decoded(name: str, data: bytes, reader: Reader) -> list[tuple[str, Cassette]]:
    """The cassettes of a file's bytes under their names."""
    file = file_of(name)
    try:
        cassettes = layouts.decode(data, file)
    except CassetteError as damage:
        reader.damages.append(damage)
        return []
    if file == name and len(cassettes) == 1:
        return [(name, cassettes[0])]
    return [(f"{file}:{number}", cassette) for number, cassette in enumerate(cassettes, 1)]


def _lines(entries: list[Entry], hits: dict[str, Any], word: tuple[str, str], sheet: Paper) -> Iterator[Text]:
    if not entries:
        yield Text("nothing found", QUIET)
        return
    drawn = Table(entries, sheet)
    yield drawn.head()
    for place, entry in enumerate(entries):
        yield drawn.line(place)
        hit: Node | None = hits[entry.name]
        if hit is not None:
            title = f"#{hit.number} {about(hit.span).title}"
            yield Text(f"  {sheet.clip(sheet.text(title), max(10, min(sheet.width, 200) - 2))}", QUIET)
            where = snippet(hit.span, *word)
            if where is not None:
                yield _drawn(where, sheet)
    yield Text(f"{len(entries):,} found", QUIET)


def _words(query: Query) -> Iterator[tuple[str, str]]:
    """What to look for in the span that was found: the words, else (value, attribute) that it has to have."""
    yield from ((text, "") for text in query.texts)
    for term in query.terms:
        if "." in term.field and term.sign in (":", "=") and not term.negated:
            yield term.values[0], term.field


def _hit_data(hit: Node | None, word: tuple[str, str]) -> dict[str, Any]:
    where = snippet(hit.span, *word) if hit is not None else None
    return {"span": hit.number if hit is not None else None, "match": asdict(where) if where else None}


def _drawn(where: Snippet, sheet: Paper) -> Text:
    """``path: …before »word« after…``: the word in the middle, and never what is cut where there is no room."""
    left, right = (">", "<") if sheet.ascii_only else ("»", "«")
    match = sheet.clip(sheet.text(where.match), sheet.width // 2)
    room = min(sheet.width, 200) - len(_INDENT) - cell_len(match) - 2
    path = sheet.clip(sheet.text(where.path), max(10, room // 3))
    each = max(0, (room - cell_len(path) - 2) // 2)
    before = sheet.text(where.before)
    short = before if cell_len(before) <= each else sheet.clip(before[::-1], each)[::-1]
    line = Text(_INDENT).append(f"{path}: ", "cyan").append(short, QUIET)
    line.append(f"{left}{match}{right}", "bold yellow")
    return line.append(sheet.clip(sheet.text(where.after), each), QUIET)
