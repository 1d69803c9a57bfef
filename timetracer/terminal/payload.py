"""Everything about one span as a tree to fold and unfold: its facts, request, response, chunks, attributes.

What is under a part is made when it is unfolded, so a body of 10 MB costs nothing until then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard
from urllib.parse import parse_qsl

from rich.text import Text

from timetracer.analysis import json_tree
from timetracer.analysis.amounts import counted, duration, moment, size
from timetracer.analysis.json_tree import Number, Object
from timetracer.analysis.semconv import about, exchange_error
from timetracer.analysis.spelling import spelt
from timetracer.analysis.sql_layout import KEYWORDS, formatted
from timetracer.analysis.trace import Trace
from timetracer.analysis.tree import Node, oddities
from timetracer.cassette import replays
from timetracer.cassette.model import Exchange, Redaction
from timetracer.redaction.pseudonyms import PSEUDONYM
from timetracer.terminal.body import body_lines, decoded
from timetracer.terminal.exchange import header_pairs, status_line
from timetracer.terminal.outcome import outcome_lines
from timetracer.terminal.paper import ERROR, QUIET, REDACTED, WARNING, Paper
from timetracer.terminal.rows_table import is_sequence, rows_table

FEW: Final = 12
"""Members up to which a part is unfolded from the start."""
SHOWN: Final = 1_000
"""Members of one part that are shown."""
LONGEST: Final = 2_000
"""Characters of a value that are shown on its line."""


@dataclass(slots=True)
class Part:
    """One line, and what is under it."""

    label: Text
    below: Callable[[], Iterable[Part]] | None = None
    open: bool = False


def parts(node: Node, trace: Trace, paper: Paper) -> Iterator[Part]:
    """The top parts of a span."""
    yield from _facts(node, trace, paper)
    exchange = node.span.exchange
    if exchange:
        yield from _exchange(exchange, paper)
    span = node.span
    if found := {name: held for name, held in span.attributes.items() if name not in (replays.WORD, replays.WHY)}:
        yield _mapping("attributes", found, paper)
    for event in span.events:
        told = f"event {event.name} +{duration(event.time - trace.start, ascii_only=paper.ascii_only)}"
        yield _mapping(told, event.attributes, paper)
    for link in span.links:
        yield _mapping(f"link to span {link.span_id} of trace {link.trace_id}", link.attributes, paper)
    marks = [*(exchange.redactions if exchange else ()), *span.redactions]
    if marks:
        yield Part(
            Text(f"redacted {len(marks)}", REDACTED), lambda: [_mark(mark, paper) for mark in marks], len(marks) <= FEW
        )
    ids = {
        "span": span.span_id,
        "trace": span.trace_id,
        "parent": span.parent_id or "-",
        "scope": span.scope.name or "-",
    }
    yield Part(Text("identity", "bold"), lambda: [value(name, text, paper) for name, text in ids.items()])


def _facts(node: Node, trace: Trace, paper: Paper) -> Iterator[Part]:
    span, facts = node.span, about(node.span)
    yield Part(Text(paper.text(facts.title), ERROR if facts.failed else "bold"))

    def took(ns: int) -> str:
        return duration(ns, ascii_only=paper.ascii_only)

    told = [span.kind.name.lower(), facts.library, facts.status, f"+{took(span.start - trace.start)}"]
    if node.number in trace.is_open:
        told += ["open"]
    else:
        told += [f"took {took(max(0, span.end - span.start))}", f"own {took(trace.self_time(node))}"]
        path = sum(end - start for start, end in trace.critical.get(node.number, ()))
        told += [f"{path / trace.duration:.0%} of the critical path"] if trace.on_path(node.number) else []
    yield Part(Text(paper.sign(" · ", ", ").join(paper.text(word) for word in told if word), QUIET))
    yield Part(Text(f"{moment(span.start)} UTC", QUIET))
    if facts.error:
        yield Part(Text(f"{paper.sign('✗', 'x')} {paper.text(facts.error)}", ERROR))
    for sign, words, colour in outcome_lines(span, paper):
        yield Part(Text(f"{sign} {paper.text(words)}", colour))
    yield from (
        Part(Text(f"! {paper.text(oddity)}", WARNING)) for oddity in oddities(node, ascii_only=paper.ascii_only)
    )


def _exchange(exchange: Exchange, paper: Paper) -> Iterator[Part]:
    if exchange.fact:
        yield Part(Text("a fact: served any number of times", QUIET))
    yield Part(Text("request", "bold"), lambda: _message(exchange.request, exchange.request_body, paper), open=True)
    if exchange.response is not None:
        answer = exchange.response
        yield Part(Text("response", "bold"), lambda: _message(answer, exchange.response_body, paper), open=True)
    if exchange.chunks is not None:
        yield _chunks(exchange.chunks, paper)
    if exchange.error is not None:
        told = exchange.error
        label = Text(f"error {paper.text(exchange_error(exchange))}", ERROR)
        yield Part(label, lambda: [value(name, item, paper) for name, item in told.items()])
    elif exchange.response is None:
        yield Part(Text("no outcome: the process ended, or the caller went away", QUIET))


def _message(message: Mapping[str, Any], body: bytes | None, paper: Paper) -> Iterator[Part]:
    told = {"headers"}
    if "method" in message and "url" in message:
        told |= {"method", "url"}
        yield Part(_text(f"{spelt(message['method'])} {spelt(message['url'])}", paper))
    status = message.get("status")
    if isinstance(status, int):
        told.add("status")
        yield Part(_text(status_line(status), paper))
    content_type = ""
    pairs = [*header_pairs(message.get("headers"))]
    if pairs:
        content_type = next((text for name, text in pairs if name.lower() == "content-type"), "")
        headers = [Part(_named(name, paper).append_text(_text(text, paper))) for name, text in pairs]
        yield Part(Text(f"headers {len(pairs)}", QUIET), lambda: headers, open=len(pairs) <= FEW)
    sql = message.get("sql")
    if isinstance(sql, str):
        told.add("sql")
        yield from (Part(line) for line in sql_lines(sql, paper))
    rows, columns = message.get("rows"), message.get("columns")
    if is_sequence(rows):
        told |= {"rows", "columns"}
        named = columns if is_sequence(columns) else ()
        yield Part(Text(counted(len(rows), "row"), QUIET), lambda: map(Part, rows_table(named, rows, paper)), open=True)
    yield from (value(name, item, paper, is_open=True) for name, item in message.items() if name not in told)
    if body:
        yield _body(body, content_type, paper)


def sql_lines(statement: str, paper: Paper) -> Iterator[Text]:
    """SQL laid out, its words, texts and parameters in colours."""
    colours = {"string": "green", "number": "cyan", "parameter": "magenta", "comment": QUIET}
    for line in formatted(statement):
        drawn = Text()
        for kind, token in line:
            word = kind == "word" and token.upper() in KEYWORDS
            drawn.append(
                token if kind == "blank" else paper.text(token), "bold blue" if word else colours.get(kind, "")
            )
        yield drawn


def _body(body: bytes, content_type: str, paper: Paper) -> Part:
    label = Text(f"body {size(len(body))}", QUIET)
    media, _, parameters = content_type.lower().partition(";")

    def below() -> Iterable[Part]:
        text = decoded(body, parameters)
        if text is not None and media.strip() == "application/x-www-form-urlencoded":
            pairs = parse_qsl(text, keep_blank_values=True, errors="surrogateescape")
            return [Part(_named(name, paper, " = ").append_text(_text(item, paper))) for name, item in pairs[:SHOWN]]
        tree = json_tree.parsed(text) if text is not None else None
        if tree is not None:
            return _members(tree, paper)
        return [Part(_marked(_cut(line))) for line in body_lines(body, content_type, paper)]

    return Part(label, below, open=len(body) < 64 * 1024)


def value(name: str, item: Any, paper: Paper, *, is_open: bool = False) -> Part:
    """A named value of a request, of an attribute, of JSON: containers as parts to unfold, all else on one line."""
    label = _named(name, paper)
    if isinstance(item, Mapping):
        item = Object([*item.items()])
    if isinstance(item, Object) or _is_collection(item):
        members = item.pairs if isinstance(item, Object) else [*item]
        sign = f"{{{len(members)}}}" if isinstance(item, Object) else f"[{len(members)}]"
        label.append(sign, QUIET)
        if not members:
            return Part(label)
        held = item if isinstance(item, Object) else members
        return Part(label, lambda: _members(held, paper), is_open and len(members) <= FEW)
    if isinstance(item, Number):
        return Part(label.append(paper.text(item), "cyan"))
    if isinstance(item, str):
        return Part(label.append_text(_text(item, paper, "green")))
    style = "cyan" if isinstance(item, (int, float)) or item is None else "yellow"
    label.append(paper.text(spelt(item)), style)
    plain = isinstance(item, (bool, int, float, bytes)) or item is None
    return Part(label if plain else label.append(f" {type(item).__name__.lower()}", QUIET))


def _is_collection(item: object) -> TypeGuard[Collection[Any]]:
    return isinstance(item, (list, tuple, set, frozenset))


def _members(held: Object | Sequence[Any], paper: Paper) -> Iterator[Part]:
    if isinstance(held, Object):
        yield from (value(name, item, paper, is_open=True) for name, item in held.pairs[:SHOWN])
        count = len(held.pairs)
    else:
        yield from (value(str(place), item, paper, is_open=True) for place, item in enumerate(held[:SHOWN]))
        count = len(held)
    if count > SHOWN:
        yield Part(Text(f"[{count - SHOWN:,} more]", QUIET))


def _mapping(name: str, found: Mapping[str, Any], paper: Paper) -> Part:
    label = Text(f"{paper.text(name)} {len(found)}", "bold")
    return Part(label, lambda: [value(key, item, paper) for key, item in sorted(found.items())][:SHOWN])


def _chunks(chunks: list[tuple[int, int]], paper: Paper) -> Part:
    def lines() -> Iterator[Part]:
        before = 0
        for length, time in chunks[:SHOWN]:
            after = f"{'+' + duration(time, ascii_only=paper.ascii_only):>9}"
            pause = duration(time - before, ascii_only=paper.ascii_only)
            told = f"  {pause} after the one before" if before else ""
            yield Part(Text.assemble(after, f"  {size(length):>8}", (told, QUIET)))
            before = time
        if len(chunks) > SHOWN:
            yield Part(Text(f"[{len(chunks) - SHOWN:,} more]", QUIET))

    return Part(Text(counted(len(chunks), "chunk"), "bold"), lines, open=len(chunks) <= FEW)


def _mark(mark: Redaction, paper: Paper) -> Part:
    return Part(Text.assemble((paper.text(mark.path), REDACTED), (f"  ({paper.text(mark.kind)})", QUIET)))


def _named(name: str, paper: Paper, sign: str = ": ") -> Text:
    return Text().append(paper.text(name), "cyan").append(sign, QUIET)


def _text(text: str, paper: Paper, style: str = "") -> Text:
    return _marked(Text(paper.text(text, LONGEST), style))


def _cut(line: Text) -> Text:
    if len(line) <= LONGEST:
        return line
    return line[:LONGEST].append(f" [{len(line) - LONGEST:,} more characters]", QUIET)


def _marked(line: Text) -> Text:
    """With what stands for a secret in its colour."""
    line.highlight_regex(PSEUDONYM, REDACTED)
    return line
