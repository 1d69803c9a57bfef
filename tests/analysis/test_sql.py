"""The gist, the tables and the shape of SQL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.analysis.sql import gist, shape, tables, tokens


@pytest.mark.parametrize(
    ("statement", "said", "named"),
    [
        ("select 1 from orders o join items i on i.o = o.id", "SELECT orders", ["orders", "items"]),
        ('INSERT INTO shop."order lines" (a) VALUES ($1)', "INSERT shop.order lines", ["shop.order lines"]),
        ("UPDATE ONLY stock SET n = n - 1", "UPDATE stock", ["stock"]),
        ("DELETE FROM `t`", "DELETE t", ["t"]),
        ("WITH x AS (SELECT 1 FROM a) SELECT * FROM x, b", "SELECT a", ["a"]),
        ("SELECT extract(year FROM made) FROM t", "SELECT t", ["t"]),
        ("SELECT 'FROM nowhere' -- FROM never\n", "SELECT", []),
        ("SELECT $$ FROM nowhere $$", "SELECT", []),
        ("BEGIN", "BEGIN", []),
        ("", "", []),
        ("HGETALL key", "HGETALL key", []),
    ],
)
def test_what_a_statement_is_about(statement: str, said: str, named: list[str]) -> None:
    assert (gist(statement), tables(statement)) == (said, named)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("SELECT 1", "select 1", False),
        ("SELECT a WHERE b = 'x''y'", "SELECT  a\nWHERE b = 'z'", True),
        ("x IN (1, 2, 3)", "x IN ($1)", True),
        ("VALUES (1, 2), (3, 4)", "VALUES (?, ?)", True),
        ("SELECT a", "SELECT b", False),
    ],
)
def test_values_do_not_shape(one: str, other: str, same: bool) -> None:
    assert (shape(one) == shape(other)) is same


@given(st.text("SELECT FROM'\"$a1(-/*,;.?:@[]`\n", max_size=60))
def test_the_tokens_are_the_statement(statement: str) -> None:
    assert "".join(text for _, text in tokens(statement)) == statement
    assert isinstance(gist(statement), str)
