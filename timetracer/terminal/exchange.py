"""A span's exchange in full: request, response, chunks, error, and what was taken out.

One layout for the terminal and for ``git diff``: the stable form leaves out what two recordings of the same world
differ in: ids, numbers, times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus

from rich.text import Text

from timetracer.analysis.amounts import counted, duration, moment, size
from timetracer.analysis.semconv import about, exchange_error
from timetracer.analysis.spelling import spelt
from timetracer.cassette.model import AttributeValue, Cassette, Exchange, Plain, Redaction, Span
from timetracer.redaction.pseudonyms import PSEUDONYM
from timetracer.terminal.body import body_lines
from timetracer.terminal.paper import ERROR, KIND_COLOUR, QUIET, REDACTED, Paper

_CHUNKS_SHOWN = 100
_INDENT = "   "


def stable_lines(cassette: Cassette, indices: Iterable[int]) -> Iterator[Text]:
    """Those spans of a cassette in a form that depends on what was said alone: on no width, colour, time or id."""
    paper = Paper(colour=False)
    service = cassette.resource.get("service.name")
    yield Text(f"cassette {paper.text(cassette.name)}")
    yield Text(f"service {paper.text(spelt(service))}")
    yield Text()
    for index in indices:
        yield from span_lines(cassette.spans[index], paper, number=0, start=0, stable=True)


def span_lines(
    span: Span, paper: Paper, *, number: int, start: int, stable: bool = False, details: bool = False
) -> Iterator[Text]:
    """One span and its exchange. `start` (ns since the epoch) is when the cassette begins.

    With `details`, its attributes, events and links too.
    """
    yield from _head(span, paper, number, start, stable)
    facts = about(span)
    if facts.error and not (span.exchange and span.exchange.error is not None):
        yield Text(f"{_INDENT}error  {paper.text(facts.error)}", ERROR)
    if details:
        yield from _details(span, paper, start)
    if span.exchange:
        for line in _exchange_lines(span.exchange, paper, stable):
            line.highlight_regex(PSEUDONYM, REDACTED)
            yield Text(_INDENT if line else "").append_text(line)
    yield from (Text(_INDENT).append_text(_redaction(mark, paper)) for mark in span.redactions)
    yield Text()


def _head(span: Span, paper: Paper, number: int, start: int, stable: bool) -> Iterator[Text]:
    facts = about(span)
    title = paper.text(facts.title)
    named = [span.kind.name.lower(), paper.text(facts.library), paper.text(facts.status)]
    if stable:
        yield Text(f"= {title}", "bold")
    else:
        yield Text.assemble(
            (f"#{number} ", QUIET), (title, ERROR if facts.failed else f"bold {KIND_COLOUR[span.kind]}")
        )
        began, took = span.start - start, max(0, span.end - span.start)
        named += [
            f"+{duration(began, ascii_only=paper.ascii_only)}",
            f"took {duration(took, ascii_only=paper.ascii_only)}",
        ]
        named += [f"span {paper.text(span.span_id)}"]
    yield Text(_INDENT + paper.sign(" · ", ", ").join(filter(None, named)), QUIET)


def _exchange_lines(exchange: Exchange, paper: Paper, stable: bool) -> Iterator[Text]:
    yield Text.assemble(("key  ", QUIET), paper.text(exchange.key))
    if exchange.fact:
        yield Text("a fact: served any number of times", QUIET)
    yield Text()
    yield from _message(exchange.request, exchange.request_body, ">", paper)
    if exchange.response is not None:
        yield Text()
        yield from _message(exchange.response, exchange.response_body, "<", paper)
    if exchange.chunks is not None:
        yield Text()
        yield from _chunks(exchange.chunks, paper, stable)
    if exchange.error is not None:
        yield Text()
        yield Text(f"{paper.sign('✗', 'x')} {paper.text(exchange_error(exchange))}", ERROR)
    elif exchange.response is None:
        yield Text()
        yield Text("no outcome: the process ended, or the caller went away", QUIET)
    if exchange.redactions:
        yield Text()
        yield from (_redaction(mark, paper) for mark in exchange.redactions)


def _message(parts: Mapping[str, Plain], body: bytes | None, sign: str, paper: Paper) -> Iterator[Text]:
    """A request (``>``) or a response (``<``): its first line, headers, whatever else it has, and its body."""
    told = {"headers"}
    first, status = "", parts.get("status")
    if "method" in parts and "url" in parts:
        told |= {"method", "url"}
        first = f"{spelt(parts['method'])} {spelt(parts['url'])}"
    elif isinstance(status, int):
        told |= {"status"}
        first = status_line(status)
    if first:
        yield Text().append(f"{sign} ", QUIET).append(paper.text(first), "bold")
    content_type = ""
    for name, value in header_pairs(parts.get("headers")):
        content_type = value if name.lower() == "content-type" else content_type
        yield Text().append(f"{sign} ", QUIET).append(paper.text(name), "cyan").append(f": {paper.text(value)}")
    for name in parts:
        if name not in told:
            yield (
                Text().append(f"{sign} ", QUIET).append(f"({paper.text(spelt(name))}) {paper.text(spelt(parts[name]))}")
            )
    if body:
        yield Text()
        yield from body_lines(body, content_type, paper)


def header_pairs(headers: Plain) -> Iterator[tuple[str, str]]:
    """The (name, value) pairs of a header list, whatever the cassette has made of it."""
    if isinstance(headers, (list, tuple)):
        for pair in headers:
            if isinstance(pair, (list, tuple)) and len(pair) == 2:
                yield spelt(pair[0]), spelt(pair[1])
            else:
                yield "?", spelt(pair)
    elif headers is not None:
        yield "?", spelt(headers)


def _chunks(chunks: list[tuple[int, int]], paper: Paper, stable: bool) -> Iterator[Text]:
    yield Text(f"in {counted(len(chunks), 'chunk')}", QUIET)
    for length, time in chunks[:_CHUNKS_SHOWN]:
        when = "" if stable else f"{'+' + duration(time, ascii_only=paper.ascii_only):>9}  "
        yield Text(f"  {when}{size(length)}", QUIET)
    if len(chunks) > _CHUNKS_SHOWN:
        yield Text(f"  [{len(chunks) - _CHUNKS_SHOWN:,} more]", QUIET)


def _redaction(mark: Redaction, paper: Paper) -> Text:
    return Text.assemble(("redacted  ", REDACTED), paper.text(mark.path), (f"  ({paper.text(mark.kind)})", QUIET))


def _details(span: Span, paper: Paper, start: int) -> Iterator[Text]:
    yield Text(f"{_INDENT}at {moment(span.start)} UTC, trace {paper.text(span.trace_id)}", QUIET)
    if span.parent_id:
        yield Text(f"{_INDENT}parent {paper.text(span.parent_id)}", QUIET)
    if span.scope.name:
        yield Text(f"{_INDENT}scope {paper.text(f'{span.scope.name} {span.scope.version}')}", QUIET)
    yield from _attributes(span.attributes, paper, _INDENT)
    for event in span.events:
        when = duration(event.time - start, ascii_only=paper.ascii_only)
        yield Text(f"{_INDENT}event {paper.text(event.name)} at +{when}")
        yield from _attributes(event.attributes, paper, _INDENT * 2)
    for link in span.links:
        yield Text(f"{_INDENT}link to span {paper.text(link.span_id)} of trace {paper.text(link.trace_id)}")
        yield from _attributes(link.attributes, paper, _INDENT * 2)
    yield Text()


def _attributes(attributes: Mapping[str, AttributeValue], paper: Paper, indent: str) -> Iterator[Text]:
    for name, value in sorted(attributes.items()):
        yield Text(indent).append(paper.text(name), "cyan").append(f" = {paper.text(spelt(value))}")


def status_line(status: int) -> str:
    try:
        return f"{HTTPStatus(status).value} {HTTPStatus(status).phrase}"
    except ValueError:
        return spelt(status)
