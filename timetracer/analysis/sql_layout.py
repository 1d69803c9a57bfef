"""A statement of SQL laid out in lines: a clause a line, conditions and what is in brackets indented."""

from __future__ import annotations

from typing import Final

from timetracer.analysis.sql import VERBS, tokens

_CLAUSE_WORDS = """
    SELECT FROM WHERE HAVING LIMIT OFFSET VALUES RETURNING UNION INTERSECT EXCEPT WINDOW SET GROUP ORDER LEFT RIGHT
    INNER FULL CROSS JOIN ON AND OR FOR
"""
_OTHER_WORDS = """
    AS BY IN IS NULL NOT LIKE ILIKE BETWEEN CASE WHEN THEN ELSE END ALL ASC DESC INTO TABLE CONFLICT NOTHING EXISTS
    USING RECURSIVE OVER PARTITION TRUE FALSE DEFAULT
"""
_CLAUSES: Final = frozenset(_CLAUSE_WORDS.split())
_DEEPER: Final = frozenset({"AND", "OR", "ON"})
_JOINED: Final = frozenset(
    {"LEFT", "RIGHT", "INNER", "FULL", "CROSS", "OUTER", "UNION", "DELETE", "DISTINCT", "UPDATE", "DO"}
)
"""Words after which a clause's own word begins no line: ``LEFT JOIN``, ``DELETE FROM``."""
KEYWORDS: Final = VERBS | _CLAUSES | _JOINED | frozenset(_OTHER_WORDS.split())


def formatted(statement: str) -> list[list[tuple[str, str]]]:
    """The lines, each a list of (kind, text) tokens with blanks and indents; what is no blank stays as it is."""
    layout = _Layout()
    words = [(kind, text) for kind, text in tokens(statement)]
    for place, (kind, text) in enumerate(words):
        if kind == "blank":
            layout.gap = True
        else:
            layout.add(kind, text, opens_query=text == "(" and _query_follows(words, place + 1))
    layout.end_line()
    return layout.lines


def _query_follows(words: list[tuple[str, str]], place: int) -> bool:
    return next(
        (text.upper() in ("SELECT", "WITH") for kind, text in words[place : place + 3] if kind != "blank"), False
    )


class _Layout:
    def __init__(self) -> None:
        self.lines: list[list[tuple[str, str]]] = []
        self.gap = False
        self._line: list[tuple[str, str]] = []
        self._brackets: list[bool] = []
        """Of each open bracket, whether a query is in it."""
        self._previous = ""
        self._between = False
        self._qualified = False
        """A dot stood before: ``s.left`` is a column, whatever its name."""

    def add(self, kind: str, text: str, *, opens_query: bool) -> None:
        word = text.upper() if kind == "word" and not self._qualified else ""
        closes_query = text == ")" and bool(self._brackets) and self._brackets[-1]
        if text == ")" and self._brackets:
            self._brackets.pop()
        if kind == "comment" or closes_query or self._starts_line(word):
            self.end_line()
        if not self._line:
            indent = sum(self._brackets) + (word in _DEEPER)
            self._line = [("blank", "  " * indent)] if indent else []
        elif self.gap:
            self._line.append(("blank", " "))
        self._line.append((kind, text))
        if text == "(":
            self._brackets.append(opens_query)
        if kind == "comment" and text.startswith("--"):
            self.end_line()
        self.gap, self._previous = False, word or self._previous * (kind == "comment")
        self._qualified = text == "."
        self._between = word == "BETWEEN" or (self._between and word != "AND")

    def _starts_line(self, word: str) -> bool:
        within_call = bool(self._brackets) and not self._brackets[-1]
        ends_between = word == "AND" and self._between
        return word in _CLAUSES and self._previous not in _JOINED and not within_call and not ends_between

    def end_line(self) -> None:
        if any(kind != "blank" for kind, _ in self._line):
            self.lines.append(self._line)
        self._line, self.gap = [], False
