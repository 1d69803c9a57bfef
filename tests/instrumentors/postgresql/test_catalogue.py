"""What a cassette knows of statements."""

from __future__ import annotations

from typing import Any

import pytest

from timetracer.cassette.model import Exchange
from timetracer.errors import ReplayError
from timetracer_instrumentors.postgresql.catalogue import Description, catalogue, columns_of, copy_of, numbers_of
from timetracer_instrumentors.postgresql.messages import Row

ID = ["id", 23, 4, -1, 0, 0]


def exchange(request: dict[str, Any], response: dict[str, Any] | None = None) -> Exchange:
    return Exchange("postgresql", "a key", request, response=response)


def test_a_statement_is_known_by_any_of_its_executions() -> None:
    known = catalogue(
        [
            exchange({"connect": "shop"}, {}),
            exchange({"function": 7}, {}),
            exchange({"sql": "select  $1", "parameters": [5], "types": [21]}, {"columns": [ID], "rows": []}),
            exchange({"prepare": "select 2"}, {"types": [25], "columns": []}),
            exchange({"script": "select 3"}, {"columns": [ID]}),
            exchange({"sql": "select 4"}, None),
        ]
    )
    assert [*known] == ["select  $1", "select 2", "select 3", "select 4"]
    assert known["select  $1"].oids == [21]
    assert known["select  $1"].columns == known["select 3"].columns == [Row("id", 0, 0, 23, 4, -1, 0)]
    assert (known["select 2"].oids, known["select 4"].oids) == ([25], [])


def test_failures_teach_only_that_it_may_fail() -> None:
    error: dict[str, Any] = {"error": {"message": "no"}}
    known = catalogue(
        [
            exchange({"sql": "select 1/0"}, error),
            exchange({"prepare": "selec"}, error),
            exchange({"bind": "select $1", "parameters": ["x"]}, error),
            exchange({"script": "copy t from stdin"}, error),
            exchange({"script": "copy u from stdin"}, {**error, "copy": ["in", 1, [1, 1]]}),
        ]
    )
    assert "select 1/0" not in known
    assert known["selec"].fails_to_parse
    assert known["select $1"].fails_to_bind
    assert known["copy t from stdin"].refused
    assert (known["copy u from stdin"].refused, known["copy u from stdin"].copy) == (False, (1, [1, 1]))


@pytest.mark.parametrize(
    ("named", "known"),
    [
        ([[21], [23]], [23]),
        ([[23], [21]], [23]),
        ([[0], [25]], [25]),
        ([[25], [0]], [25]),
        ([[23], [25]], [23]),
        ([[], [23, 25]], [23, 25]),
        ([[23, 0], [0, 1082]], [23, 1082]),
        ([[23], [20, 20]], [20]),
    ],
)
def test_types_are_gathered_and_integers_grow(named: list[list[int]], known: list[int]) -> None:
    description = Description()
    for oids in named:
        description.take(oids)
    assert description.oids == known


def test_parameters_without_types_are_counted() -> None:
    for parameters in (["x", None], {"name": "x", "2": None}):
        (known,) = catalogue([exchange({"sql": "x", "parameters": parameters}, {})]).values()
        assert known.oids == [0, 0]


def test_what_nobody_can_have_recorded() -> None:
    broken = exchange({"sql": "x"})
    with pytest.raises(ReplayError, match=r"a key: response\.columns .*record it again"):
        columns_of(broken, {"columns": [["id"]]})
    with pytest.raises(ReplayError, match=r"response\.copy"):
        copy_of(broken, {"copy": ["in"]})
    with pytest.raises(ReplayError, match=r"response\.types"):
        numbers_of(broken, "types", [True])
    assert copy_of(broken, {}) is None
    assert columns_of(broken, {}) == []
