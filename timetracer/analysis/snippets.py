"""Where a word stands in a span, and what stands around it: a path, and a few characters on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from timetracer.analysis.json_tree import Object, parsed
from timetracer.analysis.semconv import about
from timetracer.analysis.span_query import SHOWN
from timetracer.analysis.spelling import spelt
from timetracer.cassette.model import Exchange, Span
from timetracer.cassette.places import is_list, is_object

AROUND: Final = 40
"""Characters that are shown on each side of a word."""

_NOTHING_TO_READ: Final = re.compile("\\s+|[^\\s -~\u00a0-\ufffc\U00010000-\U0010ffff]+")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A word where it stands."""

    path: str
    """``response.body.items[0].name``, ``span.attributes.http.route``."""
    before: str
    """At most `AROUND` characters; begins with ``…`` where there are more."""
    match: str
    """As it is written there."""
    after: str


def snippet(span: Span, word: str, attribute: str = "") -> Snippet | None:
    """The first place of a span that has `word`, whatever its case; None: it stands in no single value.

    Values come before names: a word that is both is shown where it says more.

    Args:
        attribute: the name of the one that is to have it; empty: anything may.
    """
    if not word:
        return None
    pattern = re.compile(re.escape(word), re.IGNORECASE)
    folded = word.casefold()
    named: Snippet | None = None
    for path, text in places(span):
        if attribute and path != f"span.attributes.{attribute}":
            continue
        if folded not in text.casefold():
            if named is None and (found := pattern.search(path)):
                named = _cut(path, f"{path} = {text}", *found.span())
            continue
        found = pattern.search(text)
        return _cut(path, text, *(found.span() if found else _unfolded(text, folded)))
    return named


def _unfolded(text: str, folded: str) -> tuple[int, int]:
    """Where `folded` is in a text with letters that fold to two (ß is ss)."""
    origins = [place for place, letter in enumerate(text) for _ in letter.casefold()]
    at = text.casefold().index(folded)
    return origins[at], origins[at + len(folded) - 1] + 1


def places(span: Span) -> Iterator[tuple[str, str]]:
    """Every value of a span that a search looks through: (path, the value as text)."""
    facts = about(span)
    yield "span.name", span.name
    if span.exchange:
        yield from _message("request", span.exchange.request, span.exchange.request_body)
        yield from _message("response", span.exchange.response or {}, span.exchange.response_body)
        yield from _leaves("error", span.exchange.error or {})
    for name, value in span.attributes.items():
        yield f"span.attributes.{name}", spelt(value)
    for number, event in enumerate(span.events):
        yield f"span.events[{number}].name", event.name
        for name, value in event.attributes.items():
            yield f"span.events[{number}].attributes.{name}", spelt(value)
    yield "span.message", span.status_message
    yield from _of_all(span.exchange, facts.library, facts.title, facts.error)
    yield "span.id", span.span_id


def _of_all(exchange: Exchange | None, library: str, title: str, error: str) -> Iterator[tuple[str, str]]:
    yield "key", exchange.key if exchange else ""
    yield "title", title
    yield "library", library
    yield "error", error


def _message(side: str, fields: Mapping[str, Any], body: bytes | None) -> Iterator[tuple[str, str]]:
    yield from _leaves(side, fields)
    if not body:
        return
    text = body[:SHOWN].decode(errors="replace")
    tree = parsed(text) if len(body) <= SHOWN else None
    if tree is not None:
        yield from _leaves(f"{side}.body", tree)
    yield f"{side}.body", text


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """The values in a value, each under its path; headers (pairs of name and value) under their names."""
    waiting: list[tuple[str, Any]] = [(path, value)]
    while waiting:  # no recursion: a stranger's body may be nested as deep as it likes
        place, held = waiting.pop()
        pairs = _pairs(place, held)
        if pairs is None:
            yield place, spelt(held)
        else:
            waiting.extend(reversed(list(pairs)))


def _pairs(path: str, value: Any) -> Iterable[tuple[str, Any]] | None:
    if isinstance(value, Object):
        return ((f"{path}.{name}", held) for name, held in value.pairs)
    if is_object(value):
        return ((f"{path}.{name}", held) for name, held in value.items())
    members: Any = value
    if type(value) is tuple:
        members = [*members]
    if not is_list(members):
        return None
    if path.endswith(".headers") and all(is_list(pair) and len(pair) == 2 for pair in members):
        return ((f"{path}.{spelt(pair[0])}", pair[1]) for pair in members)
    return ((f"{path}[{number}]", held) for number, held in enumerate(members))


def _cut(path: str, text: str, first: int, last: int) -> Snippet:
    begin, end = max(0, first - AROUND), min(len(text), last + AROUND)
    before, after = _readable(text[begin:first]), _readable(text[last:end])
    return Snippet(
        path,
        f"…{before}" if begin else before,
        _readable(text[first:last]),
        f"{after}…" if end < len(text) else after,
    )


def _readable(text: str) -> str:
    """Blanks of all kinds as one; what is no text (control characters, bytes that are no UTF-8) as one dot."""
    return _NOTHING_TO_READ.sub(lambda found: " " if found[0].isspace() else "·", text)
