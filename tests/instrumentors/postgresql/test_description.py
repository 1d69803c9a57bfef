"""An exchange as plain values: readable, by name, compared alike whichever driver made it, without secrets."""

from __future__ import annotations

from pathlib import Path
from struct import pack
from typing import Any

import pytest

import timetracer
from services.postgresql_transcripts import (
    BOUND,
    FLUSH,
    ID,
    IDLE,
    NAME,
    NO_DATA,
    PARSED,
    SYNC,
    Client,
    bind,
    call,
    columns,
    complete,
    conversation,
    describe,
    execute,
    operations,
    parse,
    query,
    row,
    run,
    told,
)
from timetracer_instrumentors.postgresql import description
from timetracer_instrumentors.postgresql import messages as m
from timetracer_instrumentors.postgresql.operations import Outcome, Portal, Statement

DONE = PARSED + BOUND + NO_DATA + complete("INSERT 0 1") + IDLE
INSERT = "insert into users (name, password) values ($1, $2)"


def parameters(query: bytes, oids: tuple[int, ...], formats: tuple[int, ...], *given: bytes | None) -> Any:
    portal = Portal(Statement(query, oids), bind(*given, formats=formats)[5:])
    asked = (portal, 0, 1, "shop", None)
    request = description.describe_request(("execute", *asked), b"").values
    return description.identity(request, None)["parameters"]


def test_parameters_are_named_by_their_columns(path: Path) -> None:
    (exchange,) = operations(conversation(path, (run(INSERT, b"ann", b"not 5o secret") + SYNC, DONE)))
    assert list(exchange.request["parameters"]) == ["name", "password"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (((23,), (1,), pack("!i", 5)), ((21,), (0,), b"5")),
        (((25,), (1,), b"x"), ((0,), (0,), b"x")),
        (((1184,), (1,), pack("!q", 0)), ((1184,), (0,), b"2000-01-01 02:00:00+02:00")),
        (((2950,), (1,), bytes(15) + b"\x07"), ((2950,), (0,), b"00000000000000000000000000000007")),
        (((1007,), (1,), pack("!iiIiiii", 1, 0, 23, 1, 1, 4, 9)), ((1005,), (0,), b"{9}")),
        (((23,), (1,), None), ((0,), (0,), None)),
        (((23,), (1,), pack("!i", 5)), ((0,), (), b"5")),
    ],
)
def test_drivers_that_write_the_same_in_their_own_ways_ask_the_same(one: Any, other: Any) -> None:
    assert parameters(b"select 1 from t where a = $1", *one) == parameters(b"select 1 from t where a = $1", *other)


def test_values_of_a_set_are_the_same_in_any_order() -> None:
    query, oids = b"select 1 from t where a in ($1, $2) and b = $3", (25, 25, 25)
    asked = parameters(query, oids, (), b"x", b"y", b"z")
    assert parameters(query, oids, (), b"y", b"x", b"z") == asked
    assert parameters(query, oids, (), b"z", b"y", b"x") != asked


@pytest.mark.parametrize("value", [b"6", b"5.0", b" 5x", None, b""])
def test_other_values_are_other_requests(value: bytes | None) -> None:
    assert parameters(b"select $1", (23,), (0,), b"5") != parameters(b"select $1", (23,), (0,), value)


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        (("connect", "shop", "bob", ""), "connect shop"),
        (("prepare", Statement(b"select  1", ()), "shop"), "prepare select 1"),
        (("bind", Portal(Statement(b"select $1", ()), bind(b"x")[5:]), "shop"), "bind select $1"),
        (("call", 952, (1,), (b"x",), "shop"), "function 952"),
        (("query", b"select 1 -- why\n;", "shop", None), "select 1 ;"),
    ],
)
def test_each_kind_has_a_line_for_people(fields: tuple[Any, ...], key: str) -> None:
    request = description.describe_request(fields, b"").values
    assert description.key(request) == key
    assert description.identity(request, None)["database"] == "shop"


def test_workers_of_a_test_run_have_databases_of_their_own() -> None:
    found = [
        description.identity({"script": "x", "database": name}, None) for name in ("test_shop_gw3", "test_shop", "shop")
    ]
    assert found[0] == found[1] != found[2]


def test_what_belongs_to_pools() -> None:
    for request in (
        {"connect": "x"},
        {"prepare": "select 1"},
        {"bind": "select $1"},
        {"script": "BEGIN"},
        {"sql": "select 1"},
    ):
        assert description.incidental(dict(request))
    for request in ({"function": 7}, {"script": "insert into t values (1)"}, {"sql": "select 2"}):
        assert not description.incidental(dict(request))
    assert description.writes({"script": "insert into t values (1)"})
    assert not description.writes({"function": 7})


