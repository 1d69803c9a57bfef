"""Lines as a picture: SVG or HTML that needs nothing from elsewhere, so it can stand in a README or a bug report."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, MONOKAI, TerminalTheme
from rich.text import Text

_CELL, _LINE, _MARGIN, _SIZE = 8.4, 18, 14, 14
_RUN: Final = re.compile(r"\S+(?: \S+)*")
_FONT: Final = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"


def svg(lines: Iterable[Text], width: int, title: str) -> str:
    """A dark picture of the lines on `width` cells."""
    drawn = _rendered(lines, width)
    across, down = round(width * _CELL) + 2 * _MARGIN, len(drawn) * _LINE + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {down}" width="{across}" height="{down}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{_hex(MONOKAI.background_color)}"/>',
        f'<g font-family="{_FONT}" font-size="{_SIZE}" fill="{_hex(MONOKAI.foreground_color)}">',
    ]
    for number, segments in enumerate(drawn):
        cell, height = 0, _MARGIN + number * _LINE + 14
        for segment in segments:
            for run in _RUN.finditer(segment.text):  # blanks between them are left to the grid
                place, wide = cell + cell_len(segment.text[: run.start()]), cell_len(run[0])
                # textLength keeps the grid where a font has signs of other widths
                length = f'textLength="{wide * _CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
                at = f'x="{_MARGIN + place * _CELL:.1f}" y="{height}"'
                parts.append(f"<text {at} {length}{_svg_style(segment.style)}>{escape(run[0])}</text>")
            cell += segment.cell_length
    return "\n".join([*parts, "</g>", "</svg>", ""])


def html(lines: Iterable[Text], width: int, title: str) -> str:
    """A page of the lines, light or dark as the reader has it."""
    body = "\n".join(
        "".join(_html_segment(segment) for segment in segments).rstrip() for segments in _rendered(lines, width)
    )
    return _PAGE.format(title=escape(title), font=_FONT, body=body, styles=_html_colours())


_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ margin: 1rem; }}
pre {{ font: 14px/1.3 {font}; }}
.b {{ font-weight: bold; }}
.d {{ opacity: .6; }}
{styles}
</style>
</head>
<body>
<pre>
{body}
</pre>
</body>
</html>
"""


def _rendered(lines: Iterable[Text], width: int) -> Sequence[list[Segment]]:
    on = Console(
        file=io.StringIO(),
        width=width,
        color_system="truecolor",
        force_terminal=True,
        legacy_windows=False,
        markup=False,
    )
    drawn: list[list[Segment]] = []
    for line in lines:
        line.rstrip()
        drawn.append([segment for segment in Text().append_text(line).render(on) if segment.text != "\n"])
    return drawn


def _svg_style(style: Style | None) -> str:
    if style is None:
        return ""
    said = f' fill="{_hex(style.color.get_truecolor(MONOKAI))}"' if style.color and not style.color.is_default else ""
    said += ' font-weight="bold"' if style.bold else ""
    return said + (' opacity=".6"' if style.dim else "")


def _html_segment(segment: Segment) -> str:
    style = segment.style
    names = [] if style is None else [name for name, on in (("b", style.bold), ("d", style.dim)) if on]
    if style is not None and style.color and style.color.number is not None:
        names.append(f"c{style.color.number}")
    text = escape(segment.text)
    return f'<span class="{" ".join(names)}">{text}</span>' if names else text


def _html_colours() -> str:
    def rules(theme: TerminalTheme) -> str:
        return " ".join(
            f".c{number} {{ color: {_hex(Color.from_ansi(number).get_truecolor(theme))} }}" for number in range(16)
        )

    return f"{rules(DEFAULT_TERMINAL_THEME)}\n@media (prefers-color-scheme: dark) {{ {rules(MONOKAI)} }}"


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
