"""Untrusted text made safe to print: what comes from a cassette can neither steer the terminal nor hide itself.

The rule is Python's own, `str.isprintable` (the Unicode categories "Other" and "Separator", less the space): control
characters, ANSI escapes, line separators, bidirectional overrides (CVE-2021-42574), zero-width and lone surrogate
characters appear as the escapes that Python would write for them.
"""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

LINE_LIMIT = 2_000
"""Characters of one value that are worth showing on one line."""


def visible(text: str, *, ascii_only: bool = False, limit: int = LINE_LIMIT) -> str:
    r"""`text` on one line: what does not print is escaped (``\n``, ``\x1b``, ``\u202e``), what exceeds `limit` counted.

    With `ascii_only`, everything outside ASCII is escaped too.
    """
    shown = text[:limit]
    if not (shown.isprintable() and (shown.isascii() or not ascii_only)):
        shown = "".join(_visible_character(character, ascii_only) for character in shown)
    if len(text) > limit:
        shown += f" [{len(text) - limit:,} more characters]"
    return shown


def visible_lines(text: str, *, ascii_only: bool = False, limit: int) -> list[str]:
    """`text` as lines for printing: line feeds (and CR LF) end a line, tabs are spread, all else is as in `visible`."""
    lines = text[:limit].replace("\r\n", "\n").split("\n")
    return [visible(line.expandtabs(4), ascii_only=ascii_only, limit=limit * 4) for line in lines]


def clip(text: str, cells: int, *, ascii_only: bool = False) -> str:
    """`text` in at most `cells` terminal cells, its end replaced by an ellipsis where it does not fit."""
    if len(text) <= cells and text.isascii():
        return text
    short = text[: 4 * cells]  # a bound on work; no sane text has more than four characters a cell
    if len(short) == len(text) and cell_len(short) <= cells:
        return text
    ellipsis = ".." if ascii_only else "…"
    room = cells - len(ellipsis)
    if room < 0:
        return set_cell_size(short, cells)
    return (set_cell_size(short, room) if cell_len(short) > room else short) + ellipsis


def fit(text: str, cells: int, *, ascii_only: bool = False, right: bool = False) -> str:
    """`text` in exactly `cells` terminal cells: clipped, or padded on its right (with `right`, on its left)."""
    text = clip(text, cells, ascii_only=ascii_only)
    if text.isascii():
        return text.rjust(cells) if right else text.ljust(cells)
    padding = " " * (cells - cell_len(text))
    return padding + text if right else text + padding


def _visible_character(character: str, ascii_only: bool) -> str:
    if character.isprintable() and (character.isascii() or not ascii_only):
        return character
    return character.encode("unicode_escape").decode("ascii")
