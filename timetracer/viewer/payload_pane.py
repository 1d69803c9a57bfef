"""The payload pane: everything about the span at the cursor, as a tree to fold and unfold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from rich.text import Text
from textual import events
from textual.binding import Binding

from timetracer.analysis.trace import Trace
from timetracer.analysis.tree import Node
from timetracer.analysis.unfolding import Shown, Unfolding
from timetracer.terminal.paper import QUIET, Paper
from timetracer.terminal.payload import Part, parts
from timetracer.viewer.lines import Lines


class PayloadPane(Lines):
    """Parts; a long one goes on in lines of its own."""

    DEFAULT_CSS = """
    PayloadPane { height: 1fr; border-left: solid $primary 30%; }
    PayloadPane:focus { border-left: solid $primary; }
    """
    BINDINGS = [  # noqa: RUF012
        Binding("enter,space", "turn", "fold or unfold", show=False),
        Binding("left", "fold", "fold", show=False),
        Binding("right", "unfold", "unfold", show=False),
    ]

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._tree: Unfolding[Part] = Unfolding((), _below, _is_open)
        self._lines: list[tuple[int, Text]] | None = None

    def show(self, node: Node | None, trace: Trace) -> None:
        """Show another span."""
        found: Iterable[Part] = parts(node, trace, Paper(ascii_only=self.ascii_only)) if node is not None else ()
        self._tree = Unfolding(found, _below, _is_open)
        self.cursor = 0
        self._lay_out()

    @property
    def lines(self) -> list[tuple[int, Text]]:
        """What is shown: the place of a part in the tree, and one line of it."""
        if self._lines is None:
            width = max(10, self.paper.width)
            self._lines = [
                (place, line)
                for place, shown in enumerate(self._tree.shown)
                for line in self._wrapped(shown, place, width)
            ]
        return self._lines

    def count(self) -> int:
        return len(self.lines)

    def line(self, place: int, paper: Paper) -> Text:
        return self.lines[place][1]

    def _wrapped(self, shown: Shown[Part], place: int, width: int) -> list[Text]:
        signs = ("v ", "> ") if self.ascii_only else ("▼ ", "▶ ")
        sign = signs[not shown.open] if self._tree.folds(place) else "  " if shown.depth else ""
        indent = "  " * min(shown.depth, width // 4)
        first = Text().append(indent + sign, QUIET).append_text(shown.item.label)
        if first.cell_len <= width:
            return [first]
        after = min(len(indent) + 2, width // 2)
        console = self.app.console  # pyright: ignore[reportUnknownMemberType]
        pieces = shown.item.label.wrap(console, width - after, overflow="fold")
        return [
            Text().append(indent + sign if not number else " " * after, QUIET).append_text(piece)
            for number, piece in enumerate(islice(pieces, 60))
        ]

    def _lay_out(self) -> None:
        self._lines = None
        self.reload()

    def on_resize(self, event: events.Resize) -> None:
        self._lines = None
        super().on_resize(event)

    @property
    def _place(self) -> int | None:
        return self.lines[self.cursor][0] if self.lines else None

    def action_turn(self) -> None:
        """Fold or unfold the part at the cursor."""
        place = self._place
        if place is not None and self._tree.folds(place):
            self._tree.toggle(place)
            self._lay_out()

    def action_fold(self) -> None:
        """Fold the part at the cursor, else go to what it is in."""
        place = self._place
        if place is None:
            return
        if self._tree.shown[place].open:
            self.action_turn()
        else:
            above = self._tree.parent(place)
            self.move_to(next(number for number, (at, _) in enumerate(self.lines) if at == above))

    def action_unfold(self) -> None:
        """Unfold the part at the cursor."""
        place = self._place
        if place is not None and not self._tree.shown[place].open:
            self.action_turn()

    def on_click(self, event: events.Click) -> None:
        super().on_click(event)
        self.action_turn()


def _below(part: Part) -> Callable[[], Iterable[Part]] | None:
    return part.below


def _is_open(part: Part) -> bool:
    return part.open
