"""A cassette as plain data: what one unit of work did, span by span.

Nothing here reads or writes files (see ``document``), nothing knows OpenTelemetry's classes or any library. The shapes
follow OTLP (https://opentelemetry.io/docs/specs/otlp/); what is ours sits in `Exchange`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import TypeAlias
from uuid import UUID

AttributeValue: TypeAlias = (
    "str | bool | int | float | bytes | Sequence[AttributeValue] | Mapping[str, AttributeValue] | None"
)
"""What an OTLP attribute can hold (``AnyValue``)."""

Plain: TypeAlias = """
    bool | int | float | str | bytes | Decimal | datetime | date | time | timedelta | UUID
    | list[Plain] | tuple[Plain, ...] | set[Plain] | frozenset[Plain] | dict[str, Plain] | None
"""
"""What a request or a response is made of. `values` writes it as JSON and reads it back, equal in value and type."""


class Kind(IntEnum):
    """Span kinds with OTLP's numbers (OpenTelemetry's Python enum counts from 0)."""

    UNSPECIFIED = 0
    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


INBOUND = (Kind.SERVER, Kind.CONSUMER)
"""Spans of these kinds, with an exchange, are what a unit of work is the work of: a request, a task."""


class Status(IntEnum):
    """Span status codes, with OTLP's numbers."""

    UNSET = 0
    OK = 1
    ERROR = 2


@dataclass(slots=True)
class Event:
    """Something that happened at one moment of a span."""

    name: str
    time: int
    """ns since the epoch."""
    attributes: dict[str, AttributeValue] = field(default_factory=dict[str, AttributeValue])


@dataclass(slots=True)
class Link:
    """A span of another trace that this one points to."""

    trace_id: str
    span_id: str
    attributes: dict[str, AttributeValue] = field(default_factory=dict[str, AttributeValue])


@dataclass(slots=True, frozen=True)
class Scope:
    """Which code made the span: OpenTelemetry's instrumentation scope."""

    name: str = ""
    version: str = ""


@dataclass(slots=True, frozen=True)
class Redaction:
    """One mark that something was taken out.

    Args:
        path: where, such as ``request.headers.authorization``, ``response.body.user.ssn``,
            ``span.attributes.url.full``.
        kind: why, such as ``authorization``, ``jwt``, ``card``, ``email``, ``rule``.
    """

    path: str
    kind: str


LOST = "lost"
"""The type of the error of an exchange that a fault of ours kept from being recorded."""


@dataclass(slots=True)
class Exchange:
    """One request that left (or entered) the process, and its outcome.

    An outcome is a response, a response that broke off (response *and* error), an error alone, or nothing (both None:
    the process ended first, or the caller went away).
    """

    library: str
    """The library's import name: ``httpx``."""
    key: str
    """The request's identity for people: ``GET http://shop/items?id=3``. Matching computes its own from `request`."""
    request: dict[str, Plain]
    """HTTP: ``{"method", "url", "headers": [[name, value], …]}``. Redacted."""
    request_body: bytes | None = None
    """Exact bytes (redacted); None where there is no such thing as a body. HTTP without a body: ``b""``."""
    response: dict[str, Plain] | None = None
    """HTTP: ``{"status", "headers": [[name, value], …], …}``. Redacted."""
    response_body: bytes | None = None
    """Exact bytes. Where `response` says ``"coding"``, they are decoded and replay codes them again."""
    chunks: list[tuple[int, int]] | None = None
    """A streamed body as it arrived: (length in bytes, ns since the exchange began) each. None: one piece."""
    error: dict[str, Plain] | None = None
    """``{"type": "httpx.ReadTimeout", "args": […]}``; ``{"type": "cancelled"}`` when the caller cancelled the call;
    ``{"type": "lost", "message": …}`` when a fault of ours kept it from being recorded: `request` may be empty."""
    started: int = 0
    """ns since the epoch: the order in which calls were issued."""
    ended: int = 0
    """ns since the epoch: when the outcome was complete, which may be long after the span ended."""
    fact: bool = False
    """Asked once, true for the whole cassette, served any number of times (type introspection, a server's version)."""
    redactions: list[Redaction] = field(default_factory=list[Redaction])
    secrets: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"], compare=False)
    """What its instrumentor knows to be secret here (see `Instrumentor.secrets`). Never in a file."""

    @property
    def lost(self) -> bool:
        """Whether a fault of ours kept it from being recorded."""
        return self.error is not None and self.error.get("type") == LOST


@dataclass(slots=True)
class Span:
    """One OpenTelemetry span, or one of ours that exists in the cassette only; it carries at most one exchange."""

    name: str
    trace_id: str
    """32 lower-case hex digits."""
    span_id: str
    """16 lower-case hex digits."""
    parent_id: str = ""
    """16 lower-case hex digits, or empty for a root."""
    kind: Kind = Kind.INTERNAL
    start: int = 0
    """ns since the epoch."""
    end: int = 0
    """ns since the epoch."""
    attributes: dict[str, AttributeValue] = field(default_factory=dict[str, AttributeValue])
    """What OpenTelemetry's instrumentor wrote, as it wrote it. Never a ``timetracer.`` name: those are `exchange`."""
    events: list[Event] = field(default_factory=list[Event])
    links: list[Link] = field(default_factory=list[Link])
    status: Status = Status.UNSET
    status_message: str = ""
    scope: Scope = Scope()
    trace_state: str = ""
    flags: int = 0
    redactions: list[Redaction] = field(default_factory=list[Redaction])
    """What was taken out of the span's own attributes, events and status message."""
    exchange: Exchange | None = None


@dataclass(slots=True)
class Cassette:
    """The spans of one unit of work."""

    spans: list[Span] = field(default_factory=list[Span])
    """In the order of their start."""
    resource: dict[str, AttributeValue] = field(default_factory=dict[str, AttributeValue])
    """The service as OpenTelemetry's resource has it: ``service.name`` and so on."""
    name: str = ""
    """What it is a recording of: a test's node id, ``GET /orders/{id}``, ``process``."""
    versions: dict[str, str] = field(default_factory=dict[str, str])
    """``{"python": "3.12.1", "timetracer": "0.1.0", "httpx": "0.28.1"}``."""

    @property
    def exchanges(self) -> list[Exchange]:
        """The exchanges of all spans, in the order of the spans."""
        return [span.exchange for span in self.spans if span.exchange is not None]

    @property
    def root(self) -> Span | None:
        """The unit's own span: the first whose parent is not in the cassette."""
        own = {span.span_id for span in self.spans}
        return next((span for span in self.spans if span.parent_id not in own), None)
