"""What spans have in common."""

from __future__ import annotations

import pytest

from analysis.trees import span
from timetracer.analysis.shape import category, gist, shape, statement
from timetracer.cassette.model import Exchange, Kind, Plain, Span


def made(library: str = "", request: dict[str, Plain] | None = None, key: str = "", **attributes: str) -> Span:
    recorded = span("name 7", kind=Kind.CLIENT, **attributes)
    if library:
        recorded.exchange = Exchange(library, key, request or {})
    return recorded


def http(url: str) -> Span:
    return made("httpx", {"method": "GET", "url": url})


@pytest.mark.parametrize(
    ("recorded", "kind"),
    [
        (http("http://shop/"), "http"),
        (made("asyncpg", {"sql": "SELECT 1"}), "db"),
        (made("pymongo", {"command": {"find": "orders"}}), "db"),
        (made("celery", {"task": "send"}), "messaging"),
        (made(db_system="redis"), "db"),
        (made(messaging_system="kafka"), "messaging"),
        (made(rpc_system="grpc"), "rpc"),
        (made(http_url="http://shop/"), "http"),
        (made(), "internal"),
        (span("x", kind=Kind.PRODUCER), "messaging"),
    ],
)
def test_the_kind_of_thing(recorded: Span, kind: str) -> None:
    assert category(recorded) == kind


def test_what_was_really_sent_comes_before_what_the_instrumentor_wrote() -> None:
    assert statement(made("asyncpg", {"sql": "SELECT 2"}, db_statement="SELECT ?")) == "SELECT 2"
    assert statement(made(db_statement="SELECT 3")) == "SELECT 3"
    assert statement(made(db_query_text="SELECT 4")) == "SELECT 4"


def test_what_is_no_sql_is_no_statement() -> None:
    assert statement(made(db_system="redis", db_statement="SET key value")) == ""
    assert statement(made(db_statement="HGETALL key")) == ""
    assert statement(http("http://shop/")) == ""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://stock:8080/items/17?a=b", "GET http://stock:8080/items/{}"),
        ("http://s/u/0b1c2d3e-0000-4000-8000-123456789abc/x", "GET http://s/u/{}/x"),
        ("http://s/o/65f1a2b3c4d5e6f708192a3b", "GET http://s/o/{}"),
        ("http://s/items/facade", "GET http://s/items/facade"),
    ],
)
def test_what_varies_is_left_out(url: str, said: str) -> None:
    assert gist(http(url)) == said


def test_of_sql_the_gist_is_verb_and_table() -> None:
    assert gist(made(db_statement="select * from orders where id = 3")) == "SELECT orders"


def test_the_number_of_a_parameter_does_not_vary() -> None:
    prepared = made("postgresql", key="prepare SELECT $1::int, 7")
    assert gist(prepared) == "prepare SELECT $1::int, {}"


def test_equal_shapes_differ_in_values_only() -> None:
    assert shape(http("http://s/1")) == shape(http("http://s/2?x=y"))
    assert shape(http("http://s/1")) != shape(http("http://t/1"))
    by_id = shape(made(db_statement="SELECT a FROM t WHERE id = 1"))
    assert by_id == shape(made(db_statement="SELECT a  FROM t WHERE id = 22"))
    assert by_id != shape(made(db_statement="SELECT a FROM t WHERE sku = 1"))
