"""One trace: overview, waterfall (or flame graph, or statistics), payload pane, prompt."""

from __future__ import annotations

import gc
from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.events import Resize
from textual.widgets import ContentSwitcher

from timetracer.analysis.browsing import Browser
from timetracer.analysis.curl import curl
from timetracer.analysis.pytest_code import pytest_code
from timetracer.analysis.query import QueryError, parsed
from timetracer.analysis.shape import statement
from timetracer.analysis.span_query import FIELDS
from timetracer.analysis.trace import Trace
from timetracer.viewer.choices import Choices
from timetracer.viewer.flame_graph import FlameGraph
from timetracer.viewer.growing import Growing, said
from timetracer.viewer.lines import Lines
from timetracer.viewer.overview import Overview
from timetracer.viewer.page import Page
from timetracer.viewer.payload_pane import PayloadPane
from timetracer.viewer.prompt import Prompt
from timetracer.viewer.statistics_view import StatisticsView
from timetracer.viewer.waterfall import Waterfall

SEARCH, FILTER = "/", "filter:"
_WIDE = 130
"""Cells from which the payload stands beside the waterfall."""
_AHEAD = 100
"""Spans whose text is read at a time, ahead of any search."""

HELP = {
    "j k g G": "down, up, first, last; also arrows, page keys, the mouse",
    "← →": "fold, unfold",
    "[ ]": "fold all, unfold all",
    "o p": "one level more, one less",
    "/ n N": "search in names, attributes and payloads; next, the one before",
    "f": "filter: dur>10ms status:error kind:db -lib:redis text …",
    "m": "matches only, or all",
    "e": "next error",
    "s": "sort siblings by start, duration, own time, name",
    "+ - 0": "zoom in, out, show everything",
    "z": "zoom on the span",
    "< >": "move the window",
    "c": "critical path",
    "1 2 3": "waterfall, flame graph, statistics",
    "d": "compare with another cassette, or with what a replay did",
    "y": "copy as curl, SQL, Python, id",
    "Tab": "to the payload and back",
    "t": "next theme",
    "q Esc": "back",
}
"""What the keys of a trace do."""


