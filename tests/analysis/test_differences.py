"""What differs between two spans."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import recordings
from timetracer.analysis.differences import Choice, Difference, differences
from timetracer.cassette.model import Exchange, Kind, Span, Status
from timetracer.replaying.fields import fields, shown
from timetracer.replaying.noise import Noise
from timetracer_instrumentors import http


def call(**more: Any) -> Span:
    request = {
        "method": "POST",
        "url": "http://shop:80/orders?page=2&tag=a",
        "headers": [["X-Tenant", "7"], ["Date", "now"], ["traceparent", "00-1"]],
    }
    exchange = Exchange(
        "httpx", "POST http://shop/orders", request, b'{"items":[{"id":1}],"n":1.10}', {"status": 200}, b"{}"
    )
    span = Span("POST", "t", "s", "", Kind.CLIENT, 0, 10, exchange=exchange)
    for path, value in more.items():
        setattr(exchange, path, value)
    return span


def told(before: Span, after: Span, choice: Choice | None = None) -> list[str]:
    return [f"{each.path} {each.before} {each.after}" for each in differences(before, after, choice)]


def test_the_same_is_the_same_whatever_the_time_and_the_headers_of_the_moment() -> None:
    later = copy.deepcopy(call())
    later.start, later.end, later.span_id = 500, 900, "other"
    assert later.exchange
    later.exchange.request["headers"] = [["date", "later"], ["x-tenant", "7"]]
    assert differences(call(), later) == []


def test_what_is_true_of_one_connection_alone_does_not_count() -> None:
    def connect(process: int) -> Span:
        connection = {"process": process}
        request = {"database": "shop", "connection": connection}
        answer = {"status": "ok", "connection": connection}
        return Span("connect", "t", "s", exchange=Exchange("postgresql", "connect shop", request, None, answer))

    assert differences(connect(7), connect(8)) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            {"request_body": b'{"items":[{"id":2}],"n":1.1}'},
            ["request.body.items[0].id 1 2", "request.body.n 1.10 1.1"],
        ),
        (
            {"request_body": b"\xff"},
            ["request.body.items[0].id 1 None", "request.body.n 1.10 None", 'request.body None "ÿ"'],
        ),
        ({"response": {"status": 404}}, ['response.status "200" "404"']),
        ({"response_body": b'{"a":[]}'}, ["response.body {} None", "response.body.a None []"]),
        ({"error": {"type": "Timeout", "args": ["x"]}}, ['error.type None "Timeout"', 'error.args[0] None "x"']),
        ({"chunks": [(1, 1), (1, 2)]}, ["response.chunks None 2"]),
    ],
)
def test_each_value_has_its_path(change: dict[str, Any], found: list[str]) -> None:
    assert [line for line in told(call(), call(**change)) if not line.startswith("span.")] == found


def test_rows_of_a_database_are_compared_cell_by_cell() -> None:
    before, after = recordings.basket().spans[2], copy.deepcopy(recordings.basket().spans[2])
    assert after.exchange
    after.exchange.request["parameters"] = ["B-9", 0]
    after.exchange.response = {"columns": ["sku", "left"], "rows": [["A-1", 5], ["B-7", None]], "tag": "SELECT 2"}
    assert told(before, after) == ['request.parameters[0] "A-0" "B-9"', "response.rows[0][1] 3 5"]


def test_what_is_no_exchange_has_a_name_and_a_status() -> None:
    before, after = Span("a", "t", "s"), Span("b", "t", "s", status=Status.ERROR, status_message="no")
    assert told(before, after) == ["span.name a b", "span.status unset error (no)"]
    assert told(before, call())[0] == "exchange None POST http://shop/orders"


@pytest.mark.parametrize(
    ("rule", "path", "covered"),
    [
        ("request.body", "request.body.items[0].id", True),
        ("request.body.items[*].id", "request.body.items[3].id", True),
        ("request.body.items[*].id", "request.body.items[3].sku", False),
        ("request.headers.X-*", "request.headers.x-tenant", True),
        ("response.body.*.at", "response.body.user.at", True),
        ("response.body.*.at", "response.body.user.deep.at", False),
        ("response.status", "response.status_text", False),
    ],
)
def test_paths_can_be_left_out_or_be_all_that_counts(rule: str, path: str, covered: bool) -> None:
    assert Choice(ignored=[rule]).counts(path) is not covered
    assert Choice(only=[rule]).counts(path) is covered


def test_a_choice_is_applied() -> None:
    after = call(request_body=b'{"items":[{"id":2}],"n":2}')
    assert told(call(), after, Choice(["request.body.items[*].id"])) == ["request.body.n 1.10 2"]
    assert told(call(), after, Choice(only=["request.body.items"])) == ["request.body.items[0].id 1 2"]


def test_a_path_of_a_request_can_be_pasted_as_a_noise_rule() -> None:
    changed = {"method": "PUT", "url": "https://shop:81/baskets?page=3", "headers": [["x-tenant", "8"]]}
    after = call(request=changed, request_body=b'{"items":[{"id":2}],"n":2}')
    paths = [each.path for each in differences(call(), after) if each.path.startswith("request.")]
    one = call().exchange
    assert one
    known = {shown(field.path): field.path for field in fields(http.identity(one.request, one.request_body))}
    assert len(paths) > 6
    for path in paths:
        assert Noise([path]).covering(known[path]) == known[path]


def test_a_difference_is_plain_data() -> None:
    assert Difference("a", None, "1").before is None
