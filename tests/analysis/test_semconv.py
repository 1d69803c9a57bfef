"""What spans are about."""

from __future__ import annotations

import pytest

from timetracer.analysis.semconv import About, about, exchange_error
from timetracer.cassette.model import AttributeValue, Event, Exchange, Kind, Plain, Scope, Span, Status

Attributes = dict[str, AttributeValue]


def span(attributes: Attributes | None = None, kind: Kind = Kind.CLIENT, name: str = "GET") -> Span:
    return Span(name, "t", "s", kind=kind, attributes=attributes or {})


OLD: Attributes = {"http.method": "GET", "http.url": "http://shop/items?id=3", "http.status_code": 200}
NEW: Attributes = {"http.request.method": "GET", "url.full": "http://shop/items?id=3", "http.response.status_code": 200}


@pytest.mark.parametrize("attributes", [OLD, NEW, OLD | NEW], ids=["old", "new", "both"])
def test_both_editions_of_the_conventions_are_read(attributes: Attributes) -> None:
    assert about(span(attributes)) == About("GET http://shop/items?id=3", "", "200", False, "")


@pytest.mark.parametrize(
    ("attributes", "title"),
    [
        ({"http.method": "GET", "http.route": "/items/{id}", "http.target": "/items/3"}, "GET /items/{id}"),
        ({"http.method": "GET", "http.target": "/items/3?a=b"}, "GET /items/3?a=b"),
        ({"http.request.method": "GET", "url.path": "/items/3"}, "GET /items/3"),
        ({"http.request.method": "GET", "url.full": "http://h/items/3?a=b"}, "GET /items/3?a=b"),
        ({"http.request.method": "GET", "url.full": "http://[broken"}, "GET http://[broken"),
        ({"http.request.method": "GET"}, "span's own name"),
        ({"http.request.method": ["GET"]}, "span's own name"),
        ({}, "span's own name"),
    ],
)
def test_an_inbound_request_is_called_by_its_route_or_path(attributes: Attributes, title: str) -> None:
    assert about(span(attributes, Kind.SERVER, "span's own name")).title == title


def exchange(request: dict[str, Plain], **rest: object) -> Exchange:
    return Exchange("lib", "SELECT 1", request, **rest)  # type: ignore[arg-type]


def test_the_real_call_comes_before_the_attributes() -> None:
    recorded = span(OLD)
    recorded.exchange = exchange({"method": "PUT", "url": "http://real/"}, response={"status": 201})
    assert about(recorded) == About("PUT http://real/", "lib", "201", False, "")


def test_what_is_not_http_is_called_by_its_key() -> None:
    recorded = span(name="query")
    recorded.exchange = exchange({"sql": "SELECT 1"})
    assert about(recorded).title == "SELECT 1"


@pytest.mark.parametrize(
    ("scope", "library"),
    [("opentelemetry.instrumentation.httpx", "httpx"), ("shop.orders", ""), ("", "")],
)
def test_the_library_is_read_from_the_scope(scope: str, library: str) -> None:
    named = span()
    named.scope = Scope(scope)
    assert about(named).library == library


@pytest.mark.parametrize(
    ("status", "attributes", "shown", "failed"),
    [
        (Status.UNSET, {}, "", False),
        (Status.OK, {}, "ok", False),
        (Status.ERROR, {}, "error", True),
        (Status.ERROR, {"http.status_code": 503}, "503", True),
        (Status.UNSET, {"rpc.grpc.status_code": 5}, "5", False),
        (Status.UNSET, {"http.status_code": True}, "", False),
    ],
)
def test_status(status: Status, attributes: Attributes, shown: str, failed: bool) -> None:
    ended = span(attributes)
    ended.status = status
    assert (about(ended).status, about(ended).failed) == (shown, failed)


def failing(**values: object) -> Span:
    broken = span()
    broken.status = Status.ERROR
    for name, value in values.items():
        setattr(broken, name, value)
    return broken


RAISED = Event("exception", 0, {"exception.type": "KeyError", "exception.message": "'id'"})


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (failing(), ""),
        (failing(status_message="no such order"), "no such order"),
        (failing(attributes={"error.type": "TimeoutError"}), "TimeoutError"),
        (failing(attributes={"error.type": "503", "http.response.status_code": 503}), ""),
        (failing(events=[Event("log", 0), RAISED], status_message="told twice"), "KeyError: 'id'"),
        (failing(events=[Event("exception", 0, {"exception.type": "KeyError"})]), "KeyError"),
        (failing(events=[RAISED], exchange=exchange({}, error={"type": "cancelled"})), "cancelled"),
    ],
)
def test_the_error_is_told_by_who_knows_best(broken: Span, error: str) -> None:
    assert about(broken).error == error


def test_an_exception_that_was_handled_is_no_error() -> None:
    handled = span()
    handled.events = [RAISED]
    assert about(handled).error == ""


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (None, ""),
        ({"type": "httpx.ReadTimeout", "args": ["timed out"]}, "httpx.ReadTimeout: timed out"),
        ({"type": "OSError", "args": [111, "refused"]}, "OSError: 111, refused"),
        ({"type": "E", "args": []}, "E"),
        ({"type": "E", "args": "odd"}, "E"),
        ({}, "error"),
    ],
)
def test_exchange_errors(error: dict[str, Plain] | None, text: str) -> None:
    assert exchange_error(exchange({}, error=error)) == text


@pytest.mark.parametrize(
    ("response", "said"),
    [
        ({"error": {"sqlstate": "23505", "message": "duplicate key"}}, "23505: duplicate key"),
        ({"error": {"code": 11000, "message": "duplicate key"}}, "11000: duplicate key"),
        ({"error": "ERR unknown command"}, "ERR unknown command"),
        ({"rows": []}, ""),
        (None, ""),
    ],
)
def test_a_server_that_answers_with_an_error_has_failed(response: dict[str, Plain] | None, said: str) -> None:
    asked = span()
    asked.exchange = Exchange("postgresql", "INSERT", {"sql": "INSERT"}, response=response)
    shown = about(asked)
    assert (shown.failed, shown.status, shown.error) == (bool(said), "error" if said else "", said)
