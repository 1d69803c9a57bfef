"""SQL in lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from timetracer.analysis.sql_layout import formatted


def lines(statement: str) -> list[str]:
    return ["".join(text for _, text in line) for line in formatted(statement)]


def test_a_clause_is_a_line_and_a_query_in_brackets_is_indented() -> None:
    statement = """select o.id, count(*) from orders o left join items i on i.o = o.id where o.u = $1 and o.at between
        $2 and $3 and s in (select s from st where x = 'a''b  c') group by o.id order by 1 limit 10"""
    assert lines(statement) == [
        "select o.id, count(*)",
        "from orders o",
        "left join items i",
        "  on i.o = o.id",
        "where o.u = $1",
        "  and o.at between $2 and $3",
        "  and s in (",
        "  select s",
        "  from st",
        "  where x = 'a''b  c'",
        ")",
        "group by o.id",
        "order by 1",
        "limit 10",
    ]


def test_what_belongs_together_stays_together() -> None:
    assert lines("DELETE FROM t WHERE a = extract(year FROM b)") == ["DELETE FROM t", "WHERE a = extract(year FROM b)"]
    assert lines("SELECT s.left FROM stock s") == ["SELECT s.left", "FROM stock s"]
    assert lines("SELECT a -- why\nFROM t") == ["SELECT a", "-- why", "FROM t"]


@given(st.text("SELECT FROM AND(')\"-/*,;$1\n", max_size=60))
def test_nothing_but_blanks_changes(statement: str) -> None:
    def dense(text: str) -> str:
        return "".join(text.split())

    assert dense("".join(lines(statement))) == dense(statement)
