"""SQL as people speak of it: its words, its gist (``SELECT orders``), its tables, its shape.

A lexer, no parser: enough for every dialect, and it never changes a token. Strings, comments, dollar quotes and
parameters are each one token (https://www.postgresql.org/docs/current/sql-syntax-lexical.html).
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 100_000
"""Characters of a statement that are looked at."""

_TOKEN: Final = re.compile(
    r"""
    (?P<blank>\s+)
  | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<string>[eEbBnNxX]?'(?:[^']|'')*(?:'|\Z)|(?P<tag>\$\w*\$).*?(?:(?P=tag)|\Z))
  | (?P<quoted>"(?:[^"]|"")*(?:"|\Z)|`[^`]*(?:`|\Z)|\[[A-Za-z_][^\]\n]*\])
  | (?P<parameter>\$\d+|%\(\w+\)s|%s|\?|(?<![:\w]):[A-Za-z_]\w*|@\w+)
  | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<sign>::|<=|>=|<>|!=|\|\||->>|->|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_VERB_WORDS = """
    SELECT INSERT UPDATE DELETE MERGE WITH CREATE ALTER DROP TRUNCATE BEGIN COMMIT ROLLBACK SAVEPOINT RELEASE SET SHOW
    COPY CALL EXPLAIN LISTEN NOTIFY LOCK REPLACE VALUES
"""
VERBS: Final = frozenset(_VERB_WORDS.split())
_LEADS_TO_TABLE: Final = frozenset({"FROM", "INTO", "UPDATE", "JOIN", "TABLE", "COPY", "TRUNCATE"})
_NOT_TABLES: Final = frozenset(
    {"SELECT", "ONLY", "LATERAL", "UNNEST", "IF", "EXISTS", "NOT", "SET", "TABLE", "INTO", "SKIP", "OF"}
)


def tokens(statement: str) -> list[tuple[str, str]]:
    """(kind, text) of each token: blank, comment, string, quoted, parameter, number, word or sign."""
    return [
        (str(found.lastgroup if found["tag"] is None else "string"), found[0])
        for found in _TOKEN.finditer(statement[:LONGEST])
    ]


def tables(statement: str) -> list[str]:
    """The tables that a statement names after FROM, INTO, UPDATE and JOIN, each once; names of WITH are not tables."""
    words = [(kind, text) for kind, text in tokens(statement) if kind not in ("blank", "comment")]
    own = {
        text.lower()
        for place, (kind, text) in enumerate(words)
        if kind == "word"
        and place + 2 < len(words)
        and words[place + 1][1].upper() == "AS"
        and words[place + 2][1] == "("
    }
    found: dict[str, None] = {}
    for place, (kind, text) in enumerate(words):
        if kind == "word" and text.upper() in _LEADS_TO_TABLE:
            name = _name(words, place + 1)
            if name and name.lower() not in own and not (text.upper() == "FROM" and _within_call(words, place)):
                found[name] = None
    return list(found)


def _within_call(words: list[tuple[str, str]], place: int) -> bool:
    """``EXTRACT(year FROM x)``, ``IS DISTINCT FROM y``: no table follows."""
    before = words[max(0, place - 3) : place]
    return bool(before) and (
        before[-1][1].upper() == "DISTINCT"
        or (len(before) > 2 and before[-2][1] == "(" and before[-3][1].upper() in ("EXTRACT", "TRIM", "SUBSTRING"))
    )


def _name(words: list[tuple[str, str]], place: int) -> str:
    while place < len(words) and words[place][1].upper() in _NOT_TABLES:
        place += 1
    parts: list[str] = []
    while place < len(words) and words[place][0] in ("word", "quoted"):
        parts.append(words[place][1].strip('"`[]'))
        if place + 1 >= len(words) or words[place + 1][1] != ".":
            break
        place += 2
    return ".".join(parts)


def gist(statement: str) -> str:
    """``SELECT orders``: the verb and the first table; the verb alone, or the first words, where there is none."""
    words = [text for kind, text in tokens(statement[:2_000]) if kind == "word"]
    verb = next((word.upper() for word in words if word.upper() in VERBS - {"WITH"}), "")
    named = tables(statement)
    if verb and named:
        return f"{verb} {named[0]}"
    return verb or " ".join(statement.split())[:60]


def shape(statement: str) -> str:
    """The statement without its literals, parameters and layout: equal for statements that differ in values only."""
    kinds = {"string": "?", "number": "?", "parameter": "?", "blank": " ", "comment": " "}
    text = " ".join("".join(kinds.get(kind, text) for kind, text in tokens(statement)).split())
    return re.sub(r"\( ?\?(?: ?, ?\?)* ?\)(?: ?, ?\( ?\?(?: ?, ?\?)* ?\))*", "(?)", text)
