"""Select lists in another order: which are certain, and what is answered then."""

from __future__ import annotations

import pytest

from timetracer.cassette.model import Exchange, Plain
from timetracer.errors import ReplayError
from timetracer_instrumentors.postgresql.catalogue import catalogue
from timetracer_instrumentors.postgresql.selected import arranged, as_asked, described_as, items, places

HERE, THERE = 'SELECT "name","id" FROM "author" WHERE "id"=$1', 'SELECT "id","name" FROM "author" WHERE "id"=$1'
ID: list[Plain] = ["id", 23, 4, -1, 16400, 1]
NAME: list[Plain] = ["name", 25, -1, -1, 16400, 2]


def recorded(**response: Plain) -> Exchange:
    return Exchange("postgresql", THERE, {"sql": THERE}, response=response)


def test_a_list_of_columns_may_stand_in_any_order() -> None:
    assert items(HERE) == ('"name"', '"id"')
    assert arranged(HERE) == arranged(THERE)
    assert places(THERE, HERE) == [1, 0]
    assert places(THERE, THERE) is None


def test_columns_with_tables_and_other_names() -> None:
    assert items('select "a"."id" AS "x", "a"."id" "y" from "a"') == ('"a"."id" AS "x"', '"a"."id" "y"')


@pytest.mark.parametrize(
    "query",
    [
        "select id, name from author",
        'select "id" from "author"',
        'select "id","id" from "author"',
        'select distinct "id","name" from "author"',
        'select "id",count("name") from "author"',
        'select "id",$1 from "author"',
        'select "id","name" from "author" order by 1',
        'select "id","name" from "author" order by "id", 2',
        'select "id","name" from "author" group by (1)',
        'select "id","name" from "author" union select "id","name" from "book"',
        'select "id","name" into "other" from "author"',
        """select "id","name" from "author" where "name" = 'x'""",
        'select "id","name" from "author"; select 1',
        'insert into "author" ("id","name") select "id","name" from "author"',
        'with x as (select "id","name" from "author") select "id","name" from x',
    ],
)
def test_all_else_is_compared_as_it_is(query: str) -> None:
    assert items(query) == ()
    assert arranged(query) is None


def test_other_statements_are_others() -> None:
    assert arranged(HERE) != arranged(HERE.replace("author", "book"))
    assert arranged(HERE) != arranged(HERE.replace('"id"=$1', '"name"=$1'))
    assert places(THERE, 'SELECT "name","born" FROM "author" WHERE "id"=$1') is None


def test_columns_come_in_the_order_that_was_asked_for() -> None:
    found = as_asked(recorded(columns=[ID, NAME], rows=[{"id": 1, "name": "Ada"}], formats=[1, 0]), HERE)
    assert found.response == {"columns": [NAME, ID], "rows": [{"id": 1, "name": "Ada"}], "formats": [0, 1]}


def test_rows_without_names_too() -> None:
    found = as_asked(recorded(columns=[ID, NAME], rows=[[1, "Ada"], [2, None]]), HERE)
    assert (found.response or {})["rows"] == [["Ada", 1], [None, 2]]


def test_what_was_asked_like_this_is_the_very_same() -> None:
    exchange = recorded(columns=[ID, NAME], rows=[])
    assert as_asked(exchange, THERE) is exchange
    assert as_asked(exchange, "select 1") is exchange


def test_an_error_has_no_columns() -> None:
    assert as_asked(recorded(error={"message": "no"}), HERE).response == {"error": {"message": "no"}}


@pytest.mark.parametrize("response", [{"columns": [ID]}, {"columns": [ID, NAME], "rows": [[1]]}, {"columns": 7}])
def test_a_damaged_cassette_is_told(response: dict[str, Plain]) -> None:
    with pytest.raises(ReplayError, match="one column for each"):
        as_asked(recorded(**response), HERE)


def test_a_description_is_known_in_any_order() -> None:
    known = catalogue([recorded(columns=[ID, NAME], rows=[], types=[23])])
    found = described_as(known, HERE)
    assert found is not None
    assert [column.name for column in found.columns] == ["name", "id"]
    assert described_as(known, HERE.replace("author", "book")) is None
    assert [column.name for column in (described_as(known, THERE) or found).columns] == ["id", "name"]
