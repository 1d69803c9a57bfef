"""Names of parameters and literals, as far as the SQL tells them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer_instrumentors.postgresql.parameters import parameter_names, without_secrets


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("INSERT INTO t (a, password) VALUES ($1, $2)", ["a", "password"]),
        ('INSERT INTO "app"."t" ("a", "b c") VALUES ($2::int, lower($1)), ($3, now())', ["b c", "a", "a 2"]),
        ("INSERT INTO t (a, b) VALUES (coalesce($1, (select 1)), $2) ON CONFLICT DO NOTHING", ["a", "b"]),
        ("UPDATE t SET password = $1, age=$2 WHERE t.id = $3", ["password", "age", "id"]),
        ("UPDATE t SET password = crypt($1, gen_salt('bf')) WHERE \"token\" = $2", ["password", "token"]),
        ("SELECT 1 FROM t WHERE a >= $1 AND a < $2 AND name ILIKE $3", ["a", "a 2", "name"]),
        ("SELECT 1 FROM t WHERE token = ANY($1) AND id IN ($2, $3)", ["token", "id", "id 2"]),
        ("SELECT $1 FROM t WHERE a = $2 LIMIT $3", ["1", "a", "3"]),
        ("SELECT 1 FROM t WHERE a = $1 OR b = $1", ["a"]),
        ("SELECT $1, 'a = $2'", None),
        ("SELECT 1", None),
        ("INSERT INTO t VALUES ($1)", None),
        ("INSERT INTO t (a) VALUES ($1, $2)", ["a", "2"]),
        ("UPDATE t SET a = $7", None),
    ],
)
def test_parameters_have_names_where_the_sql_tells(statement: str, names: list[str] | None) -> None:
    count = (
        1
        if "$7" in statement
        else max((int(part[0]) for part in statement.split("$")[1:] if part[0].isdigit()), default=1)
    )
    assert parameter_names(statement, count) == names


@pytest.mark.parametrize(
    ("query", "said", "literals"),
    [
        (
            "INSERT INTO users (name, password) VALUES ('bob', 'it''s'), ('eve', E'x\\'y')",
            "INSERT INTO users (name, password) VALUES ('bob', '{password}'), ('eve', E'{password 2}')",
            {"password": "it''s", "password 2": "x\\'y"},
        ),
        (
            "UPDATE users SET \"api_key\" = 'k' WHERE name = 'bob'",
            "UPDATE users SET \"api_key\" = '{api_key}' WHERE name = 'bob'",
            {"api_key": "k"},
        ),
        (
            "SELECT 1 FROM s WHERE token IN ('a', 'b')",
            "SELECT 1 FROM s WHERE token IN ('{token}', '{token 2}')",
            {"token": "a", "token 2": "b"},
        ),
        ("SELECT 'password = x'", "SELECT 'password = x'", {}),
        ("SELECT password FROM users WHERE name = 'bob'", "SELECT password FROM users WHERE name = 'bob'", {}),
        ("INSERT INTO t (password) VALUES ($1)", "INSERT INTO t (password) VALUES ($1)", {}),
        (
            "INSERT INTO t (a, token) VALUES ($$x$$, 'b')",
            "INSERT INTO t (a, token) VALUES ($$x$$, '{token}')",
            {"token": "b"},
        ),
    ],
)
def test_literals_of_secrets_stand_beside_the_statement(query: str, said: str, literals: dict[str, str]) -> None:
    assert without_secrets(query) == (said, literals)


@given(st.text(alphabet="insert into values from ($1,')\";-/*=_ token", max_size=80), st.integers(0, 5))
def test_any_text_is_looked_at_without_trouble(text: str, count: int) -> None:
    names = parameter_names(text, count)
    assert names is None or len(set(names)) == len(names) == count
    without_secrets(text + " token")


@pytest.mark.parametrize(
    "piece", ["(", "'", "$1,", "insert into t (a) values (", "a in (", "x ", "a = '", "token = 'x', "]
)
def test_long_statements_are_read_once(piece: str) -> None:
    text = piece * 4_000  # what takes the square of it does not come back
    parameter_names(text, 3)
    without_secrets(text + "token")
