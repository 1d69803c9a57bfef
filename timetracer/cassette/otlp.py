"""A cassette as an OTLP/JSON ``TracesData`` document (parsed JSON), and back.

The shape is ``opentelemetry/proto/trace/v1/trace.proto`` (https://github.com/open-telemetry/opentelemetry-proto). Ours
to choose: spans stand in the order of their start, so one scope may stand more than once; the cassette's own name and
versions are resource attributes; exchanges are attributes of their span (`exchanges`). Documents of others are read as
well: what we do not know is ignored, ids may be base64 and enums words, as Protobuf's own JSON mapping has them.
"""

from __future__ import annotations

import re
from base64 import b64decode
from enum import IntEnum
from typing import Any, Final, TypeVar

from timetracer.cassette import attributes, exchanges, migrations, values
from timetracer.cassette.model import AttributeValue, Cassette, Event, Kind, Link, Scope, Span, Status
from timetracer.cassette.places import Wrong, is_object, member, objects, shown, text
from timetracer.errors import CassetteDamaged

NAME: Final = "timetracer.name"
VERSIONS: Final = "timetracer.versions"

_HEX: Final = re.compile("[0-9a-f]*").fullmatch
_KINDS: Final = {int(kind): kind for kind in Kind}
_STATUSES: Final = {int(status): status for status in Status}
_Code = TypeVar("_Code", bound=IntEnum)


def encode(cassette: Cassette) -> dict[str, Any]:
    """The document of one cassette.

    Raises:
        ValueError: a value in it has no place in a cassette.
    """
    resource = {
        **cassette.resource,
        migrations.VERSION: migrations.CURRENT,
        NAME: cassette.name,
        VERSIONS: values.dumps({**cassette.versions}),
    }
    scopes: list[dict[str, Any]] = []
    scope: Scope | None = None
    spans: list[dict[str, Any]] = []
    for span in cassette.spans:
        if span.scope != scope:
            scope = span.scope
            spans = []
            scopes.append({"scope": {"name": scope.name, "version": scope.version}, "spans": spans})
        spans.append(_write_span(span))
    return {"resourceSpans": [{"resource": {"attributes": attributes.write(resource)}, "scopeSpans": scopes}]}


def decode(document: object, path: str) -> list[Cassette]:
    """The cassettes of a document: one for each ``resourceSpans`` entry, as each is a resource of its own.

    Args:
        document: parsed JSON.
        path: where it came from, for messages.

    Raises:
        CassetteDamaged: it is not such a document; says the place.
        CassetteTooNew: it was written by a newer Timetracer.
    """
    try:
        if not is_object(document) or "resourceSpans" not in document:
            raise Wrong('expected OTLP/JSON, an object with "resourceSpans"')
        return objects(document, "resourceSpans", lambda entry: _read_cassette(entry, path))
    except Wrong as wrong:
        raise CassetteDamaged(path, wrong.problem, wrong.place) from None


def _write_span(span: Span) -> dict[str, Any]:
    written: dict[str, Any] = {"traceId": span.trace_id, "spanId": span.span_id}
    if span.parent_id:
        written["parentSpanId"] = span.parent_id
    written["startTimeUnixNano"] = str(span.start)
    written["endTimeUnixNano"] = str(span.end)
    if span.flags:
        written["flags"] = span.flags
    if span.trace_state:
        written["traceState"] = span.trace_state
    written["name"] = span.name
    written["kind"] = int(span.kind)
    if span.status or span.status_message:
        written["status"] = {"code": int(span.status), "message": span.status_message}
    foreign = span.attributes
    if not exchanges.NAMES.isdisjoint(foreign):
        foreign = {key: value for key, value in foreign.items() if key not in exchanges.NAMES}
    if pairs := attributes.write(foreign) + attributes.write(exchanges.write(span)):
        written["attributes"] = pairs
    if span.events:
        written["events"] = [
            {"timeUnixNano": str(event.time), "name": event.name, "attributes": attributes.write(event.attributes)}
            for event in span.events
        ]
    if span.links:
        written["links"] = [
            {"traceId": link.trace_id, "spanId": link.span_id, "attributes": attributes.write(link.attributes)}
            for link in span.links
        ]
    return written


def _read_cassette(entry: dict[str, Any], path: str) -> Cassette:
    migrations.migrate(entry, path)
    resource = attributes.read(member(entry, "resource").get("attributes"), "resource.attributes")
    resource.pop(migrations.VERSION, None)
    cassette = Cassette(name=_string(resource, NAME), versions=_read_versions(resource), resource=resource)
    for spans in objects(entry, "scopeSpans", _read_scope):
        cassette.spans += spans
    cassette.spans.sort(key=lambda span: span.start)
    return cassette


