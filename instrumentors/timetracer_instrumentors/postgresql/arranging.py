"""A request whose sets (``IN (…)``, rows, selected columns) are put into one order by all that their members say.

`description.identity` leaves members where they are that differ in identifiers alone: those may be others in each run.
Here the live ones go by the recorded names already.
"""

from __future__ import annotations

from collections.abc import Mapping

from timetracer.cassette import values as plain
from timetracer.cassette.model import Plain
from timetracer.cassette.places import is_list, is_object
from timetracer_instrumentors.postgresql import selected, sql


def in_one_order(parts: Mapping[str, str | bytes]) -> dict[str, str | bytes] | None:
    """See `timetracer.seams.declaration.Instrumentor`."""
    query = parts.get("sql")
    if not isinstance(query, str):
        return None
    columns = selected.arranged(query)
    if columns is None and not sql.has_sets(query):
        return None
    arranged = {**parts, "sql": sql.in_order(columns or query, str)}
    given = parts.get("parameters")
    if isinstance(given, str):
        arranged["parameters"] = plain.dumps(_arranged(plain.loads(given), query))
    return arranged


def _arranged(values: Plain, query: str) -> Plain:
    found = list(values.values()) if is_object(values) else list(values) if is_list(values) else []
    for places in sql.unordered_parameters(query):
        if max(places) < len(found):
            members = sorted((found[at] for at in places), key=plain.dumps)
            for at, value in zip(places, members, strict=True):
                found[at] = value
    return dict(zip(values, found, strict=True)) if is_object(values) else found
