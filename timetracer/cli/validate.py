"""``timetracer validate``: everything read, and what is wrong told with its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Annotated

import typer
from rich.text import Text

from timetracer.analysis.amounts import counted
from timetracer.analysis.tree import forest
from timetracer.cassette.model import Cassette, Exchange, Plain
from timetracer.cassette.places import is_list
from timetracer.cli.app import FOUND_WRONG, command_app
from timetracer.cli.options import JsonOption, PathArgument
from timetracer.cli.reading import Reader, print_json
from timetracer.redaction.pseudonyms import Pseudonyms
from timetracer.redaction.redactor import Redactor
from timetracer.terminal.paper import ERROR, QUIET, Paper, console, paper, put
from timetracer.terminal.progress import progress

app = command_app()


@app.command("validate", epilog="Example: `timetracer validate cassettes/ --secrets`")
def validate(
    path: PathArgument,
    *,
    secrets: Annotated[bool, typer.Option("--secrets", help="Look for what has the name or the looks of one.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Read every cassette and report what is wrong with it.

    Each problem is told with its file and the place in it; exit status 1 if there is any. Beyond being readable, a
    cassette's spans must have ids of their own, parents that end somewhere and times that run forward, and the chunks
    of a body must add up to it.
    """
    reader = Reader(path)
    checked = spans = 0
    problems: list[dict[str, str]] = []
    for name, cassette in progress(reader.cassettes(), "validating", reader.how_many()):
        checked += 1
        spans += len(cassette.spans)
        wrong = [*faults(cassette), *(leaks(cassette) if secrets else ())]
        problems += ({"file": name, "place": place, "problem": problem} for place, problem in wrong)
    problems = reader.damaged() + problems
    checked += len(reader.damages)
    if as_json:
        print_json({"checked": checked, "problems": problems})
    else:
        on = console()
        put(on, (_line(**problem, sheet=paper(on)) for problem in problems))
        total = Text(f"{counted(checked, 'cassette')}, {counted(spans, 'span')}: ")
        found = counted(len(problems), "problem")
        put(on, [total.append(found, ERROR) if problems else total.append("all well", "green")])
    if problems:
        raise typer.Exit(FOUND_WRONG)


def _line(file: str, place: str, problem: str, sheet: Paper) -> Text:
    where = Text().append(sheet.text(file), "cyan").append(": ")
    return (where.append(sheet.text(place), QUIET).append(": ") if place else where).append(sheet.text(problem))


def faults(cassette: Cassette) -> Iterator[tuple[str, str]]:
    """(place, what is wrong) for all that a reader lets through and a replay or a view would stumble over."""
    times = Counter(span.span_id for span in cassette.spans)
    rings = {root.number for root in forest(cassette.spans) if root.in_ring}
    for number, span in enumerate(cassette.spans, 1):
        place = f"span {number}"
        if times[span.span_id] > 1:
            yield place, f"its id {span.span_id} is not its own: {times[span.span_id]} spans have it"
        if number in rings:
            yield place, "its parents form a ring"
        if span.end < span.start:
            yield place, f"ends {span.start - span.end} ns before it starts" if span.end else "never ended"
        if span.exchange:
            yield from ((f"{place}, exchange", problem) for problem in _exchange_faults(span.exchange))


def leaks(cassette: Cassette) -> Iterator[tuple[str, str]]:
    """(place, what it looks like) of what the default rules would have taken out; the secret itself is never said."""
    looked_at = deepcopy(cassette)
    for span in looked_at.spans:
        span.redactions = []
        if span.exchange:
            span.exchange.redactions = []
    Redactor().redact_cassette(looked_at, Pseudonyms())
    for number, span in enumerate(looked_at.spans, 1):
        for mark in (*span.redactions, *(span.exchange.redactions if span.exchange else ())):
            yield f"span {number}, {mark.path}", f"looks like a secret ({mark.kind})"


def _exchange_faults(exchange: Exchange) -> Iterator[str]:
    yield from _misshapen(exchange)
    if exchange.ended and exchange.ended < exchange.started:
        yield f"ends {exchange.started - exchange.ended} ns before it starts"
    # The chunks are those that arrived: a body that was decoded or redacted since has another length.
    changed = any(mark.path.startswith("response.body") for mark in exchange.redactions)
    if exchange.chunks is not None and not changed and "coding" not in (exchange.response or {}):
        arrived, kept = sum(length for length, _ in exchange.chunks), len(exchange.response_body or b"")
        if arrived != kept:
            yield f"its chunks have {arrived} bytes, its body has {kept}"


def _misshapen(exchange: Exchange) -> Iterator[str]:
    """Values that every library writes in one shape, and that have another."""
    error = exchange.error or {}
    if not isinstance(error.get("type", ""), str):
        yield f"error.type is {_kind(error['type'])}, not text"
    if not isinstance(error.get("args", ()), (list, tuple)):
        yield f"error.args is {_kind(error['args'])}, not a list"
    if "method" not in exchange.request or "url" not in exchange.request:
        return
    for name in ("method", "url"):
        if not isinstance(exchange.request[name], str):
            yield f"request.{name} is {_kind(exchange.request[name])}, not text"
    for side, message in (("request", exchange.request), ("response", exchange.response or {})):
        pairs = message.get("headers", ())
        whole = is_list(pairs) and all(is_list(pair) and [*map(type, pair)] == [str, str] for pair in pairs)
        if not whole and pairs != ():
            yield f"{side}.headers is not a list of [name, value]"
    status = (exchange.response or {}).get("status", 200)
    if type(status) is not int or not 100 <= status <= 999:
        yield f"response.status is {_kind(status)}, not a number from 100 to 999"


def _kind(value: Plain) -> str:
    return "nothing" if value is None else str(value) if type(value) is int else type(value).__name__
