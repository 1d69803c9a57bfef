"""The names of parameters, and of literals: the columns that they go to, or that they are compared with."""

from __future__ import annotations

import re

from timetracer.redaction.names import DEFAULT_NAMES, Names
from timetracer_instrumentors.postgresql import sql

_NAMES = Names(DEFAULT_NAMES)
_SUSPICIOUS = re.compile(
    r"(?i)pass|pwd|token|jwt|csrf|xsrf|key|secret|credential|sess|card|cvv|cvc|pin|otp|ssn|social|auth|cookie"
)
"""A quick look: nothing else is in a name of a secret."""

_INSERT = re.compile(
    r'(?is)\binsert\s+into\s+[\w."]+(?:\s+as\s+\w+)?\s*\(([^()]*)\)\s*(?:overriding\s+\w+\s+value\s+)?values\s*'
)
_COMPARED = re.compile(
    r"""(?ix) ("[^"]+"|\w+) \s* (?:=|<>|!=|<=|>=|<|>|\b(?:not\s+)?i?like\b) \s* (?:\w+\s*\(\s*|\(\s*)* \$(\d+) """
)
_AMONG = re.compile(r"""(?ix) ("[^"]+"|\w+) \s+ (?:not\s+)? in \s* \( ([^()]*) \) """)
_PARAMETER = re.compile(r"\$(\d+)")


def parameter_names(query: str, count: int) -> list[str] | None:
    """A name for each of so many parameters, none twice: the column that it goes to or is compared with, or its number.

    None: the statement names none.
    """
    names = {number: name for number, name in _named(query).items() if 1 <= number <= count}
    if not names:
        return None
    given: dict[str, int] = {}
    return [_once(names.get(number, str(number)), given) for number in range(1, count + 1)]


@sql.remembered
def _named(query: str) -> dict[int, str]:
    return _columns(sql.LITERAL.sub("''", sql.bare(query)))


def without_secrets(query: str) -> tuple[str, dict[str, str]]:
    """A statement whose literals for columns with the names of secrets stand beside it, by name, instead of in it.

    Drivers that put values into the SQL themselves (psycopg2) leave nothing else to recognise a secret by.
    """
    if "'" not in query or not _SUSPICIOUS.search(query):
        return query, {}
    literals = [match for match in sql.LITERAL.finditer(query) if match[0].endswith("'")]
    columns = _columns(sql.bare(_spliced(query, [(match.span(), f"${at}") for at, match in enumerate(literals)])))
    edits: list[tuple[tuple[int, int], str]] = []
    found: dict[str, str] = {}
    given: dict[str, int] = {}
    for at, match in enumerate(literals):
        if _NAMES.kind(columns.get(at, "")) is not None:
            name = _once(columns[at], given)
            start = match.start() + match[0].index("'") + 1
            found[name] = query[start : match.end() - 1]
            edits.append(((start, match.end() - 1), f"{{{name}}}"))
    return _spliced(query, edits), found


def _spliced(text: str, edits: list[tuple[tuple[int, int], str]]) -> str:
    pieces, at = list[str](), 0
    for (start, end), new in edits:
        pieces += [text[at:start], new]
        at = end
    return "".join(pieces) + text[at:]


def _columns(found: str) -> dict[int, str]:
    """By the number of a parameter: the column that it goes to, or is compared with."""
    names: dict[int, str] = {}
    end = 0
    for insert in _INSERT.finditer(found):
        if insert.start() < end:
            continue
        columns = [column.strip().strip('"') for column in insert[1].split(",")]
        pieces, end = _tuples(found, insert.end())
        for at, parts in pieces:
            for parameter in _PARAMETER.findall(parts):
                if at < len(columns):
                    names.setdefault(int(parameter), columns[at])
    for match in _COMPARED.finditer(found):
        names.setdefault(int(match[2]), match[1].strip('"'))
    for match in _AMONG.finditer(found):
        for parameter in _PARAMETER.findall(match[2]):
            names.setdefault(int(parameter), match[1].strip('"'))
    return names


def _once(name: str, given: dict[str, int]) -> str:
    given[name] = given.get(name, 0) + 1
    return name if given[name] == 1 else f"{name} {given[name]}"


def _tuples(text: str, at: int) -> tuple[list[tuple[int, str]], int]:
    """The pieces of ``(…, …), (…)`` from there on, each with its place within its parentheses, and where they end."""
    found: list[tuple[int, str]] = []
    depth, start, place, position = 0, at, 0, at
    for position in range(at, len(text)):
        character = text[position]
        if character == "(":
            depth += 1
            if depth == 1:
                start, place = position + 1, 0
        elif character in ",)" and depth == 1:
            found.append((place, text[start:position]))
            start, place = position + 1, place + 1
            depth -= character == ")"
        elif character == ")":
            depth -= 1
        elif depth == 0 and character not in ", \t\r\n":
            break
    return found, position
