"""What is drawn on: how wide it is, whether it knows more than ASCII, and the colours.

The one module here that asks the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

from rich.console import COLOR_SYSTEMS, Console
from rich.segment import Segment
from rich.text import Text

from timetracer.cassette.model import Kind
from timetracer.terminal.visible import LINE_LIMIT, clip, fit, visible

NARROWEST, WIDEST = 40, 10_000
ERROR, WARNING, QUIET, REDACTED = "bold red", "yellow", "dim", "bold magenta"
CRITICAL = "bright_yellow"
KIND_COLOUR = {
    Kind.UNSPECIFIED: "white",
    Kind.INTERNAL: "blue",
    Kind.SERVER: "cyan",
    Kind.CLIENT: "green",
    Kind.PRODUCER: "magenta",
    Kind.CONSUMER: "magenta",
}


@dataclass(frozen=True, slots=True)
class Paper:
    """The sheet that the pure functions of this package draw on."""

    width: int = 80
    """Terminal cells."""
    ascii_only: bool = False
    colour: bool = True
    """False spares the work of highlighting what would be printed without colour."""

    def text(self, untrusted: str, limit: int = LINE_LIMIT) -> str:
        """Text from a cassette, safe to print on this paper, on one line."""
        return visible(untrusted, ascii_only=self.ascii_only, limit=limit)

    def texts(self, untrusted: list[str]) -> list[str]:
        """The same for many at once: ten thousand harmless ones cost little."""
        whole = "".join(untrusted)
        harmless = whole.isprintable() and (whole.isascii() or not self.ascii_only)
        if harmless and max(map(len, untrusted), default=0) <= LINE_LIMIT:
            return untrusted
        return [self.text(each) for each in untrusted]

    def clip(self, safe: str, cells: int) -> str:
        return clip(safe, cells, ascii_only=self.ascii_only)

    def fit(self, safe: str, cells: int, *, right: bool = False) -> str:
        return fit(safe, cells, ascii_only=self.ascii_only, right=right)

    def sign(self, drawn: str, plain: str) -> str:
        """One of two spellings of a sign: the second where there is only ASCII."""
        return plain if self.ascii_only else drawn


class _Console(Console):
    """rich would end the process with status 1 when a pipe closes; what that means is for the command to say."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(*, width: int | None = None, file: IO[str] | None = None) -> Console:
    """A console on `file` (standard output): colour and width as the terminal, ``NO_COLOR`` and ``COLUMNS`` have it.

    rich's readings of plain strings (markup, emoji codes, highlighting) are off: text from cassettes stays text.
    """
    return _Console(file=file, width=width, markup=False, emoji=False, highlight=False)


def paper(on: Console, *, ascii_only: bool = False) -> Paper:
    """The paper that `on` is: ASCII where its encoding is not one of Unicode's."""
    unicode = on.encoding.lower().startswith("utf")
    return Paper(min(max(NARROWEST, on.width), WIDEST), ascii_only or not unicode, colour=on.color_system is not None)


def put(on: Console, lines: Iterable[Text | str]) -> None:
    """Prints lines as they are: none is wrapped or cut, so what is copied from the terminal is whole."""
    if on.color_system is None:  # a pipe or a file: there is nothing to render
        on.file.writelines(f"{line if isinstance(line, str) else line.plain}\n" for line in lines)
    elif on.legacy_windows:
        for line in lines:
            on.print(line, soft_wrap=True)
    else:
        on.file.writelines(f"{_styled(line, on)}\n" for line in lines)


def segments(line: Text, on: Console) -> Iterable[Segment]:
    """The pieces of a line; `Text.render` alone leaves out the style of a text that has no other."""
    pieces = line.render(on, end="")
    return pieces if line.spans else Segment.apply_style(pieces, on.get_style(line.style))


def _styled(line: Text | str, on: Console) -> str:
    """With the terminal's codes. `Console.print` would lay it out as well, which takes many times as long."""
    if isinstance(line, str):
        return line
    pieces = segments(line, on)
    if on.no_color:
        pieces = Segment.remove_color(pieces)
    system = COLOR_SYSTEMS[on.color_system or "standard"]
    return "".join(style.render(text, color_system=system) if style else text for text, style, _ in pieces)


def complain(message: str) -> None:
    """One line on standard error, whatever the message holds."""
    on = _Console(stderr=True, markup=False, emoji=False, highlight=False)
    put(on, [Text().append("error: ", ERROR).append(paper(on).text(message))])
