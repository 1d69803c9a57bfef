"""A list of lines of any length, of which only those on the screen are ever drawn; one of them has the cursor."""

from __future__ import annotations

from abc import abstractmethod

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from timetracer.terminal.paper import Paper, segments


class Lines(ScrollView, can_focus=True):
    """The base of every list here. A subclass says how many lines there are, and draws one."""

    COMPONENT_CLASSES = {"lines--cursor"}  # noqa: RUF012
    DEFAULT_CSS = """
    Lines { height: 1fr; scrollbar-size-vertical: 1; }
    Lines > .lines--cursor { background: $primary 25%; }
    Lines:focus > .lines--cursor { background: $primary 50%; }
    """
    BINDINGS = [  # noqa: RUF012
        Binding("j,down", "move(1)", "down", show=False),
        Binding("k,up", "move(-1)", "up", show=False),
        Binding("g,home", "move(-10000000)", "first", show=False),
        Binding("G,end", "move(10000000)", "last", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False),
    ]

    class Moved(Message):
        """The cursor is on another line."""

        def __init__(self, lines: Lines) -> None:
            super().__init__()
            self.lines = lines

        @property
        def control(self) -> Lines:
            return self.lines

    class Chosen(Message):
        """The line at the cursor was double-clicked."""

    cursor = 0
    ascii_only = False
    _style = Style()

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self._drawn: dict[int, list[Segment]] = {}

    @abstractmethod
    def count(self) -> int:
        """How many lines there are."""

    @abstractmethod
    def line(self, place: int, paper: Paper) -> Text:
        """One of them; `paper` is as wide as the widget."""

    @property
    def paper(self) -> Paper:
        """As wide as there is room."""
        return Paper(max(1, self.scrollable_content_region.width), self.ascii_only)

    def redraw(self) -> None:
        """Draw every line anew: what it shows has changed."""
        self._drawn.clear()
        self.refresh()

    def reload(self) -> None:
        """Draw anew after the lines have become others, more or fewer."""
        count = self.count()
        self.cursor = min(self.cursor, max(0, count - 1))
        self.virtual_size = Size(self.scrollable_content_region.width, count)
        self.show_cursor()
        self.redraw()

    def move_to(self, place: int) -> None:
        """Put the cursor on a line, and the line on the screen."""
        place = min(max(0, place), max(0, self.count() - 1))
        before, self.cursor = self.cursor, place
        self.show_cursor()
        if place != before:
            self.refresh()
            self.post_message(self.Moved(self))

    def show_cursor(self) -> None:
        """Scroll as far as needed."""
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)

    def render_lines(self, crop: Region) -> list[Strip]:
        self._style = self.rich_style  # textual makes it anew each time that it is asked
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        place, width = y + self.scroll_offset.y, self.size.width
        if place >= self.count():
            return Strip.blank(width, self._style)
        drawn = self._drawn.get(place)
        if drawn is None:
            console = self.app.console  # pyright: ignore[reportUnknownMemberType]
            drawn = self._drawn[place] = [*segments(self.line(place, self.paper), console)]
        style = self._style
        if place == self.cursor:
            style += Style(bgcolor=self.get_component_rich_style("lines--cursor").bgcolor)
        return Strip(Segment.apply_style(drawn, style)).adjust_cell_length(width, style)

    def action_move(self, by: int) -> None:
        """The cursor by so many lines."""
        self.move_to(self.cursor + by)

    def action_page(self, pages: int) -> None:
        """The cursor by so many screens."""
        self.move_to(self.cursor + pages * max(1, self.size.height - 1))

    def on_resize(self, event: events.Resize) -> None:
        self.reload()

    def on_click(self, event: events.Click) -> None:
        self.move_to(event.y + self.scroll_offset.y)
        if event.chain == 2:
            self.post_message(self.Chosen())
