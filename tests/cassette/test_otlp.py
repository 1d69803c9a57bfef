"""Cassettes as OTLP/JSON documents, ours and others'."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given

from cassette.worlds import BEGIN, TRACE, cassettes, orders
from timetracer.cassette import otlp
from timetracer.cassette.model import Cassette, Event, Kind, Link, Scope, Span, Status
from timetracer.errors import CassetteDamaged, CassetteTooNew


@given(cassettes())
def test_every_cassette_comes_back_equal(cassette: Cassette) -> None:
    cassette.resource = {key: value for key, value in cassette.resource.items() if not key.startswith("timetracer.")}
    assert otlp.decode(otlp.encode(cassette), "a.json") == [cassette]


def test_the_document_is_otlp_json() -> None:
    document = otlp.encode(orders())
    (entry,) = document["resourceSpans"]
    assert entry["resource"] == {
        "attributes": [
            {"key": "service.name", "value": {"stringValue": "shop"}},
            {"key": "timetracer.schema_version", "value": {"intValue": "1"}},
            {"key": "timetracer.name", "value": {"stringValue": "GET /orders/{id}"}},
            {
                "key": "timetracer.versions",
                "value": {"stringValue": '{"python":"3.12.1","timetracer":"0.1.0","httpx":"0.28.1"}'},
            },
        ]
    }
    asgi = entry["scopeSpans"][0]
    assert asgi["scope"] == {"name": "opentelemetry.instrumentation.asgi", "version": "0.66b1"}
    span = asgi["spans"][0]
    assert list(span) == [
        "traceId",
        "spanId",
        "startTimeUnixNano",
        "endTimeUnixNano",
        "flags",
        "traceState",
        "name",
        "kind",
        "attributes",
    ]
    assert (span["traceId"], span["spanId"]) == (TRACE, "00f067aa0ba902b7")
    assert (span["startTimeUnixNano"], span["kind"]) == (str(BEGIN), 2)
    failed = entry["scopeSpans"][2]["spans"][0]
    assert failed["status"] == {"code": 2, "message": "timed out"}
    assert failed["events"][0]["timeUnixNano"] == str(BEGIN + 3_900_000)


def test_spans_stay_in_the_order_of_their_start_though_scopes_take_turns() -> None:
    scopes = [Scope("a"), Scope("b"), Scope("a"), Scope("a")]
    spans = [Span(str(n), TRACE, f"{n:016}", start=n, scope=scope) for n, scope in enumerate(scopes)]
    document = otlp.encode(Cassette(spans))
    assert [len(entry["spans"]) for entry in document["resourceSpans"][0]["scopeSpans"]] == [1, 1, 2]
    assert otlp.decode(document, "a") == [Cassette(spans)]


def test_names_that_are_ours_are_never_taken_from_the_app() -> None:
    span = Span("a", TRACE, "1" * 16, attributes={"timetracer.library": "mine", "timetracer.other": 1})
    cassette = Cassette(
        [span], {"timetracer.name": "mine", "timetracer.versions": "mine", "timetracer.schema_version": 99}, "ours"
    )
    (read,) = otlp.decode(otlp.encode(cassette), "a")
    assert read == Cassette([Span("a", TRACE, "1" * 16, attributes={"timetracer.other": 1})], {}, "ours")


FOREIGN: dict[str, Any] = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
            "scopeSpans": [
                {
                    "scope": {"name": "lib", "attributes": []},
                    "schemaUrl": "https://opentelemetry.io/schemas/1.26.0",
                    "spans": [
                        {
                            "traceId": "0AF7651916CD43DD8448EB211C80319C",
                            "spanId": "B7AD6B7169203331",
                            "parentSpanId": "",
                            "name": "second",
                            "kind": "SPAN_KIND_CLIENT",
                            "startTimeUnixNano": 20,
                            "endTimeUnixNano": "30",
                            "status": {"code": "STATUS_CODE_ERROR"},
                            "droppedAttributesCount": 1,
                            "events": [{"timeUnixNano": "25", "name": "exception"}],
                            "links": [{"traceId": TRACE, "spanId": "00f067aa0ba902b7", "flags": 1}],
                        },
                        {"traceId": "CvdlGRbNQ92ESOshHIAxnA==", "spanId": "APBnqgupArc=", "startTimeUnixNano": "10"},
                    ],
                },
                {"spans": None},
            ],
        },
        {"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "stock"}}]}},
        {},
    ]
}


def test_a_document_of_others() -> None:
    shop, stock, empty = otlp.decode(FOREIGN, "a.json")
    scope = Scope("lib")
    assert shop.spans == [
        Span("", TRACE, "00f067aa0ba902b7", kind=Kind.UNSPECIFIED, start=10, scope=scope),
        Span(
            "second",
            TRACE,
            "b7ad6b7169203331",
            kind=Kind.CLIENT,
            start=20,
            end=30,
            status=Status.ERROR,
            events=[Event("exception", 25)],
            links=[Link(TRACE, "00f067aa0ba902b7")],
            scope=scope,
        ),
    ]
    assert (shop.resource, stock.resource) == ({"service.name": "shop"}, {"service.name": "stock"})
    assert (shop.name, shop.versions, empty) == ("", {}, Cassette())


VERSIONS = ["resourceSpans", 0, "resource", "attributes", 3, "value"]
SPANS = "resourceSpans[0].scopeSpans[1].spans[0]"


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ([], [], ""),
        ([], {}, ""),
        ([], None, ""),
        (["resourceSpans"], {}, "resourceSpans"),
        (["resourceSpans", 0], 1, "resourceSpans[0]"),
        (["resourceSpans", 0, "resource"], [], "resourceSpans[0].resource"),
        (["resourceSpans", 0, "resource", "attributes"], {}, "resourceSpans[0].resource.attributes"),
        (["resourceSpans", 0, "resource", "attributes", 0], 1, "resourceSpans[0].resource.attributes[0]"),
        (["resourceSpans", 0, "resource", "attributes", 1, "value"], {}, "resourceSpans[0].resource.attributes"),
        (["resourceSpans", 0, "resource", "attributes", 2, "value"], {}, "resourceSpans[0].resource.attributes"),
        *((VERSIONS, {"stringValue": text}, "resourceSpans[0].resource.attributes") for text in ("[]", "{", '{"a":1}')),
        (["resourceSpans", 0, "scopeSpans", 1], None, "resourceSpans[0].scopeSpans[1]"),
        (["resourceSpans", 0, "scopeSpans", 1, "scope"], "a", "resourceSpans[0].scopeSpans[1].scope"),
        (["resourceSpans", 0, "scopeSpans", 1, "scope", "name"], 1, "resourceSpans[0].scopeSpans[1].scope.name"),
        ([SPANS], 1, SPANS),
        ([SPANS, "name"], 7, f"{SPANS}.name"),
        ([SPANS, "traceId"], None, f"{SPANS}.traceId"),
        ([SPANS, "traceId"], "0" * 31, f"{SPANS}.traceId"),
        ([SPANS, "traceId"], "g" * 32, f"{SPANS}.traceId"),
        ([SPANS, "traceId"], "=" * 24, f"{SPANS}.traceId"),
        ([SPANS, "traceId"], "A" * 24, f"{SPANS}.traceId"),
        ([SPANS, "spanId"], 7, f"{SPANS}.spanId"),
        ([SPANS, "spanId"], "٣" * 16, f"{SPANS}.spanId"),
        ([SPANS, "parentSpanId"], "12", f"{SPANS}.parentSpanId"),
        ([SPANS, "kind"], 6, f"{SPANS}.kind"),
        ([SPANS, "kind"], True, f"{SPANS}.kind"),
        ([SPANS, "kind"], "CLIENT", f"{SPANS}.kind"),
        ([SPANS, "kind"], [], f"{SPANS}.kind"),
        ([SPANS, "startTimeUnixNano"], "-1", f"{SPANS}.startTimeUnixNano"),
        ([SPANS, "startTimeUnixNano"], 1.5, f"{SPANS}.startTimeUnixNano"),
        ([SPANS, "endTimeUnixNano"], "9" * 21, f"{SPANS}.endTimeUnixNano"),
        ([SPANS, "endTimeUnixNano"], 1e30, f"{SPANS}.endTimeUnixNano"),
        ([SPANS, "flags"], "x", f"{SPANS}.flags"),
        ([SPANS, "traceState"], {}, f"{SPANS}.traceState"),
        ([SPANS, "status"], "bad", f"{SPANS}.status"),
        ([SPANS, "status"], {"code": 3}, f"{SPANS}.status.code"),
        ([SPANS, "status"], {"message": 3}, f"{SPANS}.status.message"),
        ([SPANS, "events"], {}, f"{SPANS}.events"),
        ([SPANS, "events"], [{"name": 1}], f"{SPANS}.events[0].name"),
        ([SPANS, "events"], [{"attributes": 1}], f"{SPANS}.events[0].attributes"),
        ([SPANS, "links"], [{}], f"{SPANS}.links[0].traceId"),
        ([SPANS, "attributes"], 1, f"{SPANS}.attributes"),
        ([SPANS, "attributes", 2, "value"], 1, f"{SPANS}.attributes[2]"),
        ([SPANS, "attributes", 7, "value"], {"stringValue": "["}, f"{SPANS}.attributes[7]"),
        ([SPANS, "attributes", 8, "value"], {"intValue": "1"}, f"{SPANS}.attributes[8]"),
        ([SPANS, "attributes", 5, "key"], "renamed", f"{SPANS}.attributes"),
    ],
)  # fmt: skip
def test_what_is_damaged_says_where(path: list[Any], value: Any, place: str) -> None:
    document: Any = copy.deepcopy(otlp.encode(orders()))
    if path[:1] == [SPANS]:
        path = ["resourceSpans", 0, "scopeSpans", 1, "spans", 0, *path[1:]]
    if path:
        parent = document
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = value
    else:
        document = value
    with pytest.raises(CassetteDamaged) as caught:
        otlp.decode(document, "shop.json")
    assert caught.value.place == place
    assert str(caught.value).startswith(f"shop.json: {place}")
    assert len(str(caught.value)) < 250


def test_a_newer_schema_is_not_damage() -> None:
    document = otlp.encode(orders())
    document["resourceSpans"][0]["resource"]["attributes"][1]["value"] = {"intValue": "2"}
    with pytest.raises(CassetteTooNew, match="schema version 2, written by timetracer"):
        otlp.decode(document, "a.json")


def test_a_value_that_has_no_place_in_a_cassette_is_refused() -> None:
    cassette = orders()
    assert cassette.spans[0].exchange is not None
    cassette.spans[0].exchange.request["client"] = object()  # type: ignore[assignment]
    with pytest.raises(ValueError, match=r"builtins\.object is not a plain value"):
        otlp.encode(cassette)
