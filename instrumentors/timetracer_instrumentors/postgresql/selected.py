"""The select list of a plain SELECT, whose order Tortoise takes out of a set: another one in each process.

It may stand in any order only where that is certain to change nothing but the order of the columns: each item is a
column and nothing else, no two are the same, and nothing refers to one by its number (``ORDER BY 1``, ``UNION``). All
else of the statement has to be the same, word for word. The recorded columns are then given in the order asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from timetracer.cassette.model import Exchange
from timetracer.cassette.places import is_list
from timetracer_instrumentors.postgresql import sql
from timetracer_instrumentors.postgresql.catalogue import Catalogue, Description, damaged

_Member = TypeVar("_Member")
_COLUMN = r'(?:"[^"]+"\.)*"[^"]+"(?:\s+(?:as\s+)?"[^"]+")?'
_PLAIN = re.compile(rf"(?i)select\s+({_COLUMN}(?:\s*,\s*{_COLUMN})+)\s+from\s")
_BY_NUMBER = re.compile(r"(?i)\b(?:union|intersect|except|into)\b|[;']|\$\$|(?:\bby|,)\s*[\d(]")


@sql.remembered
def items(query: str) -> tuple[str, ...]:
    """The columns of a plain SELECT, in order; none of what is no plain one."""
    bare = sql.bare(query)
    found = _PLAIN.match(bare)
    if found is None or _BY_NUMBER.search(re.sub(r'"[^"]*"', "x", bare)):
        return ()
    columns = tuple(" ".join(column.split()) for column in re.findall(rf"(?i){_COLUMN}", found[1]))
    return columns if len(set(columns)) == len(columns) else ()


def arranged(query: str) -> str | None:
    """The statement with its columns in one order; None: it is no plain SELECT."""
    columns = items(query)
    if not columns:
        return None
    bare = sql.bare(query)
    found = _PLAIN.match(bare)
    return None if found is None else f"select {','.join(sorted(columns))} {bare[found.end(1) :].lstrip()}"


def places(recorded: str, asked: str) -> list[int] | None:
    """For each column that is asked for, where it was recorded; None: just there."""
    there, here = items(recorded), items(asked)
    if there == here or sorted(there) != sorted(here):
        return None
    return [there.index(column) for column in here]


def in_places(members: Sequence[_Member], order: list[int]) -> list[_Member]:
    """The members in this order. Raises IndexError: there are not as many."""
    if len(members) != len(order):
        raise IndexError
    return [members[at] for at in order]


def as_asked(exchange: Exchange, asked: str) -> Exchange:
    """A recorded exchange with its columns in the order of the statement that it answers now.

    Raises:
        ReplayError: the cassette is damaged.
    """
    request = exchange.request
    recorded = request.get("sql", request.get("script", request.get("prepare")))
    if recorded == asked or exchange.response is None or (order := places(str(recorded), asked)) is None:
        return exchange
    response: dict[str, Any] = dict(exchange.response)
    try:
        for name in ("columns", "formats"):
            if response.get(name):
                response[name] = in_places(response[name], order)
        rows: list[Any] = response.get("rows") or []
        if any(map(is_list, rows)):
            response["rows"] = [in_places(row, order) for row in rows]
    except (IndexError, TypeError):
        raise damaged(exchange, "response", "has not one column for each that was selected") from None
    return replace(exchange, response=response)


def described_as(known: Catalogue, query: str) -> Description | None:
    """What a catalogue knows of a statement, whichever order its columns stand in."""
    normal = sql.normal(query)
    if (found := known.get(normal)) is not None or (wanted := arranged(normal)) is None:
        return found
    if known.arranged is None:
        each = ((arranged(one), one) for one in known)
        known.arranged = {columns: one for columns, one in each if columns is not None}
    same = known.arranged.get(wanted)
    order = places(same, normal) if same is not None else None
    if same is None or order is None:
        return None
    there, found = known[same], Description()
    found.oids = there.oids
    found.fails_to_bind, found.fails_to_parse = there.fails_to_bind, there.fails_to_parse
    found.columns = in_places(there.columns, order) if there.columns else []
    return found
