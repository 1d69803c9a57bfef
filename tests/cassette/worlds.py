"""Cassettes to test with: one written out by hand, and hypothesis strategies for any there can be."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from timetracer.cassette.model import Cassette, Event, Exchange, Kind, Link, Plain, Redaction, Scope, Span, Status

TRACE = "0af7651916cd43dd8448eb211c80319c"
BEGIN = 1_790_000_000_000_000_000


def orders() -> Cassette:
    """One inbound request that asks a shop and a clock, each span of another scope, with everything a span can have."""
    root = Span(
        "GET /orders/{id}",
        TRACE,
        "00f067aa0ba902b7",
        kind=Kind.SERVER,
        start=BEGIN,
        end=BEGIN + 9_000_000,
        attributes={"http.request.method": "GET", "http.route": "/orders/{id}", "http.response.status_code": 200},
        scope=Scope("opentelemetry.instrumentation.asgi", "0.66b1"),
        trace_state="vendor=1",
        flags=257,
        exchange=Exchange(
            "starlette",
            "GET /orders/7?expand=items",
            {"method": "GET", "url": "http://shop/orders/7?expand=items", "headers": [["authorization", "•1"]]},
            b"",
            {"status": 200, "headers": [["content-type", "application/json"]]},
            b'{"id": 7}',
            started=BEGIN + 1_000,
            ended=BEGIN + 9_500_000,
            redactions=[Redaction("request.headers.authorization", "authorization")],
        ),
    )
    stock = Span(
        "GET",
        TRACE,
        "b7ad6b7169203331",
        root.span_id,
        Kind.CLIENT,
        BEGIN + 1_000_000,
        BEGIN + 2_000_000,
        {"url.full": "http://stock/7", "server.port": 80, "sampled": True, "ratio": 0.5, "hosts": ["a", "b"]},
        scope=Scope("opentelemetry.instrumentation.httpx", "0.66b1"),
        redactions=[Redaction("span.attributes.url.full", "rule")],
        exchange=Exchange(
            "httpx",
            "GET http://stock/7",
            {"method": "GET", "url": "http://stock/7", "headers": [["traceparent", f"00-{TRACE}-b7ad6b7169203331-01"]]},
            b"\x89PNG\r\n\x1a\n\0",
            {"status": 200, "headers": [["date", "Mon, 23 Nov 2026 13:36:05 GMT"]], "chunks": "a key of its own"},
            "größe: 1\n".encode(),
            chunks=[(4, 100_000), (6, 900_000)],
            started=BEGIN + 1_000_000,
            ended=BEGIN + 2_000_000,
        ),
    )
    clock = Span(
        "GET",
        TRACE,
        "b7ad6b7169203332",
        root.span_id,
        Kind.CLIENT,
        BEGIN + 3_000_000,
        BEGIN + 4_000_000,
        events=[Event("exception", BEGIN + 3_900_000, {"exception.type": "httpx.ReadTimeout"})],
        links=[Link(TRACE, root.span_id, {"why": "asked"})],
        status=Status.ERROR,
        status_message="timed out",
        scope=Scope("timetracer", "0.1.0"),
        exchange=Exchange(
            "httpx",
            "GET http://clock/",
            {"method": "GET", "url": "http://clock/", "headers": [], "deadline": Decimal("1.50")},
            error={"type": "httpx.ReadTimeout", "args": ["timed out"]},
            started=BEGIN + 3_000_000,
            ended=BEGIN + 4_000_000,
            fact=True,
        ),
    )
    reckoning = Span("reckon", TRACE, "b7ad6b7169203333", root.span_id, start=BEGIN + 5_000_000, end=BEGIN + 5_000_001)
    versions = {"python": "3.12.1", "timetracer": "0.1.0", "httpx": "0.28.1"}
    return Cassette([root, stock, clock, reckoning], {"service.name": "shop"}, "GET /orders/{id}", versions)


def plain_values() -> st.SearchStrategy[Any]:
    """Any `Plain` value (and dicts with keys that are no text), equal to itself."""
    offsets = st.integers(-86_399, 86_399).map(lambda seconds: timezone(timedelta(seconds=seconds)))
    zones = st.one_of(st.none(), st.just(timezone.utc), offsets)
    text = st.text(st.characters())  # lone surrogates included
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False),
        text,
        text.map(lambda word: f"${word}"),
        st.binary(max_size=20),
        st.decimals(allow_nan=False),
        st.datetimes(timezones=zones).map(lambda moment: moment.replace(fold=0)),  # equality does not see the fold
        st.dates(),
        st.times(timezones=zones).map(lambda moment: moment.replace(fold=0)),
        st.timedeltas(),
        st.uuids(),
    )
    hashable = st.recursive(
        scalars, lambda inner: st.one_of(st.tuples(inner, inner), st.frozensets(inner, max_size=3)), max_leaves=4
    )
    keys = st.one_of(st.sampled_from(["$int", "$set", "$$", "$", "chunks"]), text)
    return st.recursive(
        st.one_of(scalars, hashable, st.sets(hashable, max_size=3)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.tuples(inner, inner),
            st.dictionaries(keys, inner, max_size=4),
            st.dictionaries(st.one_of(st.binary(max_size=3), st.integers(), keys), inner, max_size=2),
        ),
        max_leaves=12,
    )


_text = st.text(max_size=12)
_moments = st.integers(0, 2**63 - 1)
_messages: st.SearchStrategy[dict[str, Plain]] = st.dictionaries(_text, plain_values(), max_size=3)
_attributes = st.dictionaries(
    _text,
    st.recursive(
        st.one_of(
            st.none(),
            _text,
            st.booleans(),
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False),
            st.binary(max_size=6),
        ),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_text, inner, max_size=3)),
        max_leaves=4,
    ),
    max_size=4,
)
_redactions = st.lists(st.builds(Redaction, _text, _text), max_size=2)
_bodies = st.one_of(st.none(), st.binary(max_size=30), _text.map(str.encode))
_exchanges = st.builds(
    Exchange,
    library=_text,
    key=_text,
    request=_messages,
    request_body=_bodies,
    response=st.one_of(st.none(), _messages),
    response_body=_bodies,
    chunks=st.one_of(st.none(), st.lists(st.tuples(st.integers(0, 2**40), _moments), max_size=3)),
    error=st.one_of(st.none(), _messages),
    started=_moments,
    ended=_moments,
    fact=st.booleans(),
    redactions=_redactions,
)
_trace_ids = st.binary(min_size=16, max_size=16).map(bytes.hex)
_span_ids = st.binary(min_size=8, max_size=8).map(bytes.hex)
_spans = st.builds(
    Span,
    name=_text,
    trace_id=_trace_ids,
    span_id=_span_ids,
    parent_id=st.one_of(st.just(""), _span_ids),
    kind=st.sampled_from(Kind),
    start=_moments,
    end=_moments,
    attributes=_attributes,
    events=st.lists(st.builds(Event, _text, _moments, _attributes), max_size=2),
    links=st.lists(st.builds(Link, _trace_ids, _span_ids, _attributes), max_size=2),
    status=st.sampled_from(Status),
    status_message=_text,
    scope=st.builds(Scope, st.sampled_from(["", "a", "b"]), st.sampled_from(["", "1"])),
    trace_state=_text,
    flags=st.integers(0, 2**32 - 1),
    redactions=_redactions,
    exchange=st.one_of(st.none(), _exchanges),
)


def cassettes() -> st.SearchStrategy[Cassette]:
    """Any cassette, its spans in the order of their start."""
    return st.builds(
        Cassette,
        spans=st.lists(_spans, max_size=4).map(lambda spans: sorted(spans, key=lambda span: span.start)),
        resource=_attributes,
        name=_text,
        versions=st.dictionaries(_text, _text, max_size=3),
    )


ONE_OF_EACH: list[Plain] = [
    None,
    True,
    0,
    2**70,
    -0.5,
    float("inf"),
    "text",
    "\ud800",
    b"\0\xff",
    Decimal("1.20"),
    datetime(2026, 11, 23, 13, 36, 5, 7, timezone.utc),
    datetime(2026, 11, 23).date(),
    datetime(2026, 11, 23, 1, 2).time(),
    timedelta(days=-1, microseconds=3),
    UUID(int=7),
    [1],
    (1,),
    {1},
    frozenset([1]),
    {"$key": 1},
]