def test_equal_names_of_columns_make_lists(path: Path) -> None:
    (exchange,) = operations(
        conversation(path, (query("select 1"), columns(ID, ID) + row(b"1", None) + complete("SELECT 1") + IDLE))
    )
    assert exchange.response is not None
    assert exchange.response["rows"] == [[1, None]]


def test_a_value_that_is_bound_to_its_form_says_which(path: Path) -> None:
    mood, when = NAME._replace(type=16_500), ID._replace(type=1082)
    answer = told(row(b"happy", b"01/02/2024"), shape=[mood, when]) + IDLE
    (exchange,) = operations(conversation(path, (run("select mood, day from t") + SYNC, answer)))
    assert exchange.response is not None
    assert exchange.response["rows"] == [{"name": "happy", "id": {"raw": "01/02/2024"}}]
    assert exchange.response["formats"] == [0, 0]


def test_a_function_gives_bytes(path: Path) -> None:
    (exchange,) = operations(conversation(path, (call(952, pack("!i", 5)), m.message(b"V", m.value(b"\0x")) + IDLE)))
    assert exchange.request == {"function": 952, "arguments": [{"raw": b"\0\0\0\5"}], "database": "shop"}
    assert exchange.response == {"value": b"\0x", "transaction": "idle"}


def test_nothing_at_all() -> None:
    assert description.describe_response((Outcome(), None), b"").values == {}


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_a_password_among_the_parameters_is_redacted_and_matches_all_the_same(path: Path) -> None:
    update = "update users set password = $1 where name = $2"
    said = (run(INSERT, b"ann", b"not 5o secret") + SYNC, run(update, b"an0ther secret", b"ann") + SYNC)
    conversation(path, *((each, DONE) for each in said))
    written = path.read_text(encoding="utf-8")
    assert "not 5o secret" not in written
    assert "an0ther secret" not in written
    assert "ann" in written
    with timetracer.replay(path, strict=True):
        client = Client()
        assert [client.says(each) for each in said] == [DONE, DONE]


def test_a_token_that_a_row_brought_is_redacted_and_found_again(path: Path) -> None:
    token = NAME._replace(name="token")
    login, use = run("select token from sessions") + SYNC, "select id from sessions where token = $1"
    first = told(row(b"zx81-tok-en-very-long"), shape=[token]) + IDLE
    second = told(row(b"1"), shape=[ID]) + IDLE
    conversation(path, (login, first), (run(use, b"zx81-tok-en-very-long") + SYNC, second))
    assert "zx81" not in path.read_text(encoding="utf-8")
    with timetracer.replay(path, strict=True):
        client = Client()
        given = m.values(next(payload for kind, payload in m.Frames().cut(client.says(login)) if kind == ord("D")), 0)[
            0
        ][0]
        assert client.says(run(use, given) + SYNC) == second


def test_a_secret_in_binary_is_redacted(path: Path) -> None:
    prepare = parse(INSERT, "s") + describe(b"S", "s") + FLUSH
    used = bind(b"ann", b"not 5o secret", name="s", formats=[1]) + execute() + SYNC
    conversation(
        path,
        (prepare, PARSED + m.parameter_description([25, 25]) + NO_DATA),
        (used, BOUND + complete("INSERT 0 1") + IDLE),
    )
    assert "not 5o secret" not in path.read_text(encoding="utf-8")


def test_secrets_within_the_sql_are_redacted_however_short_and_match_all_the_same(path: Path) -> None:
    said = [
        query(f"insert into users (name, password) values ('{name}', 'hunter{at}')")
        for at, name in enumerate(["ann", "bob"])
    ]
    answers = [complete("INSERT 0 1") + IDLE, complete("INSERT 0 2") + IDLE]
    conversation(path, *zip(said, answers, strict=True))
    written = path.read_text(encoding="utf-8")
    assert "hunter" not in written
    assert "values ('ann', '{password}')" in written
    with timetracer.replay(path, strict=True):
        client = Client()
        assert [client.says(each) for each in said] == answers


def test_parameters_that_cannot_be_read_stay_as_they_are() -> None:
    portal = Portal(Statement(b"select $1", ()), b"\0\0\0")
    request = description.describe_request(("execute", portal, 0, 1, "shop", None), b"").values
    assert request["parameters"] == [{"raw": b"\0\0\0"}]
    assert description.identity(request, None)["database"] == "shop"
