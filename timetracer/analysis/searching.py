"""Searching many cassettes: what an entry tells first, then a look at the bytes, and only then the spans themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from time import time_ns
from typing import Final

from timetracer.analysis.amounts import timestamp
from timetracer.analysis.query import TEXT, Query, Term, Value
from timetracer.analysis.span_query import values
from timetracer.analysis.trace import Trace
from timetracer.analysis.tree import Node
from timetracer.cassette.model import Cassette
from timetracer.store.entry import Entry

ENTRY_FIELDS: Final = {
    "route": "`/orders/{id}`, or the path: `route:/orders`",
    "method": "`method:POST`",
    "status": "`404`, `4xx`, `error`, `ok`, `status>=500`",
    "dur": "how long it took: `dur>10ms`",
    "age": "how long ago it was recorded: `age<2h`",
    "when": "the moment, in UTC: `when:2025-01-02T03`",
    "service": "`service:shop`",
    "spans": "how many there are",
    "size": "bytes on disk: `size>10kB`",
    "kind": "`unit`, or `process` for what happened outside any request",
    "name": "what `list` calls it",
    "lib": "a library that is in it: `lib:httpx`",
    "text": "anything in its spans, attributes and payloads; a word alone asks for it",
}
"""Each field of a search with what it is, in Markdown. A name with a dot is an attribute of any of its spans."""

_WITHIN: Final = frozenset({"lib", TEXT})
_RUN: Final = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Search:
    """A query in its two halves."""

    outside: Query
    """What an entry can answer."""
    within: Query
    """What only the spans can: every term must hold of some span, a negated one of none."""

    @classmethod
    def of(cls, query: Query) -> Search:
        """The halves of a query over `ENTRY_FIELDS`."""
        inner = [term for term in query.terms if term.field in _WITHIN or "." in term.field]
        return cls(Query(tuple(term for term in query.terms if term not in inner)), Query(tuple(inner)))

    def may_hold(self, data: bytes) -> bool:
        """A quick look at the bytes of a file, decompressed: False only if what is asked for cannot be in it."""
        runs = [run for term in self.within.terms for run in _runs(term)]
        if not runs or b'"bytesValue"' in data or b"\\u00" in data:
            return True  # text may hide in base64, and in escapes that others write
        lower = data.lower() if data.isascii() else data.decode(errors="replace").casefold().encode()
        return all(run in lower for run in runs)

    def found(self, cassette: Cassette) -> Node | None:
        """The first span that answers the first term; None if not every term holds."""
        trace = Trace(cassette)
        first: Node | None = None
        for term in self.within.terms:
            plain = Term(term.field, term.sign, term.values, negated=False)
            hit = next((node for node in trace.nodes if plain.holds(partial(values, trace, node))), None)
            if (hit is None) != term.negated:
                return None
            first = first or hit
        return first or (trace.nodes[0] if trace.nodes else None)


def entry_values(entry: Entry, field: str, now: Callable[[], int] = time_ns) -> Iterable[Value]:
    """What an entry has in a field of `ENTRY_FIELDS`."""
    if field == "route":
        return entry.route, entry.target
    if field == "status":
        told = ["error" if entry.error else "ok"]
        return [*told, str(entry.status), f"{entry.status // 100}xx"] if entry.status is not None else told
    if field == "dur":
        return (entry.duration,)
    if field == "age":
        return (now() - entry.start,)
    if field == "when":
        return (timestamp(entry.start),)
    return (getattr(entry, field),) if field in ENTRY_FIELDS and field not in _WITHIN else ()


def _runs(term: Term) -> list[bytes]:
    """What must stand in the bytes, as it is, for a term to hold."""
    if term.negated or term.sign not in (":", "=") or len(term.values) != 1 or term.field not in _WITHIN:
        return []
    return [run[0].lower().encode() for run in _RUN.finditer(term.values[0])]
