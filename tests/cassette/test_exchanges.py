"""An exchange as attributes of its span."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cassette.worlds import orders
from timetracer.cassette import exchanges
from timetracer.cassette.model import Exchange, Redaction, Span
from timetracer.cassette.places import Wrong

START = 1_000


def span_with(exchange: Exchange | None, **changes: Any) -> Span:
    return Span("a", "0" * 32, "0" * 16, start=START, end=START + 500, exchange=exchange, **changes)


def ask(**changes: Any) -> Exchange:
    return replace(Exchange("httpx", "GET a", {"url": "a"}, started=START, ended=START + 500), **changes)


WRITTEN: list[tuple[Exchange, dict[str, Any]]] = [
    (ask(), {}),
    (ask(request_body=b""), {exchanges.REQUEST_BODY: ""}),
    (ask(request_body="größe\r\n\t".encode()), {exchanges.REQUEST_BODY: "größe\r\n\t"}),
    (
        ask(response={"status": 200}, response_body=b'{"a": 1}'),
        {
            exchanges.RESPONSE: '{"status":200}',
            exchanges.RESPONSE_BODY: '{"a": 1}',
        },
    ),
    (ask(response_body=b"\xff"), {exchanges.RESPONSE_BODY: b"\xff"}),
    (ask(response_body=b"text\0"), {exchanges.RESPONSE_BODY: b"text\0"}),
    (ask(chunks=[]), {exchanges.CHUNKS: "[]"}),
    (ask(chunks=[(5, 10), (7, 20)]), {exchanges.CHUNKS: "[[5,10],[7,20]]"}),
    (
        ask(response={"chunks": [1]}, chunks=[(1, 2)]),
        {
            exchanges.RESPONSE: '{"chunks":[1]}',
            exchanges.CHUNKS: "[[1,2]]",
        },
    ),
    (ask(error={"type": "cancelled"}), {exchanges.ERROR: '{"type":"cancelled"}'}),
    (ask(fact=True), {exchanges.FACT: True}),
    (ask(started=START + 20), {exchanges.TIME: "[20,500]"}),
    (ask(started=0, ended=0), {exchanges.TIME: "[-1000,-1000]"}),
    (ask(redactions=[Redaction("request.body", "jwt")]), {exchanges.REDACTIONS: '[["request.body","jwt"]]'}),
]


@pytest.mark.parametrize(("exchange", "written"), WRITTEN)
def test_there_and_back(exchange: Exchange, written: dict[str, Any]) -> None:
    ours = exchanges.write(span_with(exchange))
    always = {exchanges.LIBRARY: "httpx", exchanges.KEY: "GET a", exchanges.REQUEST: '{"url":"a"}'}
    assert ours == {**always, **written}
    bare = span_with(None, attributes={"own": 1, **ours})
    exchanges.take(bare)
    assert bare == span_with(exchange, attributes={"own": 1})


def test_redactions_of_a_span_without_an_exchange() -> None:
    marked = span_with(None, redactions=[Redaction("span.attributes.url.full", "rule")])
    ours = exchanges.write(marked)
    assert ours == {exchanges.SPAN_REDACTIONS: '[["span.attributes.url.full","rule"]]'}
    bare = span_with(None, attributes=ours)
    exchanges.take(bare)
    assert bare == marked


def test_a_span_of_others_stays_as_it_is() -> None:
    other = span_with(None, attributes={"timetracer.unknown": 1, "http.method": "GET"})
    exchanges.take(other)
    assert other.exchange is None
    assert other.attributes == {"timetracer.unknown": 1, "http.method": "GET"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({exchanges.LIBRARY: 7}, "timetracer.library must be a string, not 7"),
        ({exchanges.KEY: None}, "timetracer.key must be a string, not None"),
        ({exchanges.REQUEST: "{"}, "timetracer.request: .*line 1 column"),
        ({exchanges.REQUEST: "[]"}, "timetracer.request must be a JSON object, not a list"),
        ({exchanges.REQUEST: '{"$uuid":"a"}'}, "timetracer.request: \\$uuid cannot be 'a'"),
        ({exchanges.REQUEST: '{"$tuple":[]}'}, "timetracer.request must be a JSON object"),
        ({exchanges.REQUEST: b"{}"}, "timetracer.request must be a string"),
        ({exchanges.REQUEST_BODY: 1}, "timetracer.request.body must be a string or bytes"),
        ({exchanges.REQUEST_BODY: None}, "timetracer.request.body must be a string or bytes"),
        ({exchanges.RESPONSE: "1"}, "timetracer.response must be a JSON object"),
        ({exchanges.RESPONSE_BODY: ["a"]}, "timetracer.response.body must be a string or bytes"),
        ({exchanges.ERROR: "null"}, "timetracer.error must be a JSON object"),
        ({exchanges.FACT: "yes"}, "timetracer.fact must be a boolean"),
        *(
            ({exchanges.CHUNKS: text}, "chunks: expected a list of pairs of int")
            for text in ("{}", "[1]", "[[1]]", "[[1,2,3]]", '[[1,"2"]]', "[[1,2.5]]", "[[true,false]]", '["ab"]')
        ),
        *(
            ({exchanges.TIME: text}, "time: expected")
            for text in ("{}", "[]", "[1,2,3]", "[1,null]", "[1,true]", '"ab"')
        ),
        *(
            ({exchanges.REDACTIONS: text}, "redactions: expected a list of pairs of str")
            for text in ("{}", '["ab"]', '[["a"]]', '[["a",1]]', "[{}]")
        ),
        ({exchanges.SPAN_REDACTIONS: "[1]"}, "redactions: expected a list of pairs of str"),
    ],
)
def test_what_is_damaged_names_its_attribute(changes: dict[str, Any], problem: str) -> None:
    attributes = {**exchanges.write(span_with(ask())), **changes}
    with pytest.raises(Wrong, match=problem) as caught:
        exchanges.take(span_with(None, attributes=attributes))
    assert caught.value.place == next(iter(changes))


@pytest.mark.parametrize("missing", [exchanges.LIBRARY, exchanges.KEY, exchanges.REQUEST])
def test_an_exchange_needs_a_library_a_key_and_a_request(missing: str) -> None:
    attributes = exchanges.write(span_with(ask()))
    del attributes[missing]
    with pytest.raises(Wrong, match=missing):
        exchanges.take(span_with(None, attributes=attributes))


def test_all_that_is_written_is_known_by_name() -> None:
    written = {name for span in orders().spans for name in exchanges.write(span)}
    everything = ask(request_body=b"", response={}, response_body=b"", chunks=[], error={}, fact=True, started=0)
    everything.redactions = [Redaction("a", "b")]
    written |= exchanges.write(span_with(everything, redactions=[Redaction("a", "b")])).keys()
    assert written == exchanges.NAMES
