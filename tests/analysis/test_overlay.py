"""A replay laid over a cassette."""

from __future__ import annotations

from recordings import BEGAN, MS, order
from timetracer.analysis.overlay import counts, overlaid, why, word
from timetracer.analysis.query import parsed
from timetracer.analysis.span_query import FIELDS, matching
from timetracer.analysis.trace import Trace
from timetracer.cassette.model import Cassette
from timetracer.cassette.replays import WHY, WORD
from timetracer.replaying.outcomes import MissedCall, Outcome, Outcomes


def replayed(*missed: MissedCall) -> Cassette:
    """The order, whose first calls were played, one of them relaxed; and what was missed."""
    spans = {
        f"{4:016x}": Outcome(played=1),
        f"{5:016x}": Outcome(relaxed=1, reasons=["timestamp (request.query)"]),
        f"{7:016x}": Outcome(unplayed=1),
    }
    return overlaid(order(), Outcomes(spans, [*missed]))


def test_each_call_has_its_word() -> None:
    spans = replayed().spans
    assert [word(span) for span in spans] == [None, None, None, "played", "relaxed", None, "unplayed", None, None]
    assert why(spans[4]) == ["timestamp (request.query)"]
    assert counts(spans) == {"unplayed": 1, "relaxed": 1, "played": 1}
    assert counts(order().spans) == {}


def test_the_cassette_itself_stays_as_it_is() -> None:
    cassette = order()
    overlaid(cassette, Outcomes({f"{4:016x}": Outcome(played=1)}))
    assert cassette == order()


def test_a_missed_call_is_a_failed_span_in_its_place() -> None:
    place = "POST /orders/{id} > price basket"
    at = BEGAN + 100 * MS
    missed = MissedCall("GET http://stock:8080/items?id=4", "httpx", at, place, f"{4:016x}", ("differs",), f"{1:016x}")
    trace = Trace(replayed(missed))
    node = trace.nodes[-1] if trace.nodes[-1].number == 10 else trace.by_number[10]
    assert node.parent
    assert (node.parent.span.name, node.span.start, node.span.end) == ("price basket", at, at)
    assert (word(node.span), why(node.span)) == ("missed", ["differs"])
    assert matching(trace, parsed("replay:missed", FIELDS)) == {10}
    assert matching(trace, parsed("status:error lib:httpx stock", FIELDS)) == {10}


def test_without_a_place_it_stands_beside_the_nearest_or_below_the_root() -> None:
    beside = MissedCall("a", nearest=f"{4:016x}")
    below = MissedCall("b", within=f"{1:016x}", at=1)
    other = MissedCall("c", nearest="ff", within="ff")
    trace = Trace(replayed(beside, below, other))
    parents = {
        node.span.name: node.parent.number for node in trace.nodes if word(node.span) == "missed" and node.parent
    }
    assert parents == {"a": 3, "b": 1}


def test_what_was_played_several_times_is_counted() -> None:
    outcomes = Outcomes({f"{4:016x}": Outcome(played=2, unplayed=1)})
    assert why(overlaid(order(), outcomes).spans[3]) == ["played exactly 2 times, not played 1 time"]


def test_attributes_of_a_stranger_are_not_believed() -> None:
    cassette = order()
    cassette.spans[0].attributes = {WORD: "rm -rf", WHY: 3}
    assert (word(cassette.spans[0]), why(cassette.spans[0])) == (None, [])
    assert overlaid(Cassette(), Outcomes(missed=[MissedCall("a")])).spans == []