def _string(resource: dict[str, AttributeValue], name: str) -> str:
    value = resource.pop(name, "")
    if type(value) is not str:
        raise Wrong(f"{name} must be a string, not {shown(value)}", "resource.attributes")
    return value


def _read_versions(resource: dict[str, AttributeValue]) -> dict[str, str]:
    written = _string(resource, VERSIONS)
    try:
        versions: Any = values.loads(written or "{}")
    except ValueError as cause:
        raise Wrong(f"{VERSIONS}: {cause}", "resource.attributes") from None
    if is_object(versions) and all(type(version) is str for version in versions.values()):
        return versions
    raise Wrong(f"{VERSIONS} must be an object of strings", "resource.attributes")


def _read_scope(entry: dict[str, Any]) -> list[Span]:
    own = member(entry, "scope")
    try:
        scope = Scope(text(own, "name"), text(own, "version"))
    except Wrong as wrong:
        raise wrong.within("scope") from None
    return objects(entry, "spans", lambda item: _read_span(item, scope))


def _read_span(item: dict[str, Any], scope: Scope) -> Span:
    status, message = _read_status(item) if "status" in item else (Status.UNSET, "")
    span = Span(
        name=text(item, "name"),
        trace_id=_identifier(item, "traceId", 16),
        span_id=_identifier(item, "spanId", 8),
        parent_id=_identifier(item, "parentSpanId", 8) if item.get("parentSpanId") else "",
        kind=_code(item, "kind", _KINDS, "SPAN_KIND_"),
        start=_integer(item, "startTimeUnixNano"),
        end=_integer(item, "endTimeUnixNano"),
        attributes=attributes.read(item.get("attributes")),
        events=objects(item, "events", _read_event) if "events" in item else [],
        links=objects(item, "links", _read_link) if "links" in item else [],
        status=status,
        status_message=message,
        scope=scope,
        trace_state=text(item, "traceState"),
        flags=_integer(item, "flags"),
        redactions=[],
    )
    try:
        exchanges.take(span)
    except Wrong as wrong:
        # Only now does anyone need to know which attribute it was.
        index = next((i for i, attribute in enumerate(item["attributes"]) if attribute["key"] == wrong.place), None)
        raise Wrong(wrong.problem, "attributes" if index is None else f"attributes[{index}]") from None
    return span


def _read_status(item: dict[str, Any]) -> tuple[Status, str]:
    status = member(item, "status")
    try:
        return _code(status, "code", _STATUSES, "STATUS_CODE_"), text(status, "message")
    except Wrong as wrong:
        raise wrong.within("status") from None


def _read_event(item: dict[str, Any]) -> Event:
    return Event(text(item, "name"), _integer(item, "timeUnixNano"), attributes.read(item.get("attributes")))


def _read_link(item: dict[str, Any]) -> Link:
    trace_id = _identifier(item, "traceId", 16)
    return Link(trace_id, _identifier(item, "spanId", 8), attributes.read(item.get("attributes")))


def _identifier(item: dict[str, Any], name: str, size: int) -> str:
    value: Any = item.get(name)
    if type(value) is str:
        if len(value) == 2 * size and _HEX(value):
            return value
        if len(value) == 2 * size and _HEX(value.lower()):
            return value.lower()
        if re.fullmatch(r"[A-Za-z0-9+/]+=*", value) and len(value) == -(-size // 3) * 4:
            found = b64decode(value).hex()
            if len(found) == 2 * size:
                return found
    raise Wrong(f"expected {2 * size} hex digits, not {shown(value)}", name)


def _integer(item: dict[str, Any], name: str) -> int:
    value = item.get(name)
    if value is None:
        return 0
    try:
        return attributes.integer(value)
    except Wrong as wrong:
        raise wrong.within(name) from None


def _code(item: dict[str, Any], name: str, codes: dict[int, _Code], prefix: str) -> _Code:
    value: Any = item.get(name, 0)
    if type(value) is str and value.startswith(prefix):
        value = next((number for number, code in codes.items() if prefix + code.name == value), value)
    code = codes.get(value) if type(value) is int else None
    if code is None:
        raise Wrong(f"expected a number from 0 to {len(codes) - 1}, not {shown(value)}", name)
    return code