class TraceScreen(Page):
    """Everything about one cassette.

    Args:
        name: where it is from, for the title and for what is copied.
        compare: lets the user choose what to compare it with.
        growing: what becomes of it, where it is under way.
    """

    DEFAULT_CSS = """
    TraceScreen #middle { layout: vertical; height: 1fr; }
    TraceScreen.wide #middle { layout: horizontal; }
    TraceScreen #views { height: 3fr; }
    TraceScreen PayloadPane { height: 2fr; }
    TraceScreen.wide #views { height: 1fr; width: 3fr; }
    TraceScreen.wide PayloadPane { height: 1fr; width: 2fr; }
    """
    BINDINGS = [  # noqa: RUF012
        Binding("left", "fold", "fold", show=False),
        Binding("right", "unfold", "unfold", show=False),
        Binding("left_square_bracket", "fold_all", "fold all", show=False),
        Binding("right_square_bracket", "unfold_all", "unfold all", show=False),
        Binding("o", "level(1)", "one level more", show=False),
        Binding("p", "level(-1)", "one level less", show=False),
        Binding("slash", "search", "search", show=False),
        Binding("n", "search_next(False)", "next", show=False),
        Binding("N", "search_next(True)", "the one before", show=False),
        Binding("f", "filter", "filter", show=False),
        Binding("m", "only", "matches only", show=False),
        Binding("e", "error", "next error", show=False),
        Binding("s", "sort", "sort", show=False),
        Binding("plus,equals_sign", "zoom(0.5)", "zoom in", show=False),
        Binding("minus", "zoom(2)", "zoom out", show=False),
        Binding("0", "zoom_all", "everything", show=False),
        Binding("z", "zoom_on", "zoom on the span", show=False),
        Binding("less_than_sign", "pan(-0.25)", "earlier", show=False),
        Binding("greater_than_sign", "pan(0.25)", "later", show=False),
        Binding("c", "critical", "critical path", show=False),
        Binding("1", "view('waterfall')", "waterfall", show=False),
        Binding("2", "view('flame')", "flame graph", show=False),
        Binding("3", "view('statistics')", "statistics", show=False),
        Binding("d", "compare", "compare", show=False),
        Binding("y", "copy", "copy", show=False),
        Binding("question_mark", "help", "help", show=False),
        Binding("q,escape", "back", "back", show=False),
    ]

    def __init__(
        self,
        trace: Trace,
        name: str,
        compare: Callable[[TraceScreen], None],
        *,
        growing: Growing | None = None,
        ascii_only: bool = False,
    ) -> None:
        super().__init__()
        self.browser = Browser(trace)
        self._growing = growing
        self.cassette_name = name
        self._ascii_only = ascii_only
        self._compare = compare
        self._query = ""
        self._at = 0

    def compose(self) -> ComposeResult:
        trace = self.browser.trace
        yield Overview()
        with Container(id="middle"):
            with ContentSwitcher(initial="waterfall", id="views"):
                waterfall = Waterfall(self.browser, ascii_only=self._ascii_only)
                waterfall.id = "waterfall"
                yield waterfall
                for view, name in ((FlameGraph, "flame"), (StatisticsView, "statistics")):
                    made = view(trace, ascii_only=self._ascii_only)
                    made.id = name
                    yield made
            yield PayloadPane(ascii_only=self._ascii_only)
        yield Prompt()

    def on_mount(self) -> None:
        gc.freeze()  # or now and then a key waits for the collector to look through all of a large cassette
        self.waterfall.focus()
        self.prompt.say("? help")
        self._show_span()
        self._reading = self.set_interval(0.05, self._read_ahead)
        if self._growing is not None:
            self._looking = self.set_interval(self._growing.every, self.look)

    def on_unmount(self) -> None:
        gc.unfreeze()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width >= _WIDE, "wide")
        self.call_after_refresh(self._show_overview)

    @property
    def waterfall(self) -> Waterfall:
        return self.query_one(Waterfall)

    def on_lines_moved(self, event: Lines.Moved) -> None:
        if event.lines is self.waterfall:
            self.call_after_refresh(self._show_span)  # the cursor first

    def look(self) -> None:
        """Show what has become of a unit of work that is under way."""
        growing = self._growing
        if growing is None:
            return
        trace = growing.look()
        if trace is not None:
            self._renew(trace)
        if growing.over:
            self._looking.stop()
            self._growing, self.cassette_name = None, growing.name
            self.say("it has ended" if growing.written else "it has ended, and has no cassette")

    def _renew(self, trace: Trace) -> None:
        before = self.browser.row
        self.browser.renew(trace)
        for view in (self.query_one(FlameGraph), self.query_one(StatisticsView)):
            view.renew(trace)
        self._follow()
        pane, row = self.query_one(PayloadPane), self.browser.row
        if not trace.is_open or (not pane.has_focus and before and row and said(before.span) != said(row.span)):
            self._at = 0  # it tells something new of the same span
        self._show_span()

    def _read_ahead(self) -> None:
        if not self.browser.finder.read_some(_AHEAD):
            self._reading.stop()

    def _show_span(self) -> None:
        row = self.browser.row
        number = row.number if row else 0
        if number != self._at:
            self._at = number
            self.query_one(PayloadPane).show(row.node if row else None, self.browser.trace)

    def _show_overview(self) -> None:
        current = self.query_one("#views", ContentSwitcher).current
        self.query_one(Overview).show(self.waterfall, axis=current == "waterfall")

    def _follow(self, *, laid_out: bool = True) -> None:
        self.waterfall.follow(laid_out=laid_out)
        self._show_overview()

    def action_fold(self) -> None:
        self.browser.fold()
        self._follow()

    def action_unfold(self) -> None:
        self.browser.unfold()
        self._follow()

    def action_fold_all(self) -> None:
        self.browser.fold_all()
        self._follow()

    def action_unfold_all(self) -> None:
        self.browser.unfold_all()
        self._follow()

    def action_level(self, by: int) -> None:
        self.browser.to_level(by)
        self._follow()

    def action_search(self) -> None:
        self.prompt.ask(SEARCH, hint="names, attributes, payloads")

    def action_search_next(self, backwards: bool) -> None:
        if not self.browser.pattern:
            return
        found = self.browser.search_next(backwards=backwards)
        self._follow()
        self._say_found(found)

    def _say_found(self, found: bool) -> None:
        pattern = self.browser.pattern
        if not found:
            self.say(f"nowhere: {pattern}" if pattern else "", wrong=bool(pattern))
            return
        place, count = self.browser.standing()
        self.say(f"/{pattern}  {place:,} of {count:,}")

    def action_filter(self) -> None:
        self.prompt.ask(FILTER, self._query, "dur>10ms status:error kind:db text")

    def on_prompt_typed(self, event: Prompt.Typed) -> None:
        if event.purpose == SEARCH:
            found = self.browser.search("" if event.given_up else event.text)
            self._follow()
            if event.done or event.given_up:
                self._say_found(found)
        elif event.done:
            self._filter(event.text)
        if event.done or event.given_up:
            self.waterfall.focus()

    def _filter(self, text: str) -> None:
        try:
            self.browser.filter(parsed(text, FIELDS))
        except QueryError as wrong:
            self.say(str(wrong), wrong=True)
            return
        self._query = text
        self._follow()
        matches = self.browser.matches
        self.say("" if matches is None else f"{len(matches):,} of {len(self.browser.trace.nodes):,} match: {text}")

    def action_only(self) -> None:
        self.say("matches only" if self.browser.only_matches() else "all, what does not match is dim")
        self._follow()

    def action_error(self) -> None:
        if not self.browser.next_error():
            self.say("no errors")
        self._follow()

    def action_sort(self) -> None:
        self.say(f"siblings by {self.browser.sort()}")
        self._follow()

    def action_zoom(self, factor: float) -> None:
        self.browser.zoom(factor)
        self._follow(laid_out=False)

    def action_zoom_all(self) -> None:
        self.browser.window = self.browser.window.all()
        self._follow(laid_out=False)

    def action_zoom_on(self) -> None:
        self.browser.zoom_on_row()
        self._follow(laid_out=False)

    def action_pan(self, share: float) -> None:
        self.browser.window = self.browser.window.moved(share)
        self._follow(laid_out=False)

    def action_critical(self) -> None:
        self.browser.critical = not self.browser.critical
        self._follow(laid_out=False)

    def action_view(self, name: str) -> None:
        self.query_one("#views", ContentSwitcher).current = name
        view = self.query_one(f"#{name}")
        view.focus()
        if isinstance(view, Lines):
            view.reload()  # it may have grown unseen
        self._show_overview()

    def action_help(self) -> None:
        self.viewer.push_screen(Choices("Keys", HELP))

    def action_compare(self) -> None:
        self._compare(self)

    def action_copy(self) -> None:
        """Ask what to copy, of what there is."""
        row = self.browser.row
        if row is None:
            return
        found = {"i": ("span id", row.span.span_id)}
        if row.span.exchange and (command := curl(row.span.exchange)):
            found["c"] = "curl", command
        if written := statement(row.span):
            found["s"] = "SQL", written
        found["p"] = (
            "Python: a test that replays this cassette",
            pytest_code(self.browser.trace.cassette, self.cassette_name),
        )

        def copy(key: str | None) -> None:
            if key in found:
                self.viewer.copy_to_clipboard(found[key][1])
                self.say(f"copied: {found[key][0]}")

        self.viewer.push_screen(Choices("Copy", {key: what for key, (what, _) in found.items()}), copy)
