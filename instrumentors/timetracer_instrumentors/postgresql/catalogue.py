"""What a cassette knows of statements: what they take and give, wherever they were recorded."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from timetracer.cassette.model import Exchange, Plain
from timetracer.cassette.places import is_list, is_object
from timetracer.errors import ReplayError
from timetracer_instrumentors.postgresql import sql
from timetracer_instrumentors.postgresql.messages import Row

TEXT_OID = 25
_INTEGERS = (21, 23, 20)
"""``int2``, ``int4``, ``int8``: psycopg names the smallest that holds the value."""


class Description:
    """What a statement takes and gives, as far as the cassette tells."""

    __slots__ = ("columns", "copy", "fails_to_bind", "fails_to_parse", "oids", "refused")

    def __init__(self) -> None:
        self.oids: list[int] = []
        self.columns: list[Row] = []
        self.copy: tuple[int, list[int]] | None = None
        """Of COPY … FROM STDIN: the overall format, and that of each column."""
        self.refused = False
        """A COPY … FROM STDIN failed before any data went out."""
        self.fails_to_parse = False
        """To prepare it failed once."""
        self.fails_to_bind = False
        """Its parameters alone were refused once."""

    def take(self, oids: list[int]) -> None:
        """Learn the types of its parameters, as one execution or the server named them."""
        if not self.oids:
            self.oids = list(oids)
        for at, oid in enumerate(oids[: len(self.oids)]):
            known = self.oids[at]
            if not known or (known in _INTEGERS and oid in _INTEGERS[_INTEGERS.index(known) :]):
                self.oids[at] = oid


class Catalogue(dict[str, Description]):
    """The descriptions of all recorded statements, by their normal SQL.

    Attributes:
        lost: the server's processes whose connections it ended while nobody asked anything.
    """

    def __init__(self) -> None:
        super().__init__()
        self.arranged: dict[str, str] | None = None
        """By what `selected.arranged` makes of a statement: the normal SQL of one. None: not looked at."""
        self.lost: set[int | None] = set()


def catalogue(exchanges: Iterable[Exchange]) -> Catalogue:
    """What is known of all recorded statements, and connections."""
    found = Catalogue()
    for exchange in exchanges:
        request, response = exchange.request, exchange.response or {}
        if "loss" in request:
            found.lost.add(process_of(request))
        query = next((request[name] for name in ("prepare", "sql", "script", "bind") if name in request), None)
        if query is None:
            continue
        known = found.get(sql.normal(str(query))) or Description()
        if "bind" in request:
            known.fails_to_bind = True
        elif "prepare" in request and "error" in response:
            known.fails_to_parse = True
        elif "error" in response and "copy" not in response:
            if not sql.is_copy_in(str(query)):
                continue
            known.refused = True
        else:
            known.take(_taken(exchange, request, response))
            known.columns = known.columns or columns_of(exchange, response)
            known.copy = known.copy or copy_of(exchange, response)
        found[sql.normal(str(query))] = known
    return found


def _taken(exchange: Exchange, request: dict[str, Plain], response: dict[str, Plain]) -> list[int]:
    oids = numbers_of(
        exchange, "types", response.get("types", []) if "prepare" in request else request.get("types", [])
    )
    given = request.get("parameters")
    return oids or [0] * (len(given) if is_list(given) or is_object(given) else 0)


def damaged(exchange: Exchange, field: str, problem: str) -> ReplayError:
    """What to raise for an exchange that nobody can have recorded like this."""
    return ReplayError(
        f"{exchange.key}: {field} in the cassette {problem}; record it again, or restore the file as it was"
    )


def numbers_of(exchange: Exchange, field: str, value: Plain) -> list[int]:
    """A list of integers. Raises ReplayError: it is none."""
    if not is_list(value) or not all(type(one) is int for one in value):
        raise damaged(exchange, f"response.{field}", f"is no list of integers: {value!r}")
    return value


def columns_of(exchange: Exchange, result: dict[str, Plain]) -> list[Row]:
    """The columns as a response, or one of its results, has them. Raises ReplayError: they are none."""
    columns: Any = result.get("columns", [])
    if not is_list(columns):
        raise damaged(exchange, "response.columns", f"is no list: {columns!r}")
    try:
        return list(_columns(tuple([tuple(column) for column in columns])))
    except (TypeError, ValueError):
        problem = f"has a column that is not [name, type, size, modifier, table, number]: {columns!r}"
        raise damaged(exchange, "response.columns", problem) from None


@lru_cache(maxsize=1000)
def _columns(columns: tuple[tuple[Any, ...], ...]) -> tuple[Row, ...]:
    found: list[Row] = []
    for name, *numbers in columns:
        if not all(type(one) is int for one in numbers):
            raise ValueError
        oid, size, modifier, table, number = numbers
        found.append(Row(str(name), table, number, oid, size, modifier, 0))
    return tuple(found)


def process_of(message: dict[str, Plain]) -> int | None:
    """The server's process at the other end, or that of whoever notified; None: the cassette does not say."""
    connection = message.get("connection")
    process = connection.get("process") if is_object(connection) else None
    return process if type(process) is int and 0 <= process < 1 << 31 else None


def copy_of(exchange: Exchange, result: dict[str, Plain]) -> tuple[int, list[int]] | None:
    """The formats of a COPY: overall, and of each column. Raises ReplayError: they are none."""
    if "copy" not in result:
        return None
    copy = result["copy"]
    if not is_list(copy) or len(copy) != 3 or copy[0] not in ("in", "out") or type(copy[1]) is not int:
        raise damaged(exchange, "response.copy", f"is not [in or out, format, formats]: {copy!r}")
    return copy[1], numbers_of(exchange, "copy", copy[2])
