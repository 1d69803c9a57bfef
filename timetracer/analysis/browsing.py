"""A person going through a trace: cursor, folds, filter, search, errors, zoom; the state of a view, and no drawing."""

from __future__ import annotations

from timetracer.analysis.finding import Finder
from timetracer.analysis.layout import ORDERS, Row, View, rows
from timetracer.analysis.query import Query
from timetracer.analysis.repeats import Repeat
from timetracer.analysis.semconv import has_failed
from timetracer.analysis.span_query import matching
from timetracer.analysis.trace import Trace
from timetracer.analysis.tree import Node
from timetracer.analysis.window import Window


class Browser:
    """What is shown of a trace, and where the cursor is. `rows` is never empty unless nothing is to be shown."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.finder = Finder(trace)
        self.window = Window.over(trace.start, trace.end)
        self.critical = True
        self.cursor = 0
        """The place of a row in `rows`."""
        self.pattern = ""
        self.order = "start"
        """What siblings are sorted by: one of `ORDERS`."""
        self.rows: list[Row] = []
        self._places: dict[tuple[int, bool], int] = {}
        self._folded: set[int] = set()
        self._opened: set[int] = set()
        self._query: Query | None = None
        self._matches: set[int] | None = None
        self._only = True
        self._lay_out()

    @property
    def row(self) -> Row | None:
        """The row at the cursor."""
        return self.rows[self.cursor] if self.rows else None

    @property
    def matches(self) -> set[int] | None:
        """The numbers of the spans that match the filter; None: there is no filter."""
        return self._matches

    def move(self, by: int) -> None:
        """The cursor down by so many rows (up, if negative), as far as there are any."""
        self.cursor = min(max(0, self.cursor + by), max(0, len(self.rows) - 1))

    def fold(self) -> None:
        """Fold the row at the cursor; if there is nothing to fold, go to its parent."""
        row = self.row
        if row is None:
            return
        if row.repeat and not row.folded:
            self._opened.discard(row.repeat.number)
        elif not row.repeat and row.node.children and row.number not in self._folded:
            self._folded.add(row.number)
        else:
            self._to_parent(row)
            return
        self._lay_out()

    def unfold(self) -> None:
        """Unfold the row at the cursor; if there is nothing to unfold, go down to its first child."""
        row = self.row
        if row is None:
            return
        if not row.folded:
            if not row.leaf:
                self.move(1)
            return
        if row.repeat:
            self._opened.add(row.repeat.number)
        else:
            self._folded.discard(row.number)
        self._lay_out()

    def fold_all(self) -> None:
        """Every span with children."""
        self._folded = {node.number for node in self.trace.nodes if node.children}
        self._opened = set()
        self._lay_out()

    def unfold_all(self) -> None:
        """Every span; groups of repeated siblings stay together."""
        self._folded, self._opened = set(), set()
        self._lay_out()

    def to_level(self, by: int) -> None:
        """One level more (1) or one less (-1) of the whole trace."""
        deepest = max((row.depth for row in self.rows), default=0)
        depth = max(0, deepest + by)
        self._folded = {node.number for node in self.trace.nodes if node.children and node.depth >= depth}
        self._lay_out()

    def sort(self) -> str:
        """By the next of `ORDERS`; its name."""
        names = [*ORDERS]
        self.order = names[(names.index(self.order) + 1) % len(names)]
        self._lay_out()
        return self.order

    def filter(self, query: Query | None) -> None:
        """Mark what matches; None marks nothing."""
        self._query = query
        self._matches = matching(self.trace, query) if query and query.terms else None
        self._lay_out()

    def renew(self, trace: Trace) -> None:
        """Go on in the same trace after it has grown: what is folded stays so, and the cursor is on its span."""
        numbers = {node.span.span_id: node.number for node in trace.nodes}
        before = {node.number: numbers.get(node.span.span_id, 0) for node in self.trace.nodes}
        row = self.row
        self._folded = {before[number] for number in self._folded}
        self._opened = {before[number] for number in self._opened}
        self.trace, self.finder = trace, Finder(trace)
        self.window = self.window.over_all_of(trace.start, trace.end)
        self._matches = matching(trace, self._query) if self._query and self._query.terms else None
        as_group = row is not None and row.repeat is not None
        self._lay_out(before[row.number] if row else None, as_group=as_group)

    def only_matches(self) -> bool:
        """Switch between showing what matches alone and showing all; which it is now."""
        self._only = not self._only
        self._lay_out()
        return self._only

    def search(self, pattern: str) -> bool:
        """Go to the first span that has `pattern`, from the cursor on; whether there is one."""
        self.pattern = pattern
        return self._find(itself=True)

    def search_next(self, *, backwards: bool = False) -> bool:
        """Go to the next span that has the pattern, or the one before; whether there is one."""
        return self._find(backwards=backwards)

    def standing(self) -> tuple[int, int]:
        """Which one of the spans that have the pattern the cursor is on (from 1; 0: none), and how many there are."""
        within = self._matches if self._only else None
        found = [number for number in self.finder.all(self.pattern) if within is None or number in within]
        at = self.row.number if self.row else None
        return (found.index(at) + 1 if at in found else 0), len(found)

    def next_error(self) -> bool:
        """Go to the next span that failed, going round at the end; whether there is one."""
        nodes = self.trace.nodes
        place = self.trace.places[self.row.number] if self.row else -1
        for turn in range(1, len(nodes) + 1):
            node = nodes[(place + turn) % len(nodes)]
            if has_failed(node.span) and (self._matches is None or not self._only or node.number in self._matches):
                self.go_to(node.number)
                return True
        return False

    def go_to(self, number: int) -> None:
        """Put the cursor on a span, and unfold whatever hides it."""
        node = self.trace.by_number[number]
        folded, opened = len(self._folded), len(self._opened)
        hidden_by: set[int] = set()
        above: Node | None = node
        while above is not None:
            item = self._group_of(above)
            if item:
                self._opened.add(item.number)
            above = above.parent
            if above is not None:
                hidden_by.add(above.number)
        self._folded.difference_update(hidden_by)
        if (folded, opened) == (len(self._folded), len(self._opened)) and (number, False) in self._places:
            self.cursor = self._places[number, False]  # nothing hides it
        else:
            self._lay_out(number)

    def zoom(self, factor: float) -> None:
        """Show `factor` times as much time, around the row at the cursor."""
        around = None
        if self.row:
            middle = (self.row.span.start + max(self.row.span.start, self.row.span.end)) // 2
            around = middle if self.window.start <= middle <= self.window.start + self.window.length else None
        self.window = self.window.zoomed(factor, around)

    def zoom_on_row(self) -> None:
        """Show the time of the row at the cursor."""
        if self.row:
            self.window = self.window.on(self.row.span.start, max(self.row.span.start, self.row.span.end))

    def _group_of(self, node: Node) -> Repeat | None:
        siblings = self.trace.below(node.parent)
        return next((item for item in siblings if isinstance(item, Repeat) and node in item.members), None)

    def _find(self, *, backwards: bool = False, itself: bool = False) -> bool:
        after = self.row.number if self.row else None
        within = self._matches if self._only else None
        number = self.finder.next(self.pattern, after, backwards=backwards, itself=itself, within=within)
        if number is None:
            return False
        self.go_to(number)
        return True

    def _to_parent(self, row: Row) -> None:
        for place in range(self.cursor - 1, -1, -1):
            if self.rows[place].depth < row.depth:
                self.cursor = place
                return

    def _lay_out(self, number: int | None = None, *, as_group: bool = False) -> None:
        """Make the rows anew; the cursor stays on its row, or on the nearest ancestor that is shown.

        Args:
            number: of the span that it goes to instead.
            as_group: to the row of the group that begins with that span.
        """
        row = self.row
        kept = self._matches if self._only else None
        self.rows = rows(self.trace, View(self.order, None, kept, self._folded, opened=self._opened))
        places = self._places = {
            (row.node.number, row.repeat is not None): place for place, row in enumerate(self.rows)
        }
        as_group = as_group or (number is None and row is not None and row.repeat is not None)
        node = self.trace.by_number.get(number if number is not None else row.number if row else 0)
        while node is not None:
            group = self._group_of(node)
            for sought in ((node.number, as_group), (node.number, not as_group), (group.number if group else 0, True)):
                if sought in places:
                    self.cursor = places[sought]
                    return
            node = node.parent
        self.cursor = 0
